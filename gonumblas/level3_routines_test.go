package gonumblas

import (
	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// level3 is level 3 of one implementation in one precision.
type level3[T tensor.Float] struct {
	gemm  func(tA, tB blas.Transpose, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	syrk  func(ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, beta T, c []T, ldc int)
	syr2k func(ul blas.Uplo, tA blas.Transpose, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	symm  func(s blas.Side, ul blas.Uplo, m, n int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int)
	trmm  func(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int)
	trsm  func(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha T, a []T, lda int, b []T, ldb int)
}

func level3Of32(b blas.Float32Level3) level3[float32] {
	return level3[float32]{b.Sgemm, b.Ssyrk, b.Ssyr2k, b.Ssymm, b.Strmm, b.Strsm}
}

func level3Of64(b blas.Float64Level3) level3[float64] {
	return level3[float64]{b.Dgemm, b.Dsyrk, b.Dsyr2k, b.Dsymm, b.Dtrmm, b.Dtrsm}
}

// level3Of returns the routines of lanes, or gonum's.
func level3Of[T tensor.Float](gonums, same bool) level3[T] {
	var r any
	if is32[T]() {
		f := Float32{SameBits: same}
		if r = level3Of32(f); gonums {
			r = level3Of32(f.Implementation)
		}
	} else {
		f := Float64{SameBits: same}
		if r = level3Of64(f); gonums {
			r = level3Of64(f.Implementation)
		}
	}
	return r.(level3[T])
}

var (
	sides  = []blas.Side{blas.Left, blas.Right}
	uplos  = []blas.Uplo{blas.Upper, blas.Lower}
	transs = []blas.Transpose{blas.NoTrans, blas.Trans}
	diags  = []blas.Diag{blas.NonUnit, blas.Unit}
)
