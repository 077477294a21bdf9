package main

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What docs/backend.md promises to who imports tensor. The time to initialise is
// 100 µs there; here the best of several runs has ten times as long, since the
// machine may be busy, and what init allocates, which is always the same, is held to
// about twice what it is.
const (
	maxAdded      = 1_600_000 // bytes of an executable, not stripped, with products only
	maxAll        = 3_200_000 // the same with every kernel
	maxInitTime   = time.Millisecond
	maxInitAllocs = 250
	maxInitBytes  = 20_000
	initRuns      = 20
)

// mayImport matches the packages outside the standard library that a program with
// tensor contains.
var mayImport = regexp.MustCompile(`^(` + regexp.QuoteMeta(module) + `/(tensor|asm|internal/\w+)|github\.com/klauspost/cpuid/v2(/\w+)*|golang\.org/x/sys/\w+|command-line-arguments)$`)

// foreign returns the packages of a list that a program may not contain.
func foreign(deps []string) []string {
	var bad []string
	for _, d := range deps {
		if !mayImport.MatchString(d) {
			bad = append(bad, d)
		}
	}
	return bad
}

// initCost is what the init functions of our packages took in one run.
type initCost struct {
	clock         time.Duration
	bytes, allocs int
}

var initLine = regexp.MustCompile(`(?m)^init (\S+) @\S+ ms, (\S+) ms clock, (\d+) bytes, (\d+) allocs$`)

// parseInit adds up the lines of our packages in what GODEBUG=inittrace=1 prints.
func parseInit(trace string) (c initCost, err error) {
	found := false
	for _, m := range initLine.FindAllStringSubmatch(trace, -1) {
		if !strings.HasPrefix(m[1], module+"/") {
			continue
		}
		found = true
		ms, err := strconv.ParseFloat(m[2], 64)
		if err != nil {
			return c, err
		}
		b, _ := strconv.Atoi(m[3])
		n, _ := strconv.Atoi(m[4])
		c.clock += time.Duration(ms * float64(time.Millisecond))
		c.bytes += b
		c.allocs += n
	}
	if !found {
		return c, fmt.Errorf("no init of %s in the trace:\n%s", module, trace)
	}
	return c, nil
}

// tooDear returns what is wrong with the figures.
func tooDear(added, all int64, c initCost) []string {
	var bad []string
	if added > maxAdded {
		bad = append(bad, fmt.Sprintf("tensor adds %d bytes to a program with products, more than %d", added, maxAdded))
	}
	if all > maxAll {
		bad = append(bad, fmt.Sprintf("tensor adds %d bytes to a program with all kernels, more than %d", all, maxAll))
	}
	if c.allocs > maxInitAllocs || c.bytes > maxInitBytes {
		bad = append(bad, fmt.Sprintf("init allocates %d times, %d bytes; the limits are %d and %d", c.allocs, c.bytes, maxInitAllocs, maxInitBytes))
	}
	if c.clock > maxInitTime {
		bad = append(bad, fmt.Sprintf("init takes %v, the best of %d runs; the limit is %v", c.clock, initRuns, maxInitTime))
	}
	return bad
}

// checkCost measures what importing tensor costs: packages, size, time to initialise.
func checkCost(root string, _ []string) error {
	tmp, err := os.MkdirTemp("", "lanes-cost")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	source := func(name string) string {
		return filepath.Join(root, "gen", "check", "testdata", "cost", name+".go")
	}

	// Of linux/amd64 the size is promised, of the others told.
	var added, all int64
	for _, t := range []struct{ name, arch, tags string }{
		{"linux/amd64", "amd64", ""}, {"linux/arm64", "arm64", ""}, {"linux/amd64 purego", "amd64", "purego"},
	} {
		env := []string{"GOWORK=off", "CGO_ENABLED=0", "GOOS=linux", "GOARCH=" + t.arch}
		out, err := command(root, env, "go", "list", "-deps", "-tags", t.tags, "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", source("with"))
		if err != nil {
			return err
		}
		if bad := foreign(strings.Fields(string(out))); len(bad) > 0 {
			return fmt.Errorf("%s: a program that imports tensor contains %s", t.name, strings.Join(bad, ", "))
		}
		var size [3]sections
		for i, program := range []string{"without", "with", "all"} {
			path := filepath.Join(tmp, program)
			if _, err := command(root, env, "go", "build", "-tags", t.tags, "-o", path, source(program)); err != nil {
				return err
			}
			if size[i], err = readSections(path); err != nil {
				return err
			}
		}
		for i, what := range []string{"products", "every kernel"} {
			d := size[i+1].minus(size[0])
			fmt.Printf("cost: %-18s %-12s %4d KB: code %d, tables of functions and lines %d, symbols %d, debugging %d, data %d\n",
				t.name, what, d.file/1000, d.code/1000, d.lines/1000, d.symbols/1000, d.debug/1000, (d.file-d.code-d.lines-d.symbols-d.debug)/1000)
		}
		if t.name == "linux/amd64" {
			added, all = size[1].minus(size[0]).file, size[2].minus(size[0]).file
		}
	}

	// Init, of the program for this machine.
	path := filepath.Join(tmp, "native")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if _, err := command(root, []string{"GOWORK=off"}, "go", "build", "-o", path, source("with")); err != nil {
		return err
	}
	var runs []initCost
	for range initRuns {
		trace, err := standardError(tmp, []string{"GODEBUG=inittrace=1"}, path)
		if err != nil {
			return err
		}
		c, err := parseInit(trace)
		if err != nil {
			return err
		}
		runs = append(runs, c)
	}
	best := slices.MinFunc(runs, func(a, b initCost) int { return int(a.clock - b.clock) })
	fmt.Printf("cost: init of our packages %v, %d allocations, %d bytes\n", best.clock, best.allocs, best.bytes)
	return report(tooDear(added, all, best))
}

// sections are the bytes of an executable by what they are for.
type sections struct{ file, code, lines, symbols, debug int64 }

func (s sections) minus(t sections) sections {
	return sections{s.file - t.file, s.code - t.code, s.lines - t.lines, s.symbols - t.symbols, s.debug - t.debug}
}

func readSections(path string) (s sections, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return s, err
	}
	s.file = info.Size()
	f, err := elf.Open(path)
	if err != nil {
		return s, err
	}
	defer f.Close()
	for _, x := range f.Sections {
		size := int64(x.FileSize)
		switch {
		case x.Type == elf.SHT_NOBITS:
		case x.Name == ".text":
			s.code += size
		case x.Name == ".gopclntab":
			s.lines += size
		case x.Type == elf.SHT_SYMTAB || x.Name == ".strtab":
			s.symbols += size
		case strings.HasPrefix(x.Name, ".debug"):
			s.debug += size
		}
	}
	return s, nil
}
