package asm

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestExtremes: the greatest and the least element and where they are, by definition.
func TestExtremes(t *testing.T) {
	t.Run("f32", testExtremes[float32])
	t.Run("f64", testExtremes[float64])
}

func testExtremes[T Float](t *testing.T) {
	inf, nan, neg := T(math.Inf(1)), T(math.NaN()), T(math.Copysign(0, -1))
	for _, k := range Tables[T]() {
		for _, c := range []struct {
			x            []T
			least        T
			atMin, atMax int
		}{
			{nil, inf, -1, -1}, {[]T{inf, inf}, inf, 0, 0}, {[]T{-inf}, -inf, 0, 0}, {[]T{3, 2, 5}, 2, 1, 2}, {[]T{neg}, 0, 0, 0},
			{[]T{neg, 0}, 0, 0, 0}, {[]T{0, neg}, 0, 0, 0}, {[]T{1, neg, 2, 2, 0}, 0, 1, 2}, {[]T{1, nan, -2, nan}, nan, 1, 1},
			{[]T{nan}, nan, 0, 0}, {[]T{-inf, nan}, nan, 1, 1}, {[]T{2, 1, 1, 2}, 1, 1, 0}, {[]T{-inf, inf, -inf, inf}, -inf, 0, 1},
		} {
			if got := k.Min(c.x); !sameBits(got, c.least) {
				t.Errorf("isa=%s Min(%v) = %v, want %v", k.ISA, c.x, got, c.least)
			}
			if got := k.ArgMin(c.x); got != c.atMin {
				t.Errorf("isa=%s ArgMin(%v) = %v, want %v", k.ISA, c.x, got, c.atMin)
			}
			if got := k.ArgMax(c.x); got != c.atMax {
				t.Errorf("isa=%s ArgMax(%v) = %v, want %v", k.ISA, c.x, got, c.atMax)
			}
		}
		// In every place of slices around the lanes and the blocks; equals follow.
		for _, n := range []int{1, 15, 16, 17, 64, 65, 200, 1023, 1025, 3000} {
			x := make([]T, n)
			for i := 0; i < n; i += 1 + n/70 {
				for j, v := range []T{1, nan, inf} {
					clear(x)
					x[i], x[n-1] = v, v
					if v == v {
						if got := k.Max(x); got != v {
							t.Fatalf("isa=%s n %d: Max %v, want %v", k.ISA, n, got, v)
						}
					} else if got := k.Max(x); got == got {
						t.Fatalf("isa=%s n %d: Max %v for a NaN at %d", k.ISA, n, got, i)
					}
					if got := k.ArgMax(x); got != i {
						t.Fatalf("isa=%s n %d: ArgMax %d, want %d, case %d", k.ISA, n, got, i, j)
					}
					x[i], x[n-1] = -v, -v
					if got := k.Min(x); got != -v && v == v {
						t.Fatalf("isa=%s n %d: Min %v, want %v", k.ISA, n, got, -v)
					}
					if got := k.ArgMin(x); got != i {
						t.Fatalf("isa=%s n %d: ArgMin %d, want %d, case %d", k.ISA, n, got, i, j)
					}
				}
			}
		}
	}
}

// TestColExtremes: the columns of a matrix, each by the definition of a slice.
func TestColExtremes(t *testing.T) {
	t.Run("f32", testColExtremes[float32])
	t.Run("f64", testColExtremes[float64])
}

func testColExtremes[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(31, 0))
	for _, k := range Tables[T]() {
		for _, rows := range []int{1, 2, 5, 64, 70} {
			for _, n := range []int{1, 10, 67} {
				ld := n + 3
				x := operands[T](r, rows*ld, n > 1)
				for i := range x {
					x[i] = T(math.Trunc(float64(x[i]) * 2)) // many equals
				}
				most, least := make([]T, n), make([]T, n)
				maxAt, minAt, at := make([]T, n), make([]T, n), make([]T, rows)
				for j := range n {
					most[j], least[j] = inf[T](-1), inf[T](1)
				}
				for i := range at {
					at[i] = T(i)
				}
				k.ColMax(most, x, ld, rows)
				k.ColMin(least, x, ld, rows)
				a, b := append([]T(nil), x[:n]...), append([]T(nil), x[:n]...)
				k.ColArgMax(a, maxAt, x, ld, at)
				k.ColArgMin(b, minAt, x, ld, at)
				for j := range n {
					var c []T
					for i := range rows {
						c = append(c, x[i*ld+j])
					}
					p, q := argMaxGeneric(c), argMinGeneric(c)
					if !sameBits(most[j], maxGeneric(c)) || !sameBits(least[j], minGeneric(c)) || int(maxAt[j]) != p || int(minAt[j]) != q ||
						!sameBits(a[j], c[p]) || !sameBits(b[j], c[q]) {
						t.Fatalf("isa=%s %d rows, column %d: max %v at %v (%v), min %v at %v (%v) of %v", k.ISA, rows, j, most[j], maxAt[j], a[j], least[j], minAt[j], b[j], c)
					}
				}
			}
		}
	}
}

// moments returns the exact mean and sum of squared distances from it, as float64.
func exactMoments[T Float](x []T) (mean, m2 float64) {
	for _, v := range x {
		mean += (float64(v) - float64(x[0])) / float64(len(x))
	}
	var c float64
	for _, v := range x {
		d := (float64(v) - float64(x[0])) - mean
		c += d
		m2 += d * d
	}
	return float64(x[0]) + mean, m2 - c*c/float64(len(x))
}

// TestMomentsFarFromZero: the variance of numbers far from 0 with a small spread is as
// good as that of numbers near it, in one chunk, in columns, and merged.
func TestMomentsFarFromZero(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testMomentsFarFromZero[float32](t, 1e-6, 1e3, 1e5, 1e6, 1e7) })
	t.Run("f64", func(t *testing.T) { testMomentsFarFromZero[float64](t, 1e-12, 1e3, 1e6, 1e8, 1e12) })
}

func testMomentsFarFromZero[T Float](t *testing.T, tolerance float64, means ...float64) {
	r := rand.New(rand.NewPCG(32, 0))
	for _, k := range Tables[T]() {
		for _, mean := range means {
			const rows, cols = 64, 64
			x := make([]T, 2*rows*cols)
			for i := range x {
				x[i] = T(mean + r.NormFloat64())
			}
			check := func(what string, x []T, mean, rest, m2 T) {
				t.Helper()
				wantMean, wantM2 := exactMoments(x)
				spread := math.Sqrt(wantM2 / float64(len(x)))
				if got := float64(mean) + float64(rest); math.Abs(got-wantMean) > 20*tolerance*spread {
					t.Errorf("isa=%s %s of %d near %g: mean %v + %v, want %v", k.ISA, what, len(x), wantMean, mean, rest, wantMean)
				}
				if math.Abs(float64(m2)-wantM2) > 20*tolerance*wantM2 {
					t.Errorf("isa=%s %s of %d near %g: m2 %v, want %v", k.ISA, what, len(x), wantMean, m2, wantM2)
				}
			}
			half := len(x) / 2
			a, b, c := k.Moments(x[:half])
			check("Moments", x[:half], a, b, c)
			d, e, f := k.Moments(x[half:])
			m, s, q := []T{d}, []T{e}, []T{f}
			k.MergeMoments(m, s, q, []T{a}, []T{b}, []T{c}, 0.5, T(half)/2)
			check("MergeMoments", x, m[0], s[0], q[0])
			m, s, q = make([]T, cols), make([]T, cols), make([]T, cols)
			k.ColMoments(m, s, q, x, cols, rows)
			for j := range cols {
				var c []T
				for i := range rows {
					c = append(c, x[i*cols+j])
				}
				check("ColMoments", c, m[j], s[j], q[j])
			}
			// Equal numbers have no variance worth the name, and their mean is theirs.
			for i := range x {
				x[i] = T(mean / 3)
			}
			if a, b, c := k.Moments(x[:1000]); a+b != x[0] || float64(c) > 1e3*tolerance*tolerance*mean*mean {
				t.Errorf("isa=%s: moments of 1000 times %v: %v + %v, %v", k.ISA, x[0], a, b, c)
			}
		}
	}
}
