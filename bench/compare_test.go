package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

func times(r Record, factor float64) Record {
	r.NsPerOp, r.BestNs, r.GFlops = r.NsPerOp*factor, r.BestNs*factor, r.GFlops/factor
	return r
}

func TestVerdict(t *testing.T) {
	a := sampleRecord()
	noisy := a
	noisy.Spread = 0.4
	for _, c := range []struct {
		a, b    Record
		differs bool
	}{
		{a, a, false}, {a, times(a, 1.02), false}, {a, times(a, 0.98), false},
		{a, times(a, 1.10), true}, {a, times(a, 0.9), true},
		{a, times(noisy, 1.3), false}, {noisy, times(a, 0.8), false}, {noisy, times(a, 2), true},
	} {
		ratio, differs := verdict(c.a, c.b)
		if differs != c.differs || math.Abs(ratio-c.a.BestNs/c.b.BestNs) > 1e-12 {
			t.Errorf("%v against %v: %v, %v", c.b.BestNs, c.a.BestNs, ratio, differs)
		}
		// Which one is called A does not matter.
		if _, d := verdict(c.b, c.a); d != differs {
			t.Errorf("%v against %v differs one way only", c.b.BestNs, c.a.BestNs)
		}
	}
}

func TestCompare(t *testing.T) {
	a := sampleRecord()
	b := times(a, 0.5)
	same := a
	same.Shape = "1x2x3"
	only := a
	only.Shape = "4x5x6"
	memory := a
	memory.Op, memory.DType, memory.Trans, memory.Shape, memory.Bits = "copy", "", "", "4096", ""
	text := compare([]string{"a.jsonl", "b.jsonl", "c|d"}, [][]Record{{a, same, memory}, {b, same, only, memory}, {only}}, false)
	for _, want := range []string{"2.00x", "no difference", "4x5x6", "A: a.jsonl: Some CPU", "C: c¦d", "GB/s", "C and A have no row in common",
		"B is 1.26 times as fast as A, geometric mean of 3 common rows"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	// Aligned: the head and each row have their columns at the same places.
	var at []int
	for _, l := range strings.Split(text, "\n") {
		if strings.HasPrefix(l, "gemm") || strings.HasPrefix(l, "op ") {
			at = append(at, strings.Index(l, "avx512")+strings.Index(l, "isa")+1)
		}
	}
	slices.Sort(at)
	if at = slices.Compact(at); len(at) != 1 {
		t.Errorf("columns of isa at %v:\n%s", at, text)
	}
	md := compare([]string{"a", "b"}, [][]Record{{a}, {b}}, true)
	rows := 0
	for _, l := range strings.Split(md, "\n") {
		if strings.HasPrefix(l, "|") {
			rows++
			if n := strings.Count(l, "|"); n != 11 {
				t.Errorf("%d bars in %q", n, l)
			}
		}
	}
	if rows != 3 {
		t.Errorf("%d rows of Markdown, want 3:\n%s", rows, md)
	}
}

func TestCompareWarnings(t *testing.T) {
	a := sampleRecord()
	if w := compareWarnings([]string{"a", "b"}, [][]Record{{a}, {times(a, 2)}}); len(w) != 0 {
		t.Errorf("the same machine: %q", w)
	}
	for want, spoil := range map[string]func(*Record){
		"machines differ": func(r *Record) { r.CPU = "Another" },
		"cpu quota":       func(r *Record) { r.Quota = 0 },
		"builds differ":   func(r *Record) { r.Lanes = "v0.2.0" },
		"bits differ":     func(r *Record) { r.Bits = "ffffffffffffffff"; r.ISA = "generic"; r.Threads = 1 },
	} {
		b := a
		spoil(&b)
		w := compareWarnings([]string{"a", "b"}, [][]Record{{a}, {b}})
		if len(w) != 1 || !strings.Contains(w[0], want) {
			t.Errorf("want a warning of %q: %q", want, w)
		}
	}
	mixed := a
	mixed.CPU = "Another"
	mixed.Threads = 1
	if w := compareWarnings([]string{"a"}, [][]Record{{a, mixed}}); len(w) != 1 || !strings.Contains(w[0], "different machines") {
		t.Errorf("a file of two machines: %q", w)
	}
}

// What a wrong file in results would meet.
func TestResultFilesRejects(t *testing.T) {
	a, b := sampleRecord(), sampleRecord()
	b.CPU = "Another"
	wrong := b
	wrong.Bits = "ffffffffffffffff"
	for name, files := range map[string]map[string]string{
		"bits":     {"a.jsonl": line(a), "b.jsonl": line(wrong)},
		"machines": {"a.jsonl": line(a) + strings.Replace(line(b), `"threads":2`, `"threads":1`, 1)},
		"name":     {"My CPU.jsonl": line(a)},
		"none":     {},
		"json":     {"a.jsonl": "x"},
	} {
		dir := t.TempDir()
		for f, text := range files {
			write(t, dir+"/"+f, text)
		}
		if _, _, err := resultFiles(dir); err == nil {
			t.Errorf("%s: passed", name)
		}
	}
	dir := t.TempDir()
	write(t, dir+"/a.jsonl", line(a))
	write(t, dir+"/b.jsonl", line(b))
	names, _, err := resultFiles(dir)
	if fmt.Sprint(names) != "[a b]" || err != nil {
		t.Errorf("%v, %v", names, err)
	}
	if text, err := docsText(dir); err != nil || !strings.Contains(text, "1 of the operations on more than one machine") {
		t.Errorf("%v:\n%s", err, text)
	}
}
