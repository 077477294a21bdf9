package nn

import (
	"fmt"
	"math"

	"github.com/lanes-go/lanes/tensor"
)

// Initialize has a parameter begin again, with numbers from a stream of a seed. An
// initialiser that goes by fans, and Sparse and Orthogonal, need a parameter with two axes or
// more; other ones are misuse, as is the zero Init, and one whose numbers would not be finite
// in T.
func Initialize[T tensor.Float](p *Param[T], i Init, seed, stream uint64) {
	in, out := 1, 1
	if i.fan != fanNone {
		in, out = Fans(p.Value.Shape(), max(1, i.groups))
	}
	fill("Initialize", p.Value, i, in, out, seed, stream)
}

// InitializeAll has weights of a network begin again: all, or those of the layers named,
// see Freeze. Weights are parameters with two axes or more but for those that no penalty
// counts (Param.NoDecay); others, biases and scales, are left alone unless a parameter's own
// name is given. Each has a random stream of its own, the number of the parameter in the
// network. It returns how many began again.
func InitializeAll[T tensor.Float](net Module[T], i Init, seed uint64, names ...string) int {
	named := map[*Param[T]]bool{}
	for _, p := range underNames("InitializeAll", net, names) {
		named[p] = true
	}
	n := 0
	for stream, p := range net.Params() {
		own := false
		for _, name := range names {
			own = own || name == p.Name
		}
		if named[p] && (own || p.decays()) {
			Initialize(p, i, seed, uint64(stream))
			n++
		}
	}
	return n
}

// weight returns the weights of a new layer: with what the builder says, or standard.
func (b *Builder[T]) weight(op, name string, standard Init, shape ...int) *Param[T] {
	p, stream := b.param(name, shape...)
	i := standard
	if b.WeightInit.kind != initDefault {
		i = b.WeightInit
		i.groups = standard.groups
	}
	in, out := Fans(shape, max(1, i.groups))
	fill(op, p.Value, i, in, out, b.seed, stream)
	return p
}

// bias returns the biases of a new layer with weights of these fans: with what the builder
// says, or zeros.
func (b *Builder[T]) bias(op, name string, in, out int, shape ...int) *Param[T] {
	p, stream := b.param(name, shape...)
	if b.BiasInit.kind != initDefault {
		fill(op, p.Value, b.BiasInit, in, out, b.seed, stream)
	}
	return p
}

// keptBy2 is the standard deviation of a normal number within 2 deviations.
const keptBy2 = 0.87962566103423978

// fill fills v by i, for weights of these fans. It panics where v would have numbers that
// are not finite: what is finite in i may not be so in T.
func fill[T tensor.Float](op string, v *tensor.Tensor[T], i Init, in, out int, seed, stream uint64) {
	mean, std := i.a, i.b
	lo, hi := i.a, i.b
	if i.fan != fanNone {
		fan := float64(in)
		switch i.fan {
		case fanOut:
			fan = float64(out)
		case fanMean:
			fan = (float64(in) + float64(out)) / 2
		}
		mean, std = 0, float64(i.gain*math.Sqrt(i.v/fan))
		hi = float64(i.gain * math.Sqrt(float64(3*i.v)/fan))
		lo = -hi
	}
	most := T(math.Abs(mean) + float64(9*std)) // no normal number is further than 9 deviations from the mean
	switch i.kind {
	case initUniform:
		most = T(hi) - T(lo)
	case initOrthogonal:
		most = T(i.gain)
	}
	if v.Len() > 0 && most-most != 0 {
		panic(misuse(op, fmt.Sprintf("%v has numbers beyond the range of %T", i, most), v.Shape()))
	}
	switch i.kind {
	case initConstant:
		v.Fill(T(mean))
	case initNormal:
		if i.truncated == truncateNot {
			tensor.Normal(v, T(mean), T(std), seed, stream)
			return
		}
		if i.truncated == truncateKeep {
			std /= keptBy2
		}
		truncatedNormal(v, seed, stream)
		tensor.Affine(v, v, T(std), T(mean))
	case initUniform:
		tensor.Uniform(v, T(lo), T(hi), seed, stream)
	case initSparse, initOrthogonal:
		if v.Rank() < 2 {
			panic(misuse(op, fmt.Sprintf("%v needs a parameter with two axes or more", i), v.Shape()))
		}
		if i.kind == initSparse {
			sparse(v, i.n, std, seed, stream)
		} else {
			orthogonal(v, i.gain, seed, stream)
		}
	default:
		panic(misuse(op, "the zero Init has no numbers", v.Shape()))
	}
}

// truncatedNormal draws standard normal numbers, and again those beyond ±2, in their order,
// from what follows in the stream.
func truncatedNormal[T tensor.Float](v *tensor.Tensor[T], seed, stream uint64) {
	tensor.Normal(v, 0, 1, seed, stream)
	x := v.Data()
	beyond := func(x T) bool { return !(x >= -2 && x <= 2) }
	var again []int
	for i, z := range x {
		if beyond(z) {
			again = append(again, i)
		}
	}
	var drawn tensor.Tensor[T]
	for from := uint64(len(x)); len(again) > 0; {
		tensor.NormalAt(drawn.Resize(len(again)), 0, 1, seed, stream, from)
		from += uint64(len(again))
		left := again[:0]
		for j, i := range again {
			if x[i] = drawn.Data()[j]; beyond(x[i]) {
				left = append(left, i)
			}
		}
		again = left
	}
}

// choices is where in a stream the choices of sparse begin: beyond all numbers.
const choices = 1 << 40

// sparse has k inputs of every row normal and the rest zero. The inputs are the first k of a
// shuffle (Fisher and Yates), by float64 numbers for both types.
func sparse[T tensor.Float](v *tensor.Tensor[T], k int, std float64, seed, stream uint64) {
	rows := v.Dim(0)
	if v.Len() == 0 {
		return
	}
	n := v.Len() / rows
	k = min(k, n)
	z, u := tensor.New[T](rows*k), tensor.New[float64](rows*k)
	tensor.Normal(z, 0, T(std), seed, stream)
	tensor.UniformAt(u, 0, 1, seed, stream, choices)
	v.Fill(0)
	order := make([]int, n)
	for r := range rows {
		for i := range order {
			order[i] = i
		}
		for i := range k {
			at := r*k + i
			j := min(n-1, i+int(float64(u.Data()[at]*float64(n-i)))) // a product may round up to n-i
			order[i], order[j] = order[j], order[i]
			v.Data()[r*n+order[i]] = z.Data()[at]
		}
	}
}

// orthogonal fills v, as a matrix with a row for each unit, with gain times orthonormal
// rows, or columns where there are fewer of those: Gram and Schmidt's method on normal
// numbers, each vector twice against all before it together, after which they are orthogonal
// to rounding (Giraud, Langou, Rozložník and van den Eshof, 2005). What a vector is divided
// by, the diagonal of R, is positive.
func orthogonal[T tensor.Float](v *tensor.Tensor[T], gain float64, seed, stream uint64) {
	if v.Len() == 0 {
		return
	}
	rows := v.Dim(0)
	cols := v.Len() / rows
	n, long := min(rows, cols), max(rows, cols)
	q := tensor.New[float64](n, long)
	tensor.Normal(q, 0, 1, seed, stream)
	var c, along tensor.Tensor[float64]
	var before, row tensor.Tensor[float64]
	from := uint64(n * long)
	for i := range n {
		row.Over(q.Data()[i*long:(i+1)*long], 1, long)
		before.Over(q.Data()[:i*long], i, long)
		for {
			for pass := 0; pass < 2 && i > 0; pass++ {
				tensor.MatMulTransB(c.Resize(1, i), &row, &before)
				tensor.MatMul(along.Resize(1, long), &c, &before)
				tensor.Sub(&row, &row, &along)
			}
			if norm := math.Sqrt(tensor.SumSq(&row)); norm > 1e-8 {
				tensor.Scale(&row, 1/norm, &row)
				break
			}
			// Numbers that lie in the span of those before, which hardly happens.
			tensor.NormalAt(&row, 0, 1, seed, stream, from)
			from += uint64(long)
		}
	}
	for i := range n {
		for j := range long {
			x := T(float64(gain * q.Data()[i*long+j]))
			if rows <= cols {
				v.Data()[i*cols+j] = x
			} else {
				v.Data()[j*cols+i] = x
			}
		}
	}
}
