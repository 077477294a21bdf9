package gonumblas

import (
	"fmt"
	"testing"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// BenchmarkLevel3 has every routine in every form, square operands; rectangles as
// LAPACK has them are below.
func BenchmarkLevel3(b *testing.B) {
	b.Run("prec=f64", benchLevel3[float64])
	b.Run("prec=f32", benchLevel3[float32])
}

func benchLevel3[T tensor.Float](b *testing.B) {
	for _, op := range level3Cases[T]() {
		for _, n := range []int{4, 8, 16, 32, 64, 100, 200, 256, 1024} {
			runLevel3(b, op, n, n, n)
		}
	}
}

// BenchmarkTall has triangles of 32 and 64 with long sides, as block factorisations.
func BenchmarkTall(b *testing.B) {
	b.Run("prec=f64", benchTall[float64])
	b.Run("prec=f32", benchTall[float32])
}

func benchTall[T tensor.Float](b *testing.B) {
	for _, op := range level3Cases[T]() {
		for _, order := range []int{32, 64} {
			for _, long := range []int{8, 200, 1000} {
				if op.name[0] == 't' {
					if op.right {
						runLevel3(b, op, long, order, 0)
					} else {
						runLevel3(b, op, order, long, 0)
					}
				} else if op.name != "gemm" {
					runLevel3(b, op, order, order, long)
				}
			}
		}
	}
}

// BenchmarkLevel3Small has the shapes around which the rules of level3_rules.go lie.
func BenchmarkLevel3Small(b *testing.B) {
	b.Run("prec=f64", benchSmall[float64])
	b.Run("prec=f32", benchSmall[float32])
}

func benchSmall[T tensor.Float](b *testing.B) {
	for _, op := range level3Cases[T]() {
		for _, n := range []int{1, 2, 3, 4, 5, 6, 8, 10, 12, 16} {
			runLevel3(b, op, n, n, n)
		}
		for _, n := range []int{1, 2, 4, 8} {
			for _, long := range []int{16, 64, 100} {
				runLevel3(b, op, n, long, n)
				runLevel3(b, op, long, n, n)
				runLevel3(b, op, n, n, long)
				if op.name[:3] == "syr" {
					runLevel3(b, op, long, long, n)
				}
			}
		}
	}
}

// level3Case is one form of a routine.
type level3Case[T tensor.Float] struct {
	name, form string
	right      bool
	flops      func(m, n, k int) int
	call       func(l level3[T], m, n, k int, a, b, c []T)
}

func level3Cases[T tensor.Float]() []level3Case[T] {
	var all []level3Case[T]
	const alpha, beta = 1, 1
	for _, tA := range transs {
		for _, tB := range transs {
			all = append(all, level3Case[T]{"gemm", fmt.Sprintf("%c%c", tA, tB), false,
				func(m, n, k int) int { return 2 * m * n * k },
				func(l level3[T], m, n, k int, a, b, c []T) {
					lda, ldb := k, n
					if tA != blas.NoTrans {
						lda = m
					}
					if tB != blas.NoTrans {
						ldb = k
					}
					l.gemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, 0, c, n)
				}})
		}
	}
	for _, ul := range uplos {
		for _, tA := range transs {
			ld := func(n, k int) int {
				if tA == blas.NoTrans {
					return k
				}
				return n
			}
			all = append(all, level3Case[T]{"syrk", fmt.Sprintf("%c%c", ul, tA), false,
				func(m, n, k int) int { return n * n * k },
				func(l level3[T], m, n, k int, a, b, c []T) {
					l.syrk(ul, tA, n, k, alpha, a, ld(n, k), beta, c, n)
				}}, level3Case[T]{"syr2k", fmt.Sprintf("%c%c", ul, tA), false,
				func(m, n, k int) int { return 2 * n * n * k },
				func(l level3[T], m, n, k int, a, b, c []T) {
					l.syr2k(ul, tA, n, k, alpha, a, ld(n, k), b, ld(n, k), beta, c, n)
				}})
		}
	}
	for _, s := range sides {
		for _, ul := range uplos {
			all = append(all, level3Case[T]{"symm", fmt.Sprintf("%c%c", s, ul), s == blas.Right,
				func(m, n, k int) int {
					if s == blas.Left {
						return 2 * m * m * n
					}
					return 2 * m * n * n
				},
				func(l level3[T], m, n, k int, a, b, c []T) {
					order := n
					if s == blas.Left {
						order = m
					}
					l.symm(s, ul, m, n, alpha, a, order, b, n, beta, c, n)
				}})
			for _, tA := range transs {
				for _, d := range diags {
					order := func(m, n int) int {
						if s == blas.Left {
							return m
						}
						return n
					}
					flops := func(m, n, k int) int { return m * n * order(m, n) }
					all = append(all, level3Case[T]{"trsm", fmt.Sprintf("%c%c%c%c", s, ul, tA, d), s == blas.Right, flops,
						func(l level3[T], m, n, k int, a, b, c []T) {
							l.trsm(s, ul, tA, d, m, n, alpha, a, order(m, n), c, n)
						}}, level3Case[T]{"trmm", fmt.Sprintf("%c%c%c%c", s, ul, tA, d), s == blas.Right, flops,
						func(l level3[T], m, n, k int, a, b, c []T) {
							l.trmm(s, ul, tA, d, m, n, alpha, a, order(m, n), c, n)
						}})
				}
			}
		}
	}
	return all
}

func runLevel3[T tensor.Float](b *testing.B, op level3Case[T], m, n, k int) {
	r := newRandom[T](3)
	most := max(m, n, k)
	x, y, z := r.values(most*most), r.values(most*most), r.values(most*most)
	order := n
	if op.name[0] == 't' {
		if !op.right {
			order = m
		}
		for i := range order * order { // so near 1 that B keeps its size for ever
			x[i] *= 1e-7
			if i%(order+1) == 0 {
				x[i] = 1
			}
		}
	}
	for _, gonums := range []bool{true, false} {
		if gonums && op.flops(m, n, k) > 20e6 {
			continue // takes seconds
		}
		impl := "lanes"
		if gonums {
			impl = "gonum"
		}
		l := level3Of[T](gonums, false)
		b.Run(fmt.Sprintf("op=%s/form=%s/m=%d/n=%d/k=%d/impl=%s", op.name, op.form, m, n, k, impl), func(b *testing.B) {
			for b.Loop() {
				op.call(l, m, n, k, x, y, z)
			}
			b.ReportMetric(float64(op.flops(m, n, k))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
