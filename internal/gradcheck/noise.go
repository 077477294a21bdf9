package gradcheck

import (
	"maps"
	"math"
	"slices"
)

// rng is splitmix64: the same numbers on every platform and Go release.
type rng struct{ state uint64 }

func (r *rng) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float is in [0, 1).
func (r *rng) float() float64 { return float64(r.next()>>11) * 0x1p-53 }

func (r *rng) sign() float64 {
	if r.next()>>63 == 0 {
		return -1
	}
	return 1
}

// size is in ±[0.5, 1).
func (r *rng) size() float64 { return r.sign() * (0.5 + float64(r.float()/2)) }

// sample returns m of 0..n-1 in increasing order, the first and the last among
// them; all if n <= m.
func (r *rng) sample(n, m int) []int {
	if n <= m {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	taken := map[int]bool{}
	for j := n - m + 1; j < n-1; j++ { // Floyd: each set of the others equally likely
		i := 1 + int(r.next()%uint64(j))
		if taken[i] {
			i = j
		}
		taken[i] = true
	}
	taken[0] = true
	if m > 1 {
		taken[n-1] = true
	}
	return slices.Sorted(maps.Keys(taken))
}

// Noise is measured as in Moré and Wild, "Estimating computational noise" (2011):
// high differences of the values along a line are noise and nothing else once the
// steps are small against the function's bends. Then the differences of several
// orders tell the same level; where they do not, it is the function they show.
//
// One step size is not enough: a function whose result is what remains of large
// terms does not move at all over the smallest steps.
const (
	noisePoints = 9
	noiseFirst  = 3 // orders of differences
	noiseLast   = 6
)

// noiseSteps are multiples of eps, times |x|.
var noiseSteps = []float64{0x1p6, 0x1p16, 0x1p26, 0x1p34}

// noiseSteps32 are those of float32.
var noiseSteps32 = []float64{0x1p4, 0x1p10}

// measureNoise sets c.noise: at least one rounding of the value, and at least
// what differences along random lines show. Kinks look like noise in them, so both
// sides of x must show it: a kink near x lies on one. Waves shorter than a step do
// too: what is large is believed only if no other step shows less.
func (c *checker) measureNoise() {
	c.noise = c.eps * math.Abs(c.f0)
	steps := noiseSteps
	if c.o.Single {
		steps = noiseSteps32
	}
	top, least := math.Abs(c.f0), math.Inf(1)
	for _, step := range steps {
		u := make([][]float64, len(c.keep))
		for k, x := range c.keep {
			u[k] = make([]float64, len(x))
			for i := range x {
				u[k][i] = c.rng.size() * max(math.Abs(x[i]), 0x1p-20)
			}
		}
		both := math.Inf(1)
		for _, side := range []float64{1, -1} {
			var f [noisePoints]float64
			for p := range f {
				t := side * float64(p) * step * c.eps
				for k, x := range c.keep {
					for i := range x {
						c.p.Vars[k].X[i] = c.round(x[i] + float64(t*u[k][i]))
					}
				}
				f[p] = c.loss()
				top = max(top, math.Abs(f[p]))
			}
			both = min(both, noiseOf(f[:]))
		}
		for k, x := range c.keep {
			copy(c.p.Vars[k].X, x)
		}
		if both > 0 {
			least = min(least, both)
		}
		if both <= float64(0x1p-20*top) {
			c.noise = max(c.noise, 6*both)
		}
	}
	if finite(least) {
		c.noise = max(c.noise, 6*least)
	}
}

// noiseOf is the standard deviation of the noise in equally spaced values, 0 if
// they show none. It overwrites f.
func noiseOf(f []float64) float64 {
	gain := 1.0 // variance of a value from that of its k-th differences: (k!)^2/(2k)!
	low, high := math.Inf(1), 0.0
	for k := 1; k <= noiseLast; k++ {
		for p := range len(f) - 1 {
			f[p] = f[p+1] - f[p]
		}
		f = f[:len(f)-1]
		gain *= float64(k) / float64(4*k-2)
		if k < noiseFirst {
			continue
		}
		top := maxAbs(f)
		if top == 0 || !finite(top) {
			return 0
		}
		var sum float64
		for _, v := range f {
			sum += float64(v / top * (v / top))
		}
		sigma := top * math.Sqrt(gain*sum/float64(len(f)))
		low, high = min(low, sigma), max(high, sigma)
	}
	if high > 4*low {
		return 0
	}
	return high
}
