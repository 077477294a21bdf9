// Package shapes holds the shapes that bench and bench/peers measure, from real
// networks, one file each.
//
// A line is
//
//	OP DTYPES TRANSPOSITIONS MxNxK[,MxNxK...] [quick]   # remark
//
// with OP gemm (C = op(A)·op(B)), packed (ReLU(A·op(B) + bias), B packed once) or
// plainloop (an ordinary Go loop without fused multiply-adds), DTYPES of f32, f64, TRANSPOSITIONS of nn, nt, tn, tt (of A, then of B), lists separated
// by commas. C is M x N and K is summed over. "quick" puts the line into the short
// run as well.
package shapes

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed *.txt
var files embed.FS

// Row is one case.
type Row struct {
	Set     string // the file it is from
	Op      string // "gemm", "packed"
	DType   string // "f32", "f64"
	Trans   string // "nn", "nt", "tn", "tt"
	M, N, K int
	Size    string // of an operation that is not a product: N, or NxM and so on; no Trans, M, N, K
	Quick   bool
}

// Shape returns MxNxK, or Size.
func (r Row) Shape() string {
	if r.Size != "" {
		return r.Size
	}
	return fmt.Sprintf("%dx%dx%d", r.M, r.N, r.K)
}

// Flops returns the floating-point operations of the case, two for each
// multiply-add.
func (r Row) Flops() float64 { return 2 * float64(r.M) * float64(r.N) * float64(r.K) }

// The words of a row.
var (
	Ops    = []string{"gemm", "packed", "plainloop"}
	DTypes = []string{"f32", "f64"}
	Trans  = []string{"nn", "nt", "tn", "tt"}
)

// MaxDim is the greatest dimension of a case, and MaxElements bounds each of its
// matrices, so that a mistyped shape is an error and not a machine out of memory.
const (
	MaxDim      = 1 << 24
	MaxElements = 1 << 26
)

// Parse reads MxNxK.
func Parse(s string) (m, n, k int, err error) {
	part := strings.Split(s, "x")
	if len(part) != 3 {
		return 0, 0, 0, fmt.Errorf("shape %.40q is not MxNxK, as in 128x1024x784", s)
	}
	var d [3]int
	for i, p := range part {
		v, err := strconv.Atoi(p)
		if err != nil || v < 1 || v > MaxDim || p[0] == '+' {
			return 0, 0, 0, fmt.Errorf("shape %.40q: each of MxNxK is a number from 1 to %d", s, MaxDim)
		}
		d[i] = v
	}
	m, n, k = d[0], d[1], d[2]
	if uint64(m)*uint64(n) > MaxElements || uint64(m)*uint64(k) > MaxElements || uint64(n)*uint64(k) > MaxElements {
		return 0, 0, 0, fmt.Errorf("shape %s: a matrix of it has more than %d elements", s, MaxElements)
	}
	return m, n, k, nil
}

// All returns the rows of all files, in the order of their names.
func All() []Row {
	var rows []Row
	names, err := fs.Glob(files, "*.txt")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		r, err := parseFile(strings.TrimSuffix(name, ".txt"), string(text))
		if err != nil {
			panic(err) // the files are part of the program, and tested
		}
		rows = append(rows, r...)
	}
	return rows
}

func parseFile(set, text string) ([]Row, error) {
	var rows []Row
	for i, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		where := fmt.Sprintf("%s.txt:%d", set, i+1)
		if len(f) < 4 || len(f) > 5 || len(f) == 5 && f[4] != "quick" {
			return nil, fmt.Errorf("%s: want OP DTYPES TRANSPOSITIONS SHAPES [quick]", where)
		}
		for _, shape := range strings.Split(f[3], ",") {
			m, n, k, err := Parse(shape)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", where, err)
			}
			for _, dtype := range strings.Split(f[1], ",") {
				for _, trans := range strings.Split(f[2], ",") {
					r := Row{set, f[0], dtype, trans, m, n, k, "", len(f) == 5}
					if !has(Ops, r.Op) || !has(DTypes, dtype) || !has(Trans, trans) || !Allowed(r.Op, trans) {
						return nil, fmt.Errorf("%s: no case %s %s %s", where, r.Op, dtype, trans)
					}
					rows = append(rows, r)
				}
			}
		}
	}
	return rows, nil
}

// Allowed reports whether op has the transposition.
func Allowed(op, trans string) bool {
	switch op {
	case "packed":
		return trans == "nn" || trans == "nt"
	case "plainloop":
		return trans == "nn"
	}
	return true
}

func has(words []string, w string) bool {
	for _, x := range words {
		if x == w {
			return true
		}
	}
	return false
}
