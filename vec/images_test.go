package vec

import (
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/tensor"
)

// TestImages compares the functions of images with those of tensor.
func TestImages(t *testing.T) {
	const n, c, hw, groups = 3, 4, 6, 2
	all := n * c * hw
	x, dy, gamma, beta := randomOf(all, 21), randomOf(all, 22), randomOf(c, 23), randomOf(c, 24)
	tx, tdy, tg, tb := tensor.From(x, n, c, hw), tensor.From(dy, n, c, hw), tensor.From(gamma, c), tensor.From(beta, c)
	vec := func(n int) []float64 { return make([]float64, n) }
	same := func(name string, got []float64, want *tensor.Tensor[float64]) {
		t.Helper()
		if !slices.Equal(got, want.Data()) {
			t.Errorf("%s: %v, want %v", name, got, want.Data())
		}
	}
	y, dx, dg, db := vec(all), vec(all), vec(c), vec(c)
	ty, tdx, tdg, tdb := tensor.New[float64](n, c, hw), tensor.New[float64](n, c, hw), tensor.New[float64](c), tensor.New[float64](c)

	for _, g := range []int{groups, c} {
		mean, rstd, tmean, trstd := vec(n*g), vec(n*g), tensor.New[float64](n, g), tensor.New[float64](n, g)
		tensor.GroupNorm(ty, tmean, trstd, tx, tg, tb, g, 1e-5)
		tensor.GroupNormGrad(tdx, tdg, tdb, tdy, tx, tg, tmean, trstd, g)
		if g == c {
			InstanceNorm(y, mean, rstd, x, gamma, beta, c, hw, 1e-5)
			InstanceNormGrad(dx, dg, db, dy, x, gamma, mean, rstd, c, hw)
		} else {
			GroupNorm(y, mean, rstd, x, gamma, beta, c, hw, g, 1e-5)
			GroupNormGrad(dx, dg, db, dy, x, gamma, mean, rstd, c, hw, g)
		}
		same("GroupNorm", y, ty)
		same("mean", mean, tmean)
		same("rstd", rstd, trstd)
		same("GroupNormGrad", dx, tdx)
		same("dgamma", dg, tdg)
		same("dbeta", db, tdb)
	}

	LRN(y, x, c, hw, LRNAlexNet())
	tensor.LRN(ty, tx, tensor.LRNAlexNet())
	same("LRN", y, ty)
	LRNGrad(dx, dy, x, c, hw, LRNAlexNet())
	tensor.LRNGrad(tdx, tdy, tx, tensor.LRNAlexNet())
	same("LRNGrad", dx, tdx)

	slope := tensor.From(gamma, c, 1)
	PReLUChannels(y, x, gamma, hw)
	tensor.PReLU(ty, tx, slope)
	same("PReLUChannels", y, ty)
	PReLUChannelsGrad(dx, dy, x, gamma, hw)
	tensor.PReLUGrad(tdx, tdy, tx, slope)
	same("PReLUChannelsGrad", dx, tdx)
	PReLUChannelsSlopeGrad(dg, dy, x, hw)
	tensor.PReLUSlopeGrad(tensor.From(tdg.Data(), c, 1), tdy, tx)
	same("PReLUChannelsSlopeGrad", dg, tdg)
	PReLUChannels(y, x, gamma, 1) // rows of channels
	tensor.PReLU(tensor.From(ty.Data(), n*hw, c), tensor.From(x, n*hw, c), tg)
	same("PReLUChannels of rows", y, ty)

	opts := BatchNormKeras()
	mean, rstd, rm, rv := vec(c), vec(c), vec(c), vec(c)
	tmean, trstd, trm, trv := tensor.New[float64](c), tensor.New[float64](c), tensor.New[float64](c), tensor.New[float64](c)
	BatchNormNCHW(y, mean, rstd, rm, rv, x, gamma, beta, hw, opts)
	tensor.BatchNorm(ty, tmean, trstd, trm, trv, tx, tg, tb, opts)
	same("BatchNormNCHW", y, ty)
	same("running mean", rm, trm)
	BatchNormGradNCHW(dx, dg, db, dy, x, nil, gamma, mean, rstd, hw, opts)
	tensor.BatchNormGrad(tdx, tdg, tdb, tdy, tx, nil, tg, tmean, trstd, opts)
	same("BatchNormGradNCHW", dx, tdx)
	same("dgamma", dg, tdg)
	SquareInPlace(rv)
	copy(trv.Data(), rv)
	BatchNormInferenceNCHW(y, x, gamma, beta, rm, rv, hw, opts)
	tensor.BatchNormInference(ty, tx, tg, tb, trm, trv, opts)
	same("BatchNormInferenceNCHW", y, ty)
	BatchNormInferenceGradNCHW(dx, dg, db, dy, x, nil, gamma, rm, rv, hw, opts)
	tensor.BatchNormInferenceGrad(tdx, tdg, tdb, tdy, tx, nil, tg, trm, trv, opts)
	same("BatchNormInferenceGradNCHW", dx, tdx)
	BatchNormInferenceGrad(dx, dg, db, dy, x, nil, gamma, rm, rv, opts)
	rows := tensor.From(tdx.Data(), n*hw, c)
	tensor.BatchNormInferenceGrad(rows, tdg, tdb, tensor.From(dy, n*hw, c), tensor.From(x, n*hw, c), nil, tg, trm, trv, opts)
	same("BatchNormInferenceGrad", dx, rows)

	if a := steady.Allocs(5, func() {
		GroupNorm(y, nil, nil, x, gamma, beta, c, hw, groups, 1e-5)
		LRN(y, x, c, hw, LRNAlexNet())
		PReLUChannels(y, x, gamma, hw)
		BatchNormNCHW(y, mean, rstd, rm, rv, x, gamma, beta, hw, opts)
	}); a != 0 {
		t.Errorf("%v allocations", a)
	}
}
