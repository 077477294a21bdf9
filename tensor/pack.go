package tensor

import "github.com/lanes-go/lanes/asm"

// Packed is a right-hand side packed once and used many times: the weights of a
// layer in inference. It may be used from any number of goroutines at once.
type Packed[T Float] struct {
	k, n int
	nr   int
	kb   int
	data []T // k-block by k-block, panels of nr columns, each kb rows of nr
}

// PackRHS packs op(B), k x n, for use as the right-hand side of products.
func PackRHS[T Float](tB bool, k, n int, b []T, ldb int) *Packed[T] {
	rows, cols := k, n
	if tB {
		rows, cols = n, k
	}
	why := dimsReason(k, n)
	if why == "" {
		why = fitReason("B", rows, cols, ldb, len(b))
	}
	if why != "" {
		panic(&GemmError{Op: "PackRHS", TransB: tB, N: n, K: k, LenB: len(b), LDB: ldb, Reason: why})
	}
	kernels := asm.Active[T]()
	p := &Packed[T]{k: k, n: n, nr: kernels.GemmNR, kb: max(1, asm.KBlockLen(k))}
	panels := (n + p.nr - 1) / p.nr
	p.data = make([]T, panels*p.nr*k)
	for p0 := 0; p0 < k; p0 += p.kb {
		kk := min(p.kb, k-p0)
		for q := range panels {
			w := min(p.nr, n-q*p.nr)
			dst := p.data[panels*p.nr*p0+q*p.nr*kk:][:p.nr*kk]
			if tB {
				kernels.PackT(dst, p.nr, b[q*p.nr*ldb+p0:], ldb, w, kk)
			} else {
				kernels.PackN(dst, p.nr, b[p0*ldb+q*p.nr:], ldb, w, kk)
			}
		}
	}
	return p
}

// Dims returns the rows k and columns n of the packed matrix.
func (p *Packed[T]) Dims() (k, n int) { return p.k, p.n }

// panels returns the panels of columns j0..j0+n (j0 a multiple of the panel
// width) of k-block p0..p1.
func (p *Packed[T]) panels(j0, n, p0, p1 int) []T {
	all := (p.n + p.nr - 1) / p.nr
	from := all*p.nr*p0 + j0/p.nr*p.nr*(p1-p0)
	return p.data[from : from+(n+p.nr-1)/p.nr*p.nr*(p1-p0)]
}
