package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// docs/cpus.md is written from bench/results, and a test holds it to them.
const docsHead = `# CPUs

Written by ` + "`go run ./bench -docs`" + ` from the files in [bench/results](../bench/results),
sent by whoever has the machine: see [CONTRIBUTING.md](../CONTRIBUTING.md#a-result-file).
GFLOP/s of the best sample; the percentage is of the peak of fused multiply-adds
measured in the same run, same instruction set and threads. Read the percentages
across machines, not the rates of shared ones.
`

// writeDocs writes docs/cpus.md of the clone in root.
func writeDocs(root string) error {
	text, err := docsText(filepath.Join(root, "bench", "results"))
	if err != nil {
		return err
	}
	name := filepath.Join(root, "docs", "cpus.md")
	tmp := name + ".tmp"
	if err := os.WriteFile(tmp, []byte(text), 0o644); err != nil {
		return err
	}
	return os.Rename(tmp, name)
}

// resultFiles reads every file of results, in the order of their names, and
// checks what a test of a submitted file checks: its name, its schema, one
// machine, and bits equal to those of all others.
func resultFiles(dir string) (names []string, sets [][]Record, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		return nil, nil, err
	}
	if len(paths) == 0 {
		return nil, nil, fmt.Errorf("%s: no result files; run this at the root of a clone", dir)
	}
	slices.Sort(paths)
	for _, p := range paths {
		base := strings.TrimSuffix(filepath.Base(p), ".jsonl")
		if base == "" || strings.Trim(base, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			return nil, nil, fmt.Errorf("%s: name it after the CPU in a-z, 0-9, - and .", p)
		}
		rs, err := readFile(p)
		if err != nil {
			return nil, nil, err
		}
		for _, r := range rs {
			if r.Machine != rs[0].Machine || r.Lanes != rs[0].Lanes {
				return nil, nil, fmt.Errorf("%s: lines from different machines or builds", p)
			}
		}
		names, sets = append(names, base), append(sets, rs)
	}
	if w := bitsDiffer(slices.Concat(sets...)); len(w) > 0 {
		return nil, nil, fmt.Errorf("%d results differ between files; %s", len(w), w[0])
	}
	return names, sets, nil
}

func docsText(dir string) (string, error) {
	names, sets, err := resultFiles(dir)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(docsHead)
	b.WriteString("\n" + sameBits(sets) + "\n\n")
	head := []string{"CPU", "isa", "threads", "peak f32", "256x256x256", "32x512x784 NT", "64x512x784 packed", "f64 256x256x256", "memory read GB/s"}
	rows := [][]string{head}
	for i, rs := range sets {
		rows = append(rows, summary(names[i], rs)...)
	}
	writeTable(&b, rows, true, 2)
	for i, rs := range sets {
		m := rs[0].Machine
		fmt.Fprintf(&b, "\n## %s\n\n%s; %s; virtualised: %s; %s; lanes %s, %s, %s/%s.\n\n", names[i],
			cpuLine(m), cacheLine(m), m.Virtualised, quotaText(m), rs[0].Lanes, m.Go, m.OS, m.Arch)
		detail(&b, rs)
	}
	return b.String(), nil
}

// sameBits says how many results were compared.
func sameBits(sets [][]Record) string {
	all, common := map[Key]int{}, 0
	hashes := 0
	for _, rs := range sets {
		mine := map[Key]bool{}
		for _, r := range rs {
			if r.Bits != "" {
				hashes++
				mine[r.Product()] = true
			}
		}
		for k := range mine {
			all[k]++
		}
	}
	for _, n := range all {
		if n > 1 {
			common++
		}
	}
	return fmt.Sprintf("Bits: %d results of %d operations, hashed; %d of the operations on more than one machine. Every hash of an\noperation is the same, for every instruction set and number of threads.",
		hashes, len(all), common)
}

// summary are the rows of one machine in the first table.
func summary(name string, rs []Record) (rows [][]string) {
	type run struct {
		isa     string
		threads int
	}
	var order []run
	cell := map[run]map[string]string{}
	memory := map[run]int{}
	for _, r := range rs {
		k := run{r.ISA, r.Threads}
		if cell[k] == nil {
			cell[k] = map[string]string{}
			order = append(order, k)
		}
		rate := fmt.Sprintf("%.4g (%.0f%%)", r.GFlops, r.OfPeak)
		switch {
		case r.Op == "fma" && r.DType == "f32":
			cell[k]["peak"] = fmt.Sprintf("%.4g", r.GFlops)
		case r.Op == "gemm" && r.DType == "f32" && r.Trans == "nn" && r.Shape == "256x256x256":
			cell[k]["square"] = rate
		case r.Op == "gemm" && r.DType == "f32" && r.Trans == "nt" && r.Shape == "32x512x784":
			cell[k]["layer"] = rate
		case r.Op == "packed" && r.Shape == "64x512x784":
			cell[k]["packed"] = rate
		case r.Op == "gemm" && r.DType == "f64" && r.Trans == "nn" && r.Shape == "256x256x256":
			cell[k]["double"] = rate
		case r.Op == "read":
			var n int
			if fmt.Sscan(r.Shape, &n); n > memory[k] {
				memory[k] = n
				cell[k]["read"] = fmt.Sprintf("%.4g", r.GBytes)
			}
		}
	}
	for _, k := range order {
		row := []string{"[" + name + "](#" + strings.ReplaceAll(name, ".", "") + ")", k.isa, fmt.Sprint(k.threads)}
		for _, c := range []string{"peak", "square", "layer", "packed", "double", "read"} {
			v := cell[k][c]
			if v == "" {
				v = "-"
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows
}

// detail is the table of one machine: a row for each product, a column for each
// instruction set and number of threads.
func detail(b *strings.Builder, rs []Record) {
	type run struct {
		isa     string
		threads int
	}
	var runs []run
	var order []Key
	cell := map[Key]map[run]string{}
	for _, r := range rs {
		if r.Bits == "" || r.Trans == "" {
			continue
		}
		k, at := r.Product(), run{r.ISA, r.Threads}
		if !slices.Contains(runs, at) {
			runs = append(runs, at)
		}
		if cell[k] == nil {
			cell[k] = map[run]string{}
			order = append(order, k)
		}
		cell[k][at] = fmt.Sprintf("%.4g (%.0f%%)", r.GFlops, r.OfPeak)
		if r.Peak == 0 {
			cell[k][at] = fmt.Sprintf("%.4g", r.GFlops)
		}
	}
	head := []string{"op", "type", "tr", "shape"}
	for _, at := range runs {
		head = append(head, fmt.Sprintf("%s, %s", at.isa, threadsText(at.threads)))
	}
	rows := [][]string{head}
	for _, k := range order {
		row := []string{k.Op, k.DType, k.Trans, k.Shape}
		for _, at := range runs {
			v := cell[k][at]
			if v == "" {
				v = "-"
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	writeTable(b, rows, true, 4)
}
