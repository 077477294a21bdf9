package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/lanes-go/lanes/bench/shapes"
)

// schema is the version of Record. A reader refuses others.
const schema = 1

// Record is one measurement, one JSON object a line. Every line carries the
// machine, so that files can be cut, joined and searched line by line.
type Record struct {
	Schema int    `json:"schema"`
	Lanes  string `json:"lanes"` // version of the module, "(devel)" in a clone
	Machine

	Op      string `json:"op"`    // gemm, packed, plainloop; fma; read, write, copy; names of elementList
	DType   string `json:"dtype"` // f32, f64; "" for read, write, copy
	Trans   string `json:"trans"` // of A, then of B; "" where there is none
	Shape   string `json:"shape"` // MxNxK; for read, write, copy the bytes a thread goes over; else N, RxC or NxCxHxW
	ISA     string `json:"isa"`
	Threads int    `json:"threads"`

	Samples int     `json:"samples"`
	NsPerOp float64 `json:"ns_per_op"` // median of the samples
	BestNs  float64 `json:"best_ns_per_op"`
	Spread  float64 `json:"spread"` // (third quartile - first quartile) / median
	GFlops  float64 `json:"gflops"` // from the best; 0 for read, write, copy
	GBytes  float64 `json:"gbytes_per_s"`
	Peak    float64 `json:"peak_gflops"`     // FMAs in registers: this ISA, dtype and number of threads, this run; 0 for plainloop
	OfPeak  float64 `json:"percent_of_peak"` // 100*gflops/peak_gflops, or 0
	Bits    string  `json:"bits"`            // hash of the results for fixed operands: the same on every machine

	// Of operations on elements: from the best sample, and of the level of memory that
	// holds what a thread goes over, the speed of copies (or reads, where nothing is
	// written) with as many threads in this run.
	Elements    float64 `json:"elements_per_ns,omitempty"`
	Level       string  `json:"level,omitempty"` // L1, L2, L3, memory
	Bandwidth   float64 `json:"level_gbytes_per_s,omitempty"`
	OfBandwidth float64 `json:"percent_of_bandwidth,omitempty"`
}

// Key names what was measured, without who measured it.
type Key struct {
	Op, DType, Trans, Shape, ISA string
	Threads                      int
}

// Key returns r's key.
func (r *Record) Key() Key { return Key{r.Op, r.DType, r.Trans, r.Shape, r.ISA, r.Threads} }

// Product names the numbers that bits is a hash of: ISA and threads do not matter.
func (r *Record) Product() Key { return Key{Op: r.Op, DType: r.DType, Trans: r.Trans, Shape: r.Shape} }

// The limits of a file: what a reader takes from a stranger.
const (
	maxLine    = 1 << 16
	maxRecords = 1 << 16
	maxText    = 200
)

var (
	memoryOps = []string{"read", "write", "copy", "update", "ntwrite", "ntcopy"} // nt: stores past the caches
	levels    = []string{"L1", "L2", "L3", "memory"}
	knownISAs = []string{"generic", "avx2", "avx512", "neon"}
)

// check reports what makes r not a record of this schema.
func (r *Record) check() error {
	if r.Schema != schema {
		return fmt.Errorf("schema %d, this program knows %d", r.Schema, schema)
	}
	for _, f := range []struct{ name, v string }{
		{"lanes", r.Lanes}, {"go", r.Go}, {"os", r.OS}, {"arch", r.Arch}, {"cpu", r.CPU}, {"virtualised", r.Virtualised},
	} {
		if f.v == "" {
			return fmt.Errorf("no %s", f.name)
		}
	}
	for _, s := range []string{r.Lanes, r.Go, r.OS, r.Arch, r.CPU, r.Vendor, r.Virtualised} {
		if len(s) > maxText || !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 || c == '|' }) {
			return fmt.Errorf("text %.40q is too long or has characters a table cannot hold", s)
		}
	}
	if r.CPUs < 1 || r.CPUs > 1<<16 || r.L1 < 0 || r.L2 < 0 || r.L3 < 0 || !finite(r.Quota) {
		return errors.New("cpus, caches or cpu_quota out of range")
	}
	if !slices.Contains(knownISAs, r.ISA) {
		return fmt.Errorf("isa %.20q: want one of %s", r.ISA, strings.Join(knownISAs, ", "))
	}
	if r.Threads < 1 || r.Threads > maxThreads {
		return fmt.Errorf("threads %d: want 1 to %d", r.Threads, maxThreads)
	}
	if r.Samples < 1 || r.NsPerOp <= 0 || r.BestNs <= 0 || r.BestNs > r.NsPerOp*1.000001 {
		return errors.New("samples, ns_per_op or best_ns_per_op out of range")
	}
	if r.Level != "" && !slices.Contains(levels, r.Level) {
		return fmt.Errorf("level %.20q: want one of %s", r.Level, strings.Join(levels, ", "))
	}
	for _, v := range []float64{r.NsPerOp, r.BestNs, r.Spread, r.GFlops, r.GBytes, r.Peak, r.OfPeak, r.Elements, r.Bandwidth, r.OfBandwidth} {
		if !finite(v) {
			return errors.New("a number is negative or not finite")
		}
	}
	return r.checkOp()
}

func (r *Record) checkOp() error {
	bad := fmt.Errorf("no operation %.20q %.20q %.20q %.40q", r.Op, r.DType, r.Trans, r.Shape)
	isType := slices.Contains(shapes.DTypes, r.DType)
	switch {
	case slices.Contains(memoryOps, r.Op):
		var n int
		if _, err := fmt.Sscanf(r.Shape, "%d", &n); err != nil || n < 1 || fmt.Sprint(n) != r.Shape || r.DType != "" || r.Trans != "" || r.Bits != "" {
			return bad
		}
	case r.Op == "fma":
		if !isType || r.Trans != "" || r.Shape != "" || r.Bits != "" {
			return bad
		}
	case slices.Contains(shapes.Ops, r.Op):
		if !isType || !slices.Contains(shapes.Trans, r.Trans) || !shapes.Allowed(r.Op, r.Trans) {
			return bad
		}
		if _, _, _, err := shapes.Parse(r.Shape); err != nil {
			return err
		}
		return r.checkBits()
	case slices.Contains(elementNames, r.Op):
		if !isType || r.Trans != "" {
			return bad
		}
		if _, err := parseSize(r.Shape); err != nil {
			return err
		}
		return r.checkBits()
	default:
		return bad
	}
	return nil
}

func (r *Record) checkBits() error {
	if len(r.Bits) != hashLen || strings.Trim(r.Bits, "0123456789abcdef") != "" {
		return fmt.Errorf("bits %.40q: want %d hexadecimal digits", r.Bits, hashLen)
	}
	return nil
}

func finite(v float64) bool { return v >= 0 && v <= math.MaxFloat64 }

// writeRecords writes one object a line.
func writeRecords(w io.Writer, rs []Record) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range rs {
		if err := e.Encode(&rs[i]); err != nil {
			return err
		}
	}
	return b.Flush()
}

// readRecords reads what writeRecords wrote, from anywhere. An error names the
// line. Of two records of one key on one machine the faster counts.
func readRecords(r io.Reader) ([]Record, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), maxLine)
	var rs []Record
	at := map[Key]int{}
	n := 0
	for sc.Scan() {
		n++
		line := sc.Bytes()
		if len(strings.TrimSpace(string(line))) == 0 {
			continue
		}
		var rec Record
		if err := json.Unmarshal(line, &rec); err != nil {
			return nil, fmt.Errorf("line %d: not a JSON object of this schema: %s", n, oneLine(err))
		}
		if err := rec.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if i, ok := at[rec.Key()]; ok {
			if rs[i].Bits != rec.Bits && rs[i].Lanes == rec.Lanes {
				return nil, fmt.Errorf("line %d: bits differ from those of an earlier line for the same operation", n)
			}
			if rec.BestNs < rs[i].BestNs {
				rs[i] = rec
			}
			continue
		}
		if len(rs) == maxRecords {
			return nil, fmt.Errorf("line %d: more than %d records", n, maxRecords)
		}
		at[rec.Key()] = len(rs)
		rs = append(rs, rec)
	}
	if err := sc.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return nil, fmt.Errorf("line %d: longer than %d bytes", n+1, maxLine)
		}
		return nil, err
	}
	if len(rs) == 0 {
		return nil, errors.New("no records in it")
	}
	return rs, nil
}

func readFile(name string) ([]Record, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := f.Stat(); err == nil && st.IsDir() {
		return nil, fmt.Errorf("%s: is a directory", name)
	}
	// Lines and records are bounded; blank lines are not, so the whole is.
	rs, err := readRecords(io.LimitReader(f, maxRecords*2048))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rs, nil
}

// oneLine is an error's text fit for one line of a terminal.
func oneLine(err error) string {
	s := strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return ' '
		}
		return c
	}, err.Error())
	if len(s) > 300 {
		s = s[:300] + "…"
	}
	return s
}
