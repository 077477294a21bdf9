package vec

import (
	"math"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

func TestMaxout(t *testing.T) {
	nan := math.NaN()
	a, b, c := []float64{1, 5, -2, nan}, []float64{3, 5, -4, 1}, []float64{2, 0, -1, 2}
	y := make([]float64, 4)
	Maxout(y, a, b, c)
	if !slices.Equal(y[:3], []float64{3, 5, -1}) || y[3] == y[3] {
		t.Errorf("Maxout: %v", y)
	}
	dy := []float64{10, 20, 30, 40}
	dx := [][]float64{make([]float64, 4), make([]float64, 4), make([]float64, 4)}
	MaxoutGrad(dx, dy, y, a, b, c)
	for j, want := range [][]float64{{0, 20, 0, 40}, {10, 0, 0, 0}, {0, 0, 30, 0}} {
		if !slices.Equal(dx[j], want) {
			t.Errorf("gradient of piece %d: %v, want %v", j, dx[j], want)
		}
	}
	if n := steady.Allocs(5, func() {
		Maxout(y, a, b, c)
		MaxoutGrad(dx, dy, y, a, b, c)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPReLUSlope(t *testing.T) {
	x, dy := []float64{1, -2, -3, 4}, []float64{1, 10, 100, 1000}
	if got := PReLUSlopeGrad(dy, x); got != -320 {
		t.Errorf("%v, want -320", got)
	}
	if got := PReLUNew(x, 0.5); !slices.Equal(got, []float64{1, -1, -1.5, 4}) {
		t.Errorf("PReLU: %v", got)
	}
	PReLUGrad(dy, dy, x, 0.5)
	if !slices.Equal(dy, []float64{1, 5, 50, 1000}) {
		t.Errorf("PReLUGrad: %v", dy)
	}
	wantError(t, "PReLUSlopeGrad", func() { PReLUSlopeGrad(dy, x[1:]) })
}
