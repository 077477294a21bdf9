package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
)

// sampleRecord is a record that passes.
func sampleRecord() Record {
	return Record{
		Schema: schema, Lanes: "v0.1.0",
		Machine: Machine{Go: "go1.26", OS: "linux", Arch: "amd64", CPU: "Some CPU", Vendor: "GenuineIntel", Family: 6, Model: 207,
			CPUs: 2, L1: 49152, L2: 2 << 20, L3: 260 << 20, Virtualised: "yes KVM", Quota: 1.5},
		Op: "gemm", DType: "f32", Trans: "nt", Shape: "64x512x784", ISA: "avx512", Threads: 2,
		Samples: 30, NsPerOp: 310000, BestNs: 300000, Spread: 0.02, GFlops: 171.3, GBytes: 6.5, Peak: 179, OfPeak: 95.7,
		Bits: "0123456789abcdef",
	}
}

func TestRoundTrip(t *testing.T) {
	read := sampleRecord()
	read.Op, read.DType, read.Trans, read.Shape, read.Bits, read.GFlops, read.Peak, read.OfPeak = "read", "", "", "24576", "", 0, 0, 0
	fma := sampleRecord()
	fma.Op, fma.Trans, fma.Shape, fma.Bits = "fma", "", "", ""
	element := sampleRecord()
	element.Op, element.Trans, element.Shape, element.Elements, element.Level, element.Bandwidth, element.OfBandwidth = "softmax", "", "64x1000", 4.5, "L2", 210, 17.1
	want := []Record{sampleRecord(), read, fma, element}
	var b bytes.Buffer
	if err := writeRecords(&b, want); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "\n"); n != len(want) {
		t.Errorf("%d lines for %d records", n, len(want))
	}
	for _, field := range []string{"schema", "lanes", "go", "os", "arch", "cpu", "cpu_vendor", "cpu_family", "cpu_model",
		"cpus", "l1d_bytes", "l2_bytes", "l3_bytes", "virtualised", "cpu_quota", "op", "dtype", "trans", "shape", "isa", "threads",
		"samples", "ns_per_op", "best_ns_per_op", "spread", "gflops", "gbytes_per_s", "peak_gflops", "percent_of_peak", "bits"} {
		if strings.Count(b.String(), `"`+field+`":`) != len(want) {
			t.Errorf("field %q is not on every line", field)
		}
	}
	got, err := readRecords(&b)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("read %v, wrote %v", got, want)
	}
}

func TestCheckRejects(t *testing.T) {
	for name, spoil := range map[string]func(*Record){
		"schema":      func(r *Record) { r.Schema = 2 },
		"no cpu":      func(r *Record) { r.CPU = "" },
		"pipe":        func(r *Record) { r.CPU = "a|b" },
		"escape":      func(r *Record) { r.CPU = "a\x1b[2Jb" },
		"newline":     func(r *Record) { r.Go = "a\nb" },
		"long":        func(r *Record) { r.Virtualised = strings.Repeat("x", 1000) },
		"size":        func(r *Record) { r.Op, r.Trans, r.Shape = "relu", "", "12x" },
		"element of":  func(r *Record) { r.Op, r.Shape = "relu", "12" },
		"level":       func(r *Record) { r.Op, r.Trans, r.Shape, r.Level = "relu", "", "12", "L4" },
		"infinite":    func(r *Record) { r.Elements = math.Inf(1) },
		"cpus":        func(r *Record) { r.CPUs = 0 },
		"quota":       func(r *Record) { r.Quota = math.Inf(1) },
		"isa":         func(r *Record) { r.ISA = "sse9" },
		"threads":     func(r *Record) { r.Threads = 0 },
		"samples":     func(r *Record) { r.Samples = 0 },
		"time":        func(r *Record) { r.NsPerOp, r.BestNs = -1, -1 },
		"best":        func(r *Record) { r.BestNs = 2 * r.NsPerOp },
		"nan":         func(r *Record) { r.GFlops = math.NaN() },
		"peak":        func(r *Record) { r.Peak = -1 },
		"op":          func(r *Record) { r.Op = "conv" },
		"dtype":       func(r *Record) { r.DType = "f16" },
		"trans":       func(r *Record) { r.Trans = "n" },
		"shape":       func(r *Record) { r.Shape = "1x2" },
		"bits":        func(r *Record) { r.Bits = "xyz" },
		"no bits":     func(r *Record) { r.Bits = "" },
		"packed tn":   func(r *Record) { r.Op, r.Trans = "packed", "tn" },
		"memory bits": func(r *Record) { r.Op, r.DType, r.Trans, r.Shape = "read", "", "", "64" },
		"memory size": func(r *Record) { r.Op, r.DType, r.Trans, r.Shape, r.Bits = "read", "", "", "64k", "" },
	} {
		r := sampleRecord()
		if err := r.check(); err != nil {
			t.Fatal(err)
		}
		spoil(&r)
		if r.check() == nil {
			t.Errorf("%s: passed", name)
		}
	}
}

func line(r Record) string {
	var b bytes.Buffer
	if err := writeRecords(&b, []Record{r}); err != nil {
		panic(err)
	}
	return b.String()
}

func TestHostileFiles(t *testing.T) {
	good := line(sampleRecord())
	other := sampleRecord()
	other.Bits = "fedcba9876543210"
	for name, text := range map[string]string{
		"empty":       "",
		"blank":       "\n\n\n",
		"not json":    "hello\n",
		"cut off":     good[:len(good)/2],
		"array":       "[1,2,3]\n",
		"null":        "null\n",
		"wrong types": `{"schema":"1"}` + "\n",
		"huge number": `{"schema":1e999}` + "\n",
		"deep":        strings.Repeat("[", maxLine/2) + "\n",
		"long line":   `{"cpu":"` + strings.Repeat("x", 2*maxLine) + `"}` + "\n",
		"binary":      "\x00\xff\xfe\n",
		"bits":        good + line(other),
	} {
		_, err := readRecords(strings.NewReader(text))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		if s := oneLine(err); strings.ContainsAny(s, "\n\x00\x1b") || len(s) > 310 {
			t.Errorf("%s: error %q", name, s)
		}
	}
	slow := sampleRecord()
	slow.NsPerOp, slow.BestNs = 2*slow.NsPerOp, 2*slow.BestNs
	rs, err := readRecords(strings.NewReader(line(slow) + "\n" + good + line(slow)))
	if err != nil || len(rs) != 1 || rs[0].BestNs != 300000 {
		t.Errorf("the fastest of three runs: %v, %v", rs, err)
	}
	var many strings.Builder
	for i := range maxRecords + 1 {
		r := sampleRecord()
		r.Shape = fmt.Sprintf("1x1x%d", i+1)
		many.WriteString(line(r))
		if testing.Short() && i > 1000 {
			return
		}
	}
	if _, err := readRecords(strings.NewReader(many.String())); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("too many records: %v", err)
	}
}

func FuzzReadRecords(f *testing.F) {
	f.Add([]byte(line(sampleRecord())))
	f.Add([]byte(`{"schema":1,"cpu":"\u001b[2J"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rs, err := readRecords(bytes.NewReader(b))
		if err != nil {
			return
		}
		for i := range rs {
			if err := rs[i].check(); err != nil {
				t.Errorf("read a record that does not pass: %v", err)
			}
		}
		// What was read can be written, read again and printed.
		var w bytes.Buffer
		if err := writeRecords(&w, rs); err != nil {
			t.Fatal(err)
		}
		again, err := readRecords(&w)
		if err != nil || len(again) != len(rs) {
			t.Fatalf("%d records became %d: %v", len(rs), len(again), err)
		}
		if s := compare([]string{"a", "b"}, [][]Record{rs, again}, true); strings.ContainsAny(s, "\x1b\x00\r") {
			t.Errorf("control characters in %q", s)
		}
	})
}
