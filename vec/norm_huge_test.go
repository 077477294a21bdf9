package vec

import (
	"math"
	"testing"
)

// TestNormTwoMeans: a mean of twice as many elements makes the backward passes accurate
// beside a huge mean; float64 tells how they should be.
func TestNormTwoMeans(t *testing.T) {
	const rows, n = 60, 6
	x, dy, x64, dy64 := make([]float32, rows*n), make([]float32, rows*n), make([]float64, rows*n), make([]float64, rows*n)
	Uniform(x, 1e6, 1e6+16, 1, 1)
	Uniform(dy, -1, 1, 1, 2)
	for i := range x {
		x64[i], dy64[i] = float64(x[i]), float64(dy[i])
	}
	ones, ones64 := make([]float32, n), make([]float64, n)
	Fill(ones, 1)
	Fill(ones64, 1)
	near := func(what string, got []float32, want []float64) {
		t.Helper()
		for i, v := range got {
			if math.Abs(float64(v)-want[i]) > 1e-5 {
				t.Fatalf("%s: element %d is %v, want %v", what, i, v, want[i])
			}
		}
	}
	y, y64, dx, dx64 := make([]float32, rows*n), make([]float64, rows*n), make([]float32, rows*n), make([]float64, rows*n)
	m, s, m64, s64 := make([]float32, 2*n), make([]float32, n), make([]float64, n), make([]float64, n)
	BatchNorm(y, m, s, nil, nil, x, nil, nil, BatchNormPyTorch())
	BatchNorm(y64, m64, s64, nil, nil, x64, nil, nil, BatchNormPyTorch())
	BatchNormGrad(dx, nil, nil, dy, x, nil, nil, m, s, BatchNormPyTorch())
	BatchNormGrad(dx64, nil, nil, dy64, x64, nil, nil, m64, s64, BatchNormPyTorch())
	near("batch norm", dx, dx64)
	m, s, m64, s64 = make([]float32, 2*rows), make([]float32, rows), make([]float64, rows), make([]float64, rows)
	LayerNorm(y, m, s, x, ones, nil, 1e-5)
	LayerNorm(y64, m64, s64, x64, ones64, nil, 1e-5)
	LayerNormGrad(dx, nil, nil, dy, x, ones, m, s)
	LayerNormGrad(dx64, nil, nil, dy64, x64, ones64, m64, s64)
	near("layer norm", dx, dx64)
	GroupNorm(y, m, s, x, nil, nil, n, 1, 1, 1e-5)
	GroupNorm(y64, m64, s64, x64, nil, nil, n, 1, 1, 1e-5)
	GroupNormGrad(dx, nil, nil, dy, x, nil, m, s, n, 1, 1)
	GroupNormGrad(dx64, nil, nil, dy64, x64, nil, m64, s64, n, 1, 1)
	near("group norm", dx, dx64)
}
