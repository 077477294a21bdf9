package vec

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

func TestDistance(t *testing.T) {
	x, y := []float64{3, 0, -4, 1}, []float64{0, 0, 0, 1}
	for m, want := range map[Metric]float64{DotProduct: 1, Cosine: 1 / math.Sqrt(26), SquaredL2: 25, L2: 5, L1: 7, Hamming: 2} {
		if got := Distance(x, y, m); got != want {
			t.Errorf("metric %d: %v, want %v", m, got, want)
		}
		dst := make([]float64, 2)
		Compare(dst, append(slices.Clone(y), x...), x, m)
		if dst[0] != want {
			t.Errorf("Compare, metric %d: %v, want %v", m, dst, want)
		}
	}
	wantError(t, "Distance", func() { Distance(x, y[:3], L2) })
	wantError(t, "Compare", func() { Compare(make([]float64, 2), x, x, L2) })
	wantError(t, "Nearest", func() { Nearest(nil, x, y[:3], 1, L2) })
	wantError(t, "TopK", func() { TopK(nil, x, -1) })
}

func TestNearest(t *testing.T) {
	const rows, n = 300, 17
	r := rand.New(rand.NewPCG(51, 52))
	a, q := make([]float32, rows*n), make([]float32, n)
	for i := range a {
		a[i] = float32(r.IntN(5) - 2)
	}
	for i := range q {
		q[i] = float32(r.IntN(5) - 2)
	}
	a[7*n] = float32(math.NaN())
	scores := make([]float32, rows)
	for _, m := range []Metric{DotProduct, L2, L1, Hamming} {
		Compare(scores, a, q, m)
		var want []Match[float32]
		for i, s := range scores {
			if s == s {
				want = append(want, Match[float32]{i, s})
			}
		}
		slices.SortStableFunc(want, func(a, b Match[float32]) int {
			if m.Similarity() {
				return cmp.Compare(b.Score, a.Score)
			}
			return cmp.Compare(a.Score, b.Score)
		})
		for _, k := range []int{0, 1, 2, 10, rows, rows + 5} {
			got := Nearest(nil, a, q, k, m)
			if !slices.Equal(got, want[:min(k, len(want))]) {
				t.Fatalf("metric %d, k %d: %v, want %v", m, k, got, want[:min(k, len(want))])
			}
		}
	}
	dst := make([]Match[float32], 0, 10)
	if n := steady.Allocs(10, func() { dst = Nearest(dst, a, q, 10, Cosine) }); n != 0 {
		t.Errorf("Nearest allocates %v times", n)
	}
	if n := steady.Allocs(10, func() { Distance(a[:n], q, L1) }); n != 0 {
		t.Errorf("Distance allocates %v times", n)
	}
}

func TestTopK(t *testing.T) {
	nan := math.NaN()
	got := TopK(nil, []float64{1, nan, 5, 5, -1, math.Inf(1), 2}, 4)
	if want := []Match[float64]{{5, math.Inf(1)}, {2, 5}, {3, 5}, {6, 2}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
