package tensor

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
)

// Activation is what an epilogue applies to a finished element.
type Activation int

// The activations that an epilogue knows.
const (
	ActNone Activation = iota
	ActReLU            // x < 0 ? 0 : x; NaN and -0 pass
)

// Epilogue is what happens to an element of a product while it is in a register:
//
//	act(fma(sum + Bias[j], Scale[j], Shift[j]))
//
// that is what a bias, an inference batch norm and an activation make of it.
type Epilogue[T Float] struct {
	Bias         []T // one for each column, or nil
	Scale, Shift []T // as Bias, both or neither
	Act          Activation
}

// reason says what is wrong with the epilogue of rows of n elements, or "".
func (e *Epilogue[T]) reason(n int) string {
	switch {
	case e.Bias != nil && len(e.Bias) < n:
		return fmt.Sprintf("the bias has %d elements, fewer than a row", len(e.Bias))
	case (e.Scale == nil) != (e.Shift == nil):
		return "a scale without a shift, or a shift without a scale"
	case e.Scale != nil && min(len(e.Scale), len(e.Shift)) < n:
		return fmt.Sprintf("scale and shift have %d and %d elements, one fewer than a row", len(e.Scale), len(e.Shift))
	case e.Act != ActNone && e.Act != ActReLU:
		return "unknown activation"
	}
	return ""
}

// flags are those of asm.GemmArgs.Out.
func (e *Epilogue[T]) flags(n int) int {
	out := 0
	if e.Bias != nil {
		out = asm.OutBias
	}
	if e.Scale != nil {
		out |= asm.OutAffine | n<<asm.OutDistance
	}
	if e.Act == ActReLU {
		out |= asm.OutReLU
	}
	return out
}

// vectors returns what the flags need in one slice, in buf where it must be put together.
func (e *Epilogue[T]) vectors(n int, buf *[]T) []T {
	if e.Scale == nil {
		return e.Bias
	}
	v := grow(buf, 3*n)
	if e.Bias != nil {
		copy(v[:n], e.Bias)
	}
	copy(v[n:2*n], e.Scale)
	copy(v[2*n:], e.Shift)
	return v
}

// runAfter computes the product, checked before, and what follows it.
func (p *product[T]) runAfter(e *Epilogue[T]) {
	if p.m == 0 || p.n == 0 {
		return
	}
	p.after = e.flags(p.n)
	var ws *workspace[T]
	if e.Scale == nil {
		p.bias = e.Bias
	} else {
		ws = getWorkspace[T]()
		p.bias = e.vectors(p.n, &ws.vectors)
	}
	tA, lda := p.aCol != 1, p.aRow
	if tA {
		lda = p.aCol
	}
	switch {
	case p.k == 0:
		for i := range p.m {
			clear(p.c[i*p.ldc : i*p.ldc+p.n])
		}
		s := strip[T]{product: *p, m: p.m, n: p.n}
		s.epilogue(p.c, p.ldc)
	case p.tB && p.k <= asm.KBlockMax && float64(p.m)*float64(p.n)*float64(p.k) <= smallWork:
		gemmSmallTransB(tA, p.m, p.n, p.k, 1, p.a, lda, p.b, p.bRow, 0, p.c, p.ldc, p.bias, p.after)
	default:
		p.run()
	}
	if ws != nil {
		putWorkspace(ws)
	}
}

// GemmPacked computes C = act(fma(op(A)·B + bias, scale, shift)) with B packed before;
// op(A) is m x k. It gives the bits of Gemm followed by the operations of the epilogue one
// after the other. It panics as Gemm does, and if a vector of the epilogue is shorter than
// a row of C or shares memory with C.
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
	if why == "" {
		why = e.reason(n)
	}
	switch {
	case why != "":
	case matricesOverlap(c, m, n, ldc, a, ra, ca, lda):
		why = "C overlaps A"
	case e.meets(n, func(v []T) bool { return matricesOverlap(c, m, n, ldc, v, 1, n, ldc) }):
		why = "C overlaps a vector of the epilogue"
	}
	if why != "" {
		panic(&GemmError{Op: "GemmPacked", TransA: tA, M: m, N: n, K: k, LenA: len(a), LDA: lda, LenC: len(c), LDC: ldc, Reason: why})
	}
	p := product[T]{
		kernels: asm.ActiveProducts[T](),
		m:       m, n: n, k: k,
		a: a, aRow: lda, aCol: 1,
		packed: b,
		c:      c, ldc: ldc,
		alpha: 1,
	}
	if tA {
		p.aRow, p.aCol = 1, lda
	}
	p.runAfter(&e)
}

// meets reports whether shared says so of a vector of the epilogue.
func (e *Epilogue[T]) meets(n int, shared func(v []T) bool) bool {
	for _, v := range [...][]T{e.Bias, e.Scale, e.Shift} {
		if v != nil && n > 0 && shared(v) {
			return true
		}
	}
	return false
}

// MatMulPacked computes dst = act(fma(a·b + bias, scale, shift)) with b packed before by
// PackRHS: a is m x k or one-dimensional. The bits are those of MatMul and the operations
// of the epilogue one after the other. It panics as MatMul does, and if a vector of the
// epilogue is shorter than a row or shares memory with dst.
func MatMulPacked[T Float](dst, a *Tensor[T], b *Packed[T], e Epilogue[T]) {
	const op = "MatMulPacked"
	if len(a.shape) < 1 || len(a.shape) > 2 || len(dst.shape) != len(a.shape) {
		panic(shapeError(op, "a and dst must have one or two axes, the same number", dst.shape, a.shape, []int{b.k, b.n}))
	}
	x, y := asMatrix(a, true), asMatrix(dst, true)
	why := e.reason(b.n)
	switch {
	case x.cols != b.k:
		why = "the inner dimensions differ"
	case y.rows != x.rows || y.cols != b.n:
		why = "dst has another shape than the product"
	case why != "":
	case x.meets(&y):
		why = "dst shares memory with a"
	case e.meets(b.n, func(v []T) bool { return rangesMeet(y.data, v) }):
		why = "dst shares memory with a vector of the epilogue"
	}
	if why != "" {
		panic(shapeError(op, why, dst.shape, a.shape, []int{b.k, b.n}))
	}
	if x.plain() && y.rowMajor() {
		gemmPacked(&y, &x, b, e)
		return
	}
	ws := getWorkspace[T]()
	x.pack(&ws.a)
	if y.rowMajor() {
		gemmPacked(&y, &x, b, e)
	} else {
		c := matrix[T]{grow(&ws.sum, y.rows*y.cols), y.rows, y.cols, y.cols, 1}
		gemmPacked(&c, &x, b, e)
		y.copyFrom(&c)
	}
	putWorkspace(ws)
}

func gemmPacked[T Float](c, x *matrix[T], b *Packed[T], e Epilogue[T]) {
	tA, lda := x.form()
	_, ldc := c.form()
	GemmPacked(tA, x.rows, x.data, lda, b, e, c.data, ldc)
}

// Linear computes y = act(x·wᵀ + bias), a fully connected layer: x is n x in, w out x in,
// y n x out, bias has out elements or is nil. The bits are those of MatMulTransB, AddRow and
// the activation one after the other; the additions take no pass of their own. It panics with
// a *ShapeError as MatMulTransB does, and if the bias has another length or shares memory
// with y.
func Linear[T Float](y, x, w, bias *Tensor[T], act Activation) {
	const op = "Linear"
	fail := func(why string) {
		shapes := [][]int{y.shape, x.shape, w.shape}
		if bias != nil {
			shapes = append(shapes, bias.shape)
		}
		panic(shapeError(op, why, shapes...))
	}
	if len(y.shape) != 2 || len(x.shape) != 2 || len(w.shape) != 2 {
		fail("y, x and w must have two axes")
	}
	a, b, c, ok := operands(y, x, w, false, true)
	if !ok {
		panic(matMulError(op, y, x, w, false, true))
	}
	e := Epilogue[T]{Act: act}
	if bias != nil {
		if len(bias.shape) != 1 || bias.shape[0] != c.cols {
			fail("the bias must have an element for each row of w")
		}
		if rangesMeet(y.data, bias.data) {
			fail("y shares memory with the bias")
		}
		e.Bias = bias.data
	}
	if act != ActNone && act != ActReLU {
		fail("unknown activation")
	}
	if a.plain() && b.plain() && c.rowMajor() && (bias == nil || bias.IsContiguous()) {
		linear(&c, &a, &b, &e)
		return
	}
	ws := getWorkspace[T]()
	if bias != nil && !bias.IsContiguous() {
		e.Bias = grow(&ws.vectors, c.cols)
		for j := range e.Bias {
			e.Bias[j] = bias.data[j*bias.stride[0]]
		}
	}
	a.pack(&ws.a)
	b.pack(&ws.b)
	if c.rowMajor() {
		linear(&c, &a, &b, &e)
	} else {
		t := matrix[T]{grow(&ws.sum, c.rows*c.cols), c.rows, c.cols, c.cols, 1}
		linear(&t, &a, &b, &e)
		c.copyFrom(&t)
	}
	putWorkspace(ws)
}

// linear is Linear of matrices that a product takes where they lie; b is op(w).
func linear[T Float](c, a, b *matrix[T], e *Epilogue[T]) {
	tA, lda := a.form()
	tB, ldb := b.form()
	_, ldc := c.form()
	p := product[T]{
		kernels: asm.ActiveProducts[T](),
		m:       c.rows, n: c.cols, k: a.cols,
		a: a.data, aRow: lda, aCol: 1,
		b: b.data, bRow: ldb, tB: tB,
		c: c.data, ldc: ldc,
		alpha: 1,
	}
	if tA {
		p.aRow, p.aCol = 1, lda
	}
	p.runAfter(e)
}
