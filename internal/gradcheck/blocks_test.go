package gradcheck

import (
	"strings"
	"testing"
)

// mixed is Σ c·x² + x·(its neighbour), of n entries, whose gradient is factor times what it
// should be at one entry.
func mixed(seed uint64, n, at int, factor float64) Problem {
	r := rng{seed}
	x, c, g := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], c[i] = r.size(), r.size()
	}
	return Problem{
		Vars: []Var{{Name: "w", X: x, Grad: g}},
		Loss: func() float64 {
			s, last := 0.0, x[n-1]
			for i, v := range x {
				s += float64(c[i]*v*v) + float64(v*last)
				last = v
			}
			return s
		},
		Grad: func(float64) {
			for i, v := range x {
				g[i] = float64(2*c[i]*v) + x[(i+1)%n] + x[(i+n-1)%n]
			}
			g[at] *= factor
		},
	}
}

// TestBlocks: one wrong entry that no sample has is found and named, without more calls
// than blocks have; right gradients pass.
func TestBlocks(t *testing.T) {
	for _, c := range []struct {
		n, blocks int
		by        float64
		seeds     uint64
	}{{1200, 18, 1e-4, 40}, {20000, maxBlocks, 1e-3, 5}} {
		looked, missed := 0, 0
		for seed := uint64(1); seed <= some(c.seeds); seed++ {
			r := Check(mixed(seed, c.n, c.n/2, 1), Options{Seed: seed})
			if !r.OK() || r.Blocks != c.blocks || r.Evals > 5*64+100+8*c.blocks {
				t.Errorf("%d entries, seed %d: %d blocks, %d evaluations: %v", c.n, seed, r.Blocks, r.Evals, r)
			}
			p := mixed(seed, c.n, c.n/2, 1+c.by)
			p.Grad(1)
			g := p.Vars[0].Grad[c.n/2]
			r = Check(p, Options{Seed: seed})
			if -0.5 < g && g < 0.5 { // small against the slope of its block: it may pass
				continue
			}
			if looked++; r.OK() {
				missed++
			} else if r.Tensors[0].WrongLen != 1 || r.Tensors[0].Bad[0].Index != c.n/2 || strings.Contains(r.String(), "everywhere") {
				t.Errorf("%d entries, seed %d: %v", c.n, seed, r)
			}
		}
		if missed > 0 || looked == 0 && !testing.Short() {
			t.Errorf("%d entries, one off by %v: missed %d times of %d", c.n, c.by, missed, looked)
		}
	}
}
