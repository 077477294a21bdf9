package tensor

import "fmt"

// GemmError is the panic value of a Gemm, GemmPacked or PackRHS whose operands do
// not fit. Of an operand that the operation does not have, the fields are 0.
type GemmError struct {
	Op             string
	TransA, TransB bool
	M, N, K        int
	LenA, LDA      int
	LenB, LDB      int
	LenC, LDC      int
	Reason         string
}

func (e *GemmError) Error() string {
	trans := func(t bool) string {
		if t {
			return "T"
		}
		return "N"
	}
	s := fmt.Sprintf("tensor.%s: %s:", e.Op, e.Reason)
	if e.Op != "PackRHS" {
		s += fmt.Sprintf(" op(A) %s m %d k %d (len %d, lda %d),", trans(e.TransA), e.M, e.K, e.LenA, e.LDA)
	}
	if e.Op == "GemmPacked" {
		s += fmt.Sprintf(" packed B k %d n %d,", e.K, e.N)
	} else {
		s += fmt.Sprintf(" op(B) %s k %d n %d (len %d, ldb %d),", trans(e.TransB), e.K, e.N, e.LenB, e.LDB)
	}
	if e.Op != "PackRHS" {
		s += fmt.Sprintf(" C m %d n %d (len %d, ldc %d),", e.M, e.N, e.LenC, e.LDC)
	}
	return s[:len(s)-1]
}

// dimsReason says what is wrong with dimensions, or "".
func dimsReason(dims ...int) string {
	for _, d := range dims {
		switch {
		case d < 0:
			return "negative dimension"
		case uint(d) > maxDim:
			return "dimension of 2^31 or more"
		}
	}
	return ""
}

// fitReason says what is wrong with a stored matrix of rows of cols elements, ld
// apart, in n elements, or "".
func fitReason(name string, rows, cols, ld, n int) string {
	switch {
	case fits(rows, cols, ld, n):
		return ""
	case ld > maxDim:
		return fmt.Sprintf("ld of %s of 2^31 or more", name)
	case ld < 0 || ld < cols:
		return fmt.Sprintf("ld of %s shorter than a row", name)
	}
	return name + " too short (or its size overflows int)"
}

func gemmError[T Float](tA, tB bool, m, n, k int, a []T, lda int, b []T, ldb int, c []T, ldc int) error {
	e := &GemmError{Op: "Gemm", TransA: tA, TransB: tB, M: m, N: n, K: k,
		LenA: len(a), LDA: lda, LenB: len(b), LDB: ldb, LenC: len(c), LDC: ldc}
	ra, ca, rb, cb := m, k, k, n
	if tA {
		ra, ca = k, m
	}
	if tB {
		rb, cb = n, k
	}
	for _, why := range []string{
		dimsReason(m, n, k), fitReason("A", ra, ca, lda, len(a)), fitReason("B", rb, cb, ldb, len(b)), fitReason("C", m, n, ldc, len(c)), "C overlaps A or B",
	} {
		if why != "" {
			e.Reason = why
			break
		}
	}
	return e
}
