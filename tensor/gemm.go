package tensor

import "github.com/lanes-go/lanes/asm"

// Gemm computes C = alpha*op(A)*op(B) + beta*C on row-major slices.
func Gemm[T Float](tA, tB bool, m, n, k int, alpha T, a []T, lda int, b []T, ldb int, beta T, c []T, ldc int) {
	ars, acs, brs, bcs := lda, 1, ldb, 1
	if tA {
		ars, acs = 1, lda
	}
	if tB {
		brs, bcs = 1, ldb
	}
	kb := asm.KBlockLen(k)
	for i := 0; i < m; i++ {
		for j := 0; j < n; j++ {
			var sum, super T
			for p0 := 0; p0 < k; p0 += kb {
				if p0 > 0 && (p0/kb)%asm.SuperBlock == 0 {
					sum, super = sum+super, 0 // see the contract
				}
				var s T
				for p := p0; p < min(p0+kb, k); p++ {
					s = asm.FMA(a[i*ars+p*acs], b[p*brs+j*bcs], s)
				}
				super += s
			}
			sum += super
			x := &c[i*ldc+j]
			switch {
			case beta == 0:
				*x = alpha * sum
			default:
				*x = asm.FMA(alpha, sum, T(beta**x))
			}
		}
	}
}
