package main

import "github.com/lanes-go/lanes/tensor"

// normList are the normalizations: of columns or planes, and of rows.
func normList[T tensor.Float]() []elementOp[T] {
	type O = operands[T]
	relu := func(o *O) tensor.BatchNormOptions {
		n := tensor.BatchNormPyTorch()
		n.ReLU = len(o.dims) == 4
		return n
	}
	channels := func(o *O, n int) (v []*tensor.Tensor[T]) {
		for range n {
			v = append(v, o.small(o.dims[1]))
		}
		return v
	}
	return []elementOp[T]{
		// Of four dimensions with ReLU, as in a residual network.
		whole("batchnorm", 1, 1, batchSizes, func(o *O) func() {
			v, n := channels(o, 6), relu(o)
			o.s = v[0].Data()
			return func() { tensor.BatchNorm(o.D, v[0], v[1], v[2], v[3], o.X, v[4], v[5], n) }
		}),
		whole("batchnorminference", 1, 1, batchSizes, func(o *O) func() {
			v, n := channels(o, 4), tensor.BatchNormPyTorch()
			return func() { tensor.BatchNormInference(o.D, o.X, v[0], v[1], v[2], v[3], n) }
		}),
		whole("batchnormgrad", 2, 1, batchSizes, func(o *O) func() {
			v, n := channels(o, 5), tensor.BatchNormPyTorch()
			o.s = v[0].Data()
			return func() { tensor.BatchNormGrad(o.D, v[0], v[1], o.Y, o.X, nil, v[2], v[3], v[4], n) }
		}),
		whole("batchnormlast", 1, 1, []string{"32x56x56x64"}, func(o *O) func() {
			n := tensor.BatchNormPyTorch()
			n.ChannelsLast, n.ReLU = true, true
			var v []*tensor.Tensor[T]
			for range 6 {
				v = append(v, o.small(o.dims[3]))
			}
			o.s = v[0].Data()
			return func() { tensor.BatchNorm(o.D, v[0], v[1], v[2], v[3], o.X, v[4], v[5], n) }
		}),
		whole("groupnorm", 1, 1, imageSizes, func(o *O) func() {
			v := channels(o, 2)
			groups := max(1, o.dims[1]/8)
			mean, rstd := o.small(o.dims[0], groups), o.small(o.dims[0], groups)
			return func() { tensor.GroupNorm(o.D, mean, rstd, o.X, v[0], v[1], groups, 1e-5) }
		}),
		whole("groupnormgrad", 2, 1, imageSizes, func(o *O) func() {
			v := channels(o, 3)
			groups := max(1, o.dims[1]/8)
			mean, rstd := o.small(o.dims[0], groups), o.small(o.dims[0], groups)
			o.s = v[0].Data()
			return func() { tensor.GroupNormGrad(o.D, v[0], v[1], o.Y, o.X, v[2], mean, rstd, groups) }
		}),
		whole("instancenorm", 1, 1, imageSizes, func(o *O) func() {
			v, mean, rstd := channels(o, 2), o.small(o.dims[0], o.dims[1]), o.small(o.dims[0], o.dims[1])
			return func() { tensor.InstanceNorm(o.D, mean, rstd, o.X, v[0], v[1], 1e-5) }
		}),
		whole("instancenormgrad", 2, 1, imageSizes, func(o *O) func() {
			v, mean, rstd := channels(o, 3), o.small(o.dims[0], o.dims[1]), o.small(o.dims[0], o.dims[1])
			o.s = v[0].Data()
			return func() { tensor.InstanceNormGrad(o.D, v[0], v[1], o.Y, o.X, v[2], mean, rstd) }
		}),
		whole("lrn", 1, 1, imageSizes, func(o *O) func() { return func() { tensor.LRN(o.D, o.X, tensor.LRNAlexNet()) } }),
		whole("lrngrad", 2, 1, imageSizes, func(o *O) func() { return func() { tensor.LRNGrad(o.D, o.Y, o.X, tensor.LRNAlexNet()) } }),
		whole("layernorm", 1, 1, layerSizes, func(o *O) func() {
			g, b, mean, rstd := o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[0]), o.small(o.dims[0])
			return func() { tensor.LayerNorm(o.D, mean, rstd, o.X, g, b, 1e-5) }
		}),
		whole("layernormgrad", 2, 1, layerSizes, func(o *O) func() {
			g, dg, db, mean, rstd := o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[0]), o.small(o.dims[0])
			o.s = dg.Data()
			return func() { tensor.LayerNormGrad(o.D, dg, db, o.Y, o.X, g, mean, rstd) }
		}),
		whole("rmsnorm", 1, 1, layerSizes, func(o *O) func() {
			g, rstd := o.small(o.dims[1]), o.small(o.dims[0])
			return func() { tensor.RMSNorm(o.D, rstd, o.X, g, 1e-5) }
		}),
		whole("rmsnormgrad", 2, 1, layerSizes, func(o *O) func() {
			g, dg, rstd := o.small(o.dims[1]), o.small(o.dims[1]), o.small(o.dims[0])
			o.s = dg.Data()
			return func() { tensor.RMSNormGrad(o.D, dg, o.Y, o.X, g, rstd) }
		}),
	}
}
