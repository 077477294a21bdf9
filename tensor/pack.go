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

// Activation is what an epilogue applies to a finished element.
type Activation int

// The activations that an epilogue knows.
const (
	ActNone Activation = iota
	ActReLU            // x < 0 ? 0 : x; NaN and -0 pass
)

// Epilogue is what happens to an element of a product while it is in a register:
// act(sum + Bias[j]).
type Epilogue[T Float] struct {
	Bias []T // one for each column, or nil
	Act  Activation
}

// GemmPacked computes C = act(op(A)·B + bias) with B packed before; op(A) is m x k.
// It gives the bits of Gemm followed by the additions and the activation. It
// panics as Gemm does, and if the bias is shorter than a row of C or shares memory
// with C.
func GemmPacked[T Float](tA bool, m int, a []T, lda int, b *Packed[T], e Epilogue[T], c []T, ldc int) {
	n, k := b.n, b.k
	ra, ca := m, k
	if tA {
		ra, ca = k, m
	}
	why := dimsReason(m)
	if why == "" {
		why = fitReason("A", ra, ca, lda, len(a))
	}
	if why == "" {
		why = fitReason("C", m, n, ldc, len(c))
	}
	switch {
	case why != "":
	case matricesOverlap(c, m, n, ldc, a, ra, ca, lda):
		why = "C overlaps A"
	case e.Bias != nil && len(e.Bias) < n:
		why = "bias shorter than a row of C"
	case e.Bias != nil && n > 0 && matricesOverlap(c, m, n, ldc, e.Bias, 1, n, ldc):
		why = "C overlaps the bias"
	case e.Act != ActNone && e.Act != ActReLU:
		why = "unknown activation"
	}
	if why != "" {
		panic(&GemmError{Op: "GemmPacked", TransA: tA, M: m, N: n, K: k, LenA: len(a), LDA: lda, LenC: len(c), LDC: ldc, Reason: why})
	}
	if m == 0 || n == 0 {
		return
	}
	p := product[T]{
		kernels: asm.ActiveProducts[T](),
		m:       m, n: n, k: k,
		a: a, aRow: lda, aCol: 1,
		packed: b,
		c:      c, ldc: ldc,
		alpha: 1,
		bias:  e.Bias,
	}
	if tA {
		p.aRow, p.aCol = 1, lda
	}
	if e.Act == ActReLU {
		p.act = asm.OutReLU
	}
	if k == 0 {
		for i := range m {
			clear(c[i*ldc : i*ldc+n])
		}
		s := strip[T]{product: p, m: m, n: n}
		s.epilogue(c, ldc)
		return
	}
	p.run()
}
