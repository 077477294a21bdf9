package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// noiseFloor is the difference that two runs of one program on one machine show
// now and then, whatever their spreads say.
const noiseFloor = 0.03

// compareFiles compares the first file with each other one. One file alone is
// printed.
func compareFiles(names []string, markdown bool) (text string, warnings []string, err error) {
	var sets [][]Record
	for _, n := range names {
		rs, err := readFile(n)
		if err != nil {
			return "", nil, err
		}
		sets = append(sets, rs)
	}
	return compare(names, sets, markdown), compareWarnings(names, sets), nil
}

func compareWarnings(names []string, sets [][]Record) (w []string) {
	first := sets[0][0]
	for i, rs := range sets {
		m := rs[0].Machine
		for _, r := range rs {
			if r.Machine != m || r.Lanes != rs[0].Lanes {
				w = append(w, fmt.Sprintf("%s: its lines are from different machines or builds", names[i]))
				break
			}
		}
		if i == 0 {
			continue
		}
		var d []string
		for _, f := range []struct {
			what string
			a, b any
		}{
			{"cpu", first.CPU, rs[0].CPU}, {"family", first.Family, m.Family}, {"model", first.Model, m.Model},
			{"cpus", first.CPUs, m.CPUs}, {"os/arch", first.OS + "/" + first.Arch, m.OS + "/" + m.Arch},
			{"cpu quota", first.Quota, m.Quota}, {"virtualised", first.Virtualised, m.Virtualised},
		} {
			if f.a != f.b {
				d = append(d, fmt.Sprintf("%s %v, %v", f.what, f.a, f.b))
			}
		}
		if len(d) > 0 {
			w = append(w, fmt.Sprintf("machines differ: %s and %s: %s", names[0], names[i], strings.Join(d, "; ")))
		}
		if m.Go != first.Go || rs[0].Lanes != first.Lanes {
			w = append(w, fmt.Sprintf("builds differ: %s and %s: lanes %s with %s, lanes %s with %s",
				names[0], names[i], first.Lanes, first.Go, rs[0].Lanes, m.Go))
		}
	}
	return append(w, bitsDiffer(slices.Concat(sets...))...)
}

// bitsDiffer lists the operations whose results were not the same everywhere:
// tables, threads, machines.
func bitsDiffer(rs []Record) (w []string) {
	type seen struct{ bits, where string }
	at := map[Key]seen{}
	said := map[Key]bool{}
	for _, r := range rs {
		if r.Bits == "" {
			continue
		}
		k, here := r.Product(), fmt.Sprintf("%s, %s, %d threads", r.CPU, r.ISA, r.Threads)
		old, ok := at[k]
		switch {
		case !ok:
			at[k] = seen{r.Bits, here}
		case old.bits != r.Bits && !said[k]:
			said[k] = true
			w = append(w, fmt.Sprintf("bits differ: %s %s %s %s: %s on %s; %s on %s", k.Op, k.DType, k.Trans, k.Shape, old.bits, old.where, r.Bits, here))
		}
	}
	return w
}

// verdict compares two measurements by their best samples: the speed of b over
// that of a, or that the noise hides any difference.
func verdict(a, b Record) (ratio float64, differs bool) {
	ratio = a.BestNs / b.BestNs
	noise := max(noiseFloor, a.Spread, b.Spread)
	return ratio, math.Abs(ratio-1) > noise && math.Abs(1/ratio-1) > noise
}

func compare(names []string, sets [][]Record, markdown bool) string {
	var order []Key
	at := make([]map[Key]Record, len(sets))
	known := map[Key]bool{}
	for i, rs := range sets {
		at[i] = map[Key]Record{}
		for _, r := range rs {
			at[i][r.Key()] = r
			if !known[r.Key()] {
				known[r.Key()] = true
				order = append(order, r.Key())
			}
		}
	}
	var b strings.Builder
	for i, n := range names {
		r := sets[i][0]
		line := fmt.Sprintf("%c: %s: %s, %s, lanes %s, %s", letter(i), name(n), cpuLine(r.Machine), quotaText(r.Machine), r.Lanes, r.Go)
		if markdown {
			line = "- " + line
		}
		fmt.Fprintln(&b, line)
	}
	head := []string{"op", "type", "tr", "shape", "isa", "threads", "unit", "A"}
	for i := 1; i < len(sets); i++ {
		head = append(head, string(letter(i)), string(letter(i))+"/A")
	}
	rows := [][]string{head}
	logs, counts := make([]float64, len(sets)), make([]int, len(sets))
	for _, k := range order {
		row := []string{k.Op, k.DType, k.Trans, k.Shape, k.ISA, fmt.Sprint(k.Threads)}
		unit := "GFLOP/s"
		if inBytes(k.Op) {
			unit = "GB/s"
		}
		row = append(row, unit)
		base, ok := at[0][k]
		row = append(row, rateText(base, ok))
		for i := 1; i < len(sets); i++ {
			r, here := at[i][k]
			word := "-"
			if here && ok {
				ratio, differs := verdict(base, r)
				logs[i] += math.Log(ratio)
				counts[i]++
				word = "no difference"
				if differs {
					word = fmt.Sprintf("%.2fx", ratio)
				}
			}
			row = append(row, rateText(r, here), word)
		}
		rows = append(rows, row)
	}
	b.WriteString("\n")
	writeTable(&b, rows, markdown, 6)
	for i := 1; i < len(sets); i++ {
		if counts[i] > 0 {
			fmt.Fprintf(&b, "\n%c is %.3g times as fast as A, geometric mean of %d common rows\n", letter(i), math.Exp(logs[i]/float64(counts[i])), counts[i])
		} else {
			fmt.Fprintf(&b, "\n%c and A have no row in common\n", letter(i))
		}
	}
	return b.String()
}

func letter(i int) rune {
	if i < 26 {
		return 'A' + rune(i)
	}
	return 'a' + rune(i-26)
}

// name is a file's name fit for a line.
func name(n string) string {
	return oneLine(fmt.Errorf("%s", strings.ReplaceAll(n, "|", "¦")))
}

// inBytes tells whether the rate of an operation is that of its memory.
func inBytes(op string) bool {
	return slices.Contains(memoryOps, op) || slices.Contains(elementNames, op)
}

func rateText(r Record, ok bool) string {
	switch {
	case !ok:
		return "-"
	case inBytes(r.Op):
		return fmt.Sprintf("%.1f", r.GBytes)
	}
	return fmt.Sprintf("%.1f", r.GFlops)
}

// writeTable writes rows, the first of which is the head; columns from right on
// are numbers.
func writeTable(b *strings.Builder, rows [][]string, markdown bool, right int) {
	width := make([]int, len(rows[0]))
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for n, r := range rows {
		var line strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if i >= right {
				c = pad + c
			} else {
				c += pad
			}
			if markdown {
				line.WriteString("| " + c + " ")
			} else {
				line.WriteString(c + "  ")
			}
		}
		if markdown {
			line.WriteString("|")
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		if n == 0 && markdown {
			for i := range r {
				if i >= right {
					b.WriteString("|--:")
				} else {
					b.WriteString("|---")
				}
			}
			b.WriteString("|\n")
		}
	}
}
