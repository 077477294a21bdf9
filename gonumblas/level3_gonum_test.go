package gonumblas

import (
	"testing"

	"gonum.org/v1/gonum/blas/testblas"
)

// TestGonumsLevel3 runs gonum's own tests of level 3.
func TestGonumsLevel3(t *testing.T) {
	for name, f := range map[string]Float64{"same": {SameBits: true}, "fast": {}} {
		t.Run(name, func(t *testing.T) {
			t.Run("Dgemm", func(t *testing.T) { testblas.TestDgemm(t, f) })
			t.Run("Dsymm", func(t *testing.T) { testblas.DsymmTest(t, f) })
			t.Run("Dsyrk", func(t *testing.T) { testblas.DsyrkTest(t, f) })
			t.Run("Dsyr2k", func(t *testing.T) { testblas.Dsyr2kTest(t, f) })
			t.Run("Dtrmm", func(t *testing.T) { testblas.DtrmmTest(t, f) })
			t.Run("Dtrsm", func(t *testing.T) { testblas.DtrsmTest(t, f) })
		})
	}
}
