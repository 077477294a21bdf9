package gonumblas

import (
	"testing"

	"gonum.org/v1/gonum/blas/testblas"
)

func TestGonumLevel2(t *testing.T) {
	both(t, func(t *testing.T, impl Float64) {
		for name, f := range map[string]func(t *testing.T){
			"Dgemv": func(t *testing.T) { testblas.DgemvTest(t, impl) },
			"Dger":  func(t *testing.T) { testblas.DgerTest(t, impl) },
			"Dsymv": func(t *testing.T) { testblas.DsymvTest(t, impl) },
			"Dtrmv": func(t *testing.T) { testblas.DtrmvTest(t, impl) },
			"Dtxmv": func(t *testing.T) { testblas.DtxmvTest(t, impl) },
			"Dsyr":  func(t *testing.T) { testblas.DsyrTest(t, impl) },
			"Dsyr2": func(t *testing.T) { testblas.Dsyr2Test(t, impl) },
			"Dtrsv": func(t *testing.T) { testblas.DtrsvTest(t, impl) },
		} {
			t.Run(name, f)
		}
	})
}
