package main

import (
	"math"
	"testing"

	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/tensor"
)

// The bits of a few operations: constants of the repository, on every machine,
// with every table, for any number of threads.
var golden = map[string]string{
	"gemm f32 nn 17x33x65":        "0ab27745832df57f",
	"gemm f32 nt 17x33x65":        "ec6a3443ec2a014d",
	"gemm f32 tn 17x33x65":        "d8a97a3be2858046",
	"gemm f32 tt 17x33x65":        "fe234faa703aaee4",
	"packed f32 nn 17x33x65":      "6cb0cf17c2e1e935",
	"packed f32 nt 17x33x65":      "051c88c8795e5ae4",
	"plainloop f32 nn 17x33x65":   "c49b800e21370e47",
	"gemm f32 nn 3x5x700":         "a4beb65991bb227f",
	"gemm f32 nt 3x5x700":         "0f9d3822ac6fc813",
	"gemm f32 tn 3x5x700":         "796b617e80d6abcb",
	"gemm f32 tt 3x5x700":         "9068a2d50eaeb636",
	"packed f32 nn 3x5x700":       "4b8cfb4f9d6ee55b",
	"packed f32 nt 3x5x700":       "f53c01eae7991ead",
	"plainloop f32 nn 3x5x700":    "f05c86148e4c0487",
	"gemm f32 nn 1x100x1300":      "ea4b3aeda471f023",
	"gemm f32 nt 1x100x1300":      "e3353a11640a2ceb",
	"gemm f32 tn 1x100x1300":      "ea4b3aeda471f023",
	"gemm f32 tt 1x100x1300":      "e3353a11640a2ceb",
	"packed f32 nn 1x100x1300":    "aabe2994abe96dd4",
	"packed f32 nt 1x100x1300":    "0c17b122cd8ae770",
	"plainloop f32 nn 1x100x1300": "124c8fd3579a36eb",
	"gemm f64 nn 17x33x65":        "7942983176c633d5",
	"gemm f64 nt 17x33x65":        "f90a35a51a280c7f",
	"gemm f64 tn 17x33x65":        "582b4de0a224a784",
	"gemm f64 tt 17x33x65":        "d850a855964e1de1",
	"packed f64 nn 17x33x65":      "6710d7ac2632f4c2",
	"packed f64 nt 17x33x65":      "06da19df790b17c7",
	"plainloop f64 nn 17x33x65":   "8b944fbba39a9802",
	"gemm f64 nn 3x5x700":         "ef453d5a1a5b9256",
	"gemm f64 nt 3x5x700":         "6bfbcc5e1fbfc94e",
	"gemm f64 tn 3x5x700":         "99fe2b5a1d5f8d31",
	"gemm f64 tt 3x5x700":         "085658120630d9b0",
	"packed f64 nn 3x5x700":       "d8d726332a399a23",
	"packed f64 nt 3x5x700":       "1e55e11248944999",
	"plainloop f64 nn 3x5x700":    "f20f8e2e1d05d920",
	"gemm f64 nn 1x100x1300":      "aa75619d67c0243a",
	"gemm f64 nt 1x100x1300":      "ebad17aa9f02e767",
	"gemm f64 tn 1x100x1300":      "aa75619d67c0243a",
	"gemm f64 tt 1x100x1300":      "ebad17aa9f02e767",
	"packed f64 nn 1x100x1300":    "b93894a9a2745dd5",
	"packed f64 nt 1x100x1300":    "773430948ce93120",
	"plainloop f64 nn 1x100x1300": "dac2a078e6ed126e",
}

func TestGolden(t *testing.T) {
	for _, r := range goldenRows() {
		name := r.Op + " " + r.DType + " " + r.Trans + " " + r.Shape()
		var got string
		if r.DType == "f32" {
			got = bitsOf[float32](r)
		} else {
			got = bitsOf[float64](r)
		}
		if want := golden[name]; got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
}

func goldenRows() (rows []shapes.Row) {
	for _, d := range shapes.DTypes {
		for _, s := range [][3]int{{17, 33, 65}, {3, 5, 700}, {1, 100, 1300}} {
			for _, op := range shapes.Ops {
				for _, tr := range shapes.Trans {
					if shapes.Allowed(op, tr) {
						rows = append(rows, shapes.Row{Op: op, DType: d, Trans: tr, M: s[0], N: s[1], K: s[2]})
					}
				}
			}
		}
	}
	return rows
}

func bitsOf[T tensor.Float](r shapes.Row) string {
	// A larger arena: the operands do not depend on what else is measured.
	run, c := newArena[T]([]shapes.Row{r, {M: 40, N: 90, K: 80}}).operation(r)
	run(2)
	return hash(c)
}

func TestFill(t *testing.T) {
	x := make([]float32, 1000)
	fill(x, 1)
	y := make([]float64, 1000)
	fill(y, 1)
	mean := 0.0
	for i := range x {
		if x[i] < -1 || x[i] >= 1 || y[i] < -1 || y[i] >= 1 {
			t.Fatalf("element %d: %v, %v", i, x[i], y[i])
		}
		if math.Abs(float64(x[i])-y[i]) > 0x1p-22 {
			t.Fatalf("element %d: float32 %v, float64 %v", i, x[i], y[i])
		}
		mean += y[i] / 1000
	}
	if math.Abs(mean) > 0.1 {
		t.Errorf("mean %v", mean)
	}
	other := make([]float32, 1000)
	fill(other, 2)
	if hash(other) == hash(x) {
		t.Error("two streams are one")
	}
	part := make([]float32, 10)
	fill(part, 1)
	if hash(part) != hash(x[:10]) {
		t.Error("a shorter operand is not the beginning of a longer one")
	}
}

func TestHash(t *testing.T) {
	if got := hash([]float32{}); got != "e3b0c44298fc1c14" { // SHA-256 of nothing
		t.Errorf("%s", got)
	}
	a := []float64{0, 1, math.NaN()}
	b := []float64{0, 1, math.Float64frombits(0xfff8000000000123)}
	if hash(a) != hash(b) {
		t.Error("NaNs are not one class")
	}
	if hash(a) == hash([]float64{math.Copysign(0, -1), 1, math.NaN()}) {
		t.Error("-0 is +0")
	}
}

// The plain loop is a product.
func TestPlainLoop(t *testing.T) {
	r := shapes.Row{Op: "plainloop", DType: "f64", Trans: "nn", M: 7, N: 9, K: 11}
	x := newArena[float64]([]shapes.Row{r})
	run, c := x.operation(r)
	run(2)
	for i := range 7 {
		for j := range 9 {
			s := 0.0
			for p := range 11 {
				s += float64(x.a[i*11+p] * x.b[p*9+j])
			}
			if c[i*9+j] != s {
				t.Fatalf("C[%d][%d] = %v, want %v", i, j, c[i*9+j], s)
			}
		}
	}
}
