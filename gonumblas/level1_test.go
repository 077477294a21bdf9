package gonumblas

import (
	"testing"

	"gonum.org/v1/gonum/blas/testblas"
)

// both runs a test of gonum's with and without SameBits.
func both(t *testing.T, f func(t *testing.T, impl Float64)) {
	t.Run("SameBits", func(t *testing.T) { f(t, Float64{SameBits: true}) })
	t.Run("Fast", func(t *testing.T) { f(t, Float64{}) })
}

func TestGonumLevel1(t *testing.T) {
	both(t, func(t *testing.T, impl Float64) {
		for name, f := range map[string]func(t *testing.T){
			"Ddot":   func(t *testing.T) { testblas.DdotTest(t, impl) },
			"Dnrm2":  func(t *testing.T) { testblas.Dnrm2Test(t, impl) },
			"Dasum":  func(t *testing.T) { testblas.DasumTest(t, impl) },
			"Idamax": func(t *testing.T) { testblas.IdamaxTest(t, impl) },
			"Dswap":  func(t *testing.T) { testblas.DswapTest(t, impl) },
			"Dcopy":  func(t *testing.T) { testblas.DcopyTest(t, impl) },
			"Daxpy":  func(t *testing.T) { testblas.DaxpyTest(t, impl) },
			"Drot":   func(t *testing.T) { testblas.DrotTest(t, impl) },
			"Dscal":  func(t *testing.T) { testblas.DscalTest(t, impl) },
		} {
			t.Run(name, f)
		}
	})
}
