package tensor

import "fmt"

// GemmError is the panic value of a Gemm whose operands do not fit.
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
	return fmt.Sprintf("tensor.%s: %s: op(A) %s m %d k %d (len %d, lda %d), op(B) %s k %d n %d (len %d, ldb %d), C m %d n %d (len %d, ldc %d)",
		e.Op, e.Reason, trans(e.TransA), e.M, e.K, e.LenA, e.LDA, trans(e.TransB), e.K, e.N, e.LenB, e.LDB, e.M, e.N, e.LenC, e.LDC)
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
	switch {
	case m < 0 || n < 0 || k < 0:
		e.Reason = "negative dimension"
	case uint(m) > maxDim || uint(n) > maxDim || uint(k) > maxDim:
		e.Reason = "dimension of 2^31 or more"
	case ra > 0 && ca > 0 && lda < ca || lda < 0:
		e.Reason = "lda shorter than a row of A"
	case rb > 0 && cb > 0 && ldb < cb || ldb < 0:
		e.Reason = "ldb shorter than a row of B"
	case m > 0 && n > 0 && ldc < n || ldc < 0:
		e.Reason = "ldc shorter than a row of C"
	case !fits(ra, ca, lda, len(a)):
		e.Reason = "A too short (or its size overflows int)"
	case !fits(rb, cb, ldb, len(b)):
		e.Reason = "B too short (or its size overflows int)"
	case !fits(m, n, ldc, len(c)):
		e.Reason = "C too short (or its size overflows int)"
	default:
		e.Reason = "C overlaps A or B"
	}
	return e
}
