package tensor

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// normError normalizes every group of places of x in float64, from a mean found in two
// passes, and returns the greatest difference of y from that in units of 2^-24, relative
// where |y| is above 1. With rms there is no mean.
func normError(x, y *Tensor[float32], groups [][]int, eps float64, rms bool) (most float64) {
	for _, places := range groups {
		var mean, rest, m2 float64
		if !rms {
			for _, i := range places {
				mean += float64(x.data[i])
			}
			mean /= float64(len(places))
			for _, i := range places {
				rest += float64(x.data[i]) - mean
			}
			mean += rest / float64(len(places))
		}
		for _, i := range places {
			d := float64(x.data[i]) - mean
			m2 += d * d
		}
		rstd := 1 / math.Sqrt(m2/float64(len(places))+eps)
		for _, i := range places {
			want := (float64(x.data[i]) - mean) * rstd
			most = max(most, math.Abs(float64(y.data[i])-want)/max(1, math.Abs(want))*(1<<24))
		}
	}
	return most
}

// runsOf are runs of n of count places.
func runsOf(count, n int) (groups [][]int) {
	for i := range count {
		if i%n == 0 {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], i)
	}
	return groups
}

// TestNormAccuracy: a mean that is huge beside a spread of 1 costs nothing up to 1e6, and
// little at 1e8, where neighbouring float32 are 8 apart, whatever a channel, a group or a
// row is like. What is stated with BatchNorm is measured here.
func TestNormAccuracy(t *testing.T) {
	const eps = 1e-5
	r := rand.New(rand.NewPCG(71, 0))
	for _, c := range []struct{ mean, bound float64 }{{0, 8}, {1e4, 8}, {-3e5, 8}, {1e6, 8}, {1e8, 2048}} {
		mean, worst := c.mean, 0.0
		if testing.Short() && mean != 1e6 {
			continue
		}
		check := func(what string, x, y *Tensor[float32], groups [][]int, rms bool) {
			t.Helper()
			e := normError(x, y, groups, eps, rms)
			worst = max(worst, e)
			if !(e <= c.bound) {
				t.Errorf("%s, mean %v: y is off by %.1f units of 2^-24, want at most %v", what, mean, e, c.bound)
			}
		}
		random := func(shape ...int) (x, y *Tensor[float32]) {
			x, y = New[float32](shape...), New[float32](shape...)
			for i := range x.data {
				x.data[i] = float32(mean + r.NormFloat64())
			}
			return x, y
		}
		for _, shape := range [][]int{{700, 3}, {40, 3, 30, 20}, {40, 3, 7, 7}, {2, 3, 20000}} {
			for _, last := range []bool{false, true} {
				if testing.Short() && shape[len(shape)-1] == 20000 {
					continue
				}
				x, y := random(shape...)
				o := BatchNormOptions{Eps: eps, ChannelsLast: last}
				if last {
					x, y = random(shape[0], x.Len()/shape[0]/shape[1], shape[1])
				}
				BatchNorm(y, nil, nil, nil, nil, x, nil, nil, o)
				check(fmt.Sprintf("BatchNorm of %v, channels last %v", x.shape, last), x, y, channelsOf(x.shape, last), false)
			}
		}
		for _, n := range []int{8, 64, 768, 20000} {
			x, y := random(5, n)
			gamma := New[float32](n).Fill(1)
			LayerNorm(y, nil, nil, x, gamma, nil, eps)
			check(fmt.Sprintf("LayerNorm of %d", n), x, y, runsOf(x.Len(), n), false)
			RMSNorm(y, nil, x, gamma, eps)
			check(fmt.Sprintf("RMSNorm of %d", n), x, y, runsOf(x.Len(), n), true)
		}
		for _, s := range []int{9, 400} {
			x, y := random(3, 4, s)
			GroupNorm(y, nil, nil, x, nil, nil, 2, eps)
			check(fmt.Sprintf("GroupNorm of planes of %d", s), x, y, runsOf(x.Len(), 2*s), false)
			InstanceNorm(y, nil, nil, x, nil, nil, eps)
			check(fmt.Sprintf("InstanceNorm of planes of %d", s), x, y, runsOf(x.Len(), s), false)
		}
		t.Logf("mean %v: at most %.2f units of 2^-24", mean, worst)
	}
}
