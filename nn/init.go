package nn

import (
	"fmt"
	"math"
)

// Init says how a parameter begins. It is a value: one says it for the layers that a
// builder makes from then on,
//
//	b := nn.New[float32](1)
//	b.WeightInit, b.BiasInit = nn.GlorotUniform().Gain(nn.GainTanh), nn.Constant(0.01)
//
// or for parameters that exist, with Initialize and InitializeAll. The zero value leaves it
// to the layer. Numbers are a function of seed, stream and shape alone: the same bits on
// every CPU.
//
// The fans of a weight are what Fans says: for the weights out x in of Linear, in and out.
type Init struct {
	kind initKind
	a, b float64 // value; mean and deviation; limits
	v    float64 // variance times fan, without the gain
	gain float64
	fan  fanKind
	n    int // inputs of a unit that is sparse

	truncated truncation
	groups    int
}

type (
	initKind   uint8
	fanKind    uint8
	truncation uint8
)

const (
	initDefault initKind = iota
	initConstant
	initNormal
	initUniform
	initSparse
	initOrthogonal
)

const (
	fanNone fanKind = iota // a and b are as they are
	fanIn
	fanOut
	fanMean // of both
)

const (
	truncateNot  truncation = iota
	truncate                // at 2 deviations
	truncateKeep            // with the deviation raised to what it was before
)

// Gains for nonlinearities, PyTorch's calculate_gain: what keeps the scale of a signal
// through a layer and the nonlinearity behind it.
const (
	GainLinear  = 1.0
	GainSigmoid = 1.0
	GainTanh    = 5.0 / 3
	GainReLU    = math.Sqrt2
	GainSELU    = 0.75
)

// GainLeakyReLU is the gain for a leaky rectifier: sqrt(2/(1+slope²)).
func GainLeakyReLU(slope float64) float64 { return math.Sqrt(2 / (1 + float64(slope*slope))) }

// Zeros begins with zeros: right for biases. Weights that begin so stay equal for all
// units of a layer.
func Zeros() Init { return Constant(0) }

// Constant begins with a value: 0.01 keeps the units of a ReLU alive at first. It panics
// unless that is finite.
func Constant(v float64) Init {
	if v-v != 0 {
		panic(misuse("Constant", fmt.Sprintf("the value is %v, want a finite one", v)))
	}
	return Init{kind: initConstant, a: v}
}

// Normal begins with normal numbers: Normal(0, 0.01) are the small random numbers of the
// lecture and of AlexNet. It panics unless mean and std are finite and std not negative.
func Normal(mean, std float64) Init {
	checkDeviation("Normal", mean, std)
	return Init{kind: initNormal, a: mean, b: std, gain: 1}
}

// TruncatedNormal begins with normal numbers, those drawn again that are more than 2 std
// from the mean. Their standard deviation is 0.8796 std; see Truncated. It panics as Normal
// does.
func TruncatedNormal(mean, std float64) Init {
	checkDeviation("TruncatedNormal", mean, std)
	return Init{kind: initNormal, a: mean, b: std, gain: 1, truncated: truncate}
}

// checkDeviation panics unless both are finite and std is not negative.
func checkDeviation(op string, mean, std float64) {
	if mean-mean != 0 || std-std != 0 || std < 0 {
		panic(misuse(op, fmt.Sprintf("mean %v, deviation %v: want finite ones, and the deviation at least 0", mean, std)))
	}
}

// Uniform begins with numbers uniform in [lo, hi), hi by rounding only. It panics unless
// both, and their distance, are finite and lo is not above hi.
func Uniform(lo, hi float64) Init {
	if span := hi - lo; !(lo <= hi) || span-span != 0 {
		panic(misuse("Uniform", fmt.Sprintf("from %v to %v: want a finite range", lo, hi)))
	}
	return Init{kind: initUniform, a: lo, b: hi, gain: 1}
}

// scaled are numbers of variance v/fan.
func scaled(kind initKind, v float64, fan fanKind) Init {
	return Init{kind: kind, v: v, fan: fan, gain: 1}
}

// Xavier begins with normal numbers of variance 1/n, n the fan in: the form of the
// lecture, and the same as LeCunNormal.
func Xavier() Init { return LeCunNormal() }

// GlorotNormal begins with normal numbers of variance gain²·2/(in+out), of both fans
// (Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
// networks, 2010): PyTorch's xavier_normal_.
func GlorotNormal() Init { return scaled(initNormal, 1, fanMean) }

// GlorotUniform is GlorotNormal with numbers uniform within ±gain·sqrt(6/(in+out)):
// PyTorch's xavier_uniform_, and the default of Keras.
func GlorotUniform() Init { return scaled(initUniform, 1, fanMean) }

// HeNormal begins with normal numbers of variance 2/n, n the fan in, or gain²/n (He,
// Zhang, Ren and Sun, Delving deep into rectifiers, 2015): PyTorch's kaiming_normal_, and
// the default here.
func HeNormal() Init { return scaled(initNormal, 2, fanIn) }

// HeUniform is HeNormal with numbers uniform within ±sqrt(6/n): kaiming_uniform_.
func HeUniform() Init { return scaled(initUniform, 2, fanIn) }

// LeCunNormal begins with normal numbers of variance 1/n, n the fan in (LeCun, Bottou, Orr
// and Müller, Efficient BackProp, 1998): for SELU, and Xavier's in the lecture's form.
func LeCunNormal() Init { return scaled(initNormal, 1, fanIn) }

// LeCunUniform is LeCunNormal with numbers uniform within ±sqrt(3/n): Caffe's "xavier".
func LeCunUniform() Init { return scaled(initUniform, 1, fanIn) }

// PyTorchDefault begins with numbers uniform within ±1/sqrt(n), n the fan in of the
// weight: weights and biases of PyTorch's Linear and Conv.
func PyTorchDefault() Init { return scaled(initUniform, 1.0/3, fanIn) }

// Sparse begins with zeros but for k inputs of every unit, drawn without putting back,
// which have normal numbers of deviation std (Martens, Deep learning via Hessian-free
// optimization, 2010, with k = 15 and std = 1). A unit with fewer inputs has all of them. It
// panics unless k is positive and std finite and not negative.
func Sparse(k int, std float64) Init {
	if k < 1 {
		panic(misuse("Sparse", fmt.Sprintf("%d inputs for a unit: want at least 1", k)))
	}
	checkDeviation("Sparse", 0, std)
	return Init{kind: initSparse, b: std, gain: 1, n: k}
}

// Orthogonal begins with a random orthogonal matrix times the gain, uniform among all (Saxe,
// McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep
// linear neural networks, 2014): as a matrix W with a row for each unit, W·Wᵀ = gain²·I, or
// Wᵀ·W if it has more rows than columns. The Q of a QR decomposition of normal numbers with
// the diagonal of R positive, as PyTorch's orthogonal_ has it, computed in float64.
func Orthogonal() Init { return Init{kind: initOrthogonal, gain: 1} }

// Gain returns the initialiser with a gain: a factor of the numbers, in place of sqrt(2)
// for HeNormal and HeUniform, in place of 1 for others. One that does not go by fans and is
// not orthogonal has none, and panics.
func (i Init) Gain(gain float64) Init {
	if i.fan == fanNone && i.kind != initOrthogonal || !(gain >= 0) || math.IsInf(gain, 0) {
		panic(misuse("Init.Gain", fmt.Sprintf("gain %v of %v: want one of at least 0, and an initialiser with a gain", gain, i)))
	}
	if i.v == 2 {
		i.v = 1
	}
	i.gain = gain
	return i
}

// FanOut returns the initialiser with the fan out in place of the fan in, which keeps the
// scale of gradients going back and not that of signals going forward: PyTorch's mode
// fan_out.
func (i Init) FanOut() Init {
	if i.fan != fanIn {
		panic(misuse("Init.FanOut", fmt.Sprintf("%v does not go by the fan in", i)))
	}
	i.fan = fanOut
	return i
}

// Truncated returns a normal initialiser with numbers that are more than 2 deviations from
// the mean drawn again, of a distribution as much wider that the deviation stays what it
// was: Keras's glorot_normal, he_normal and lecun_normal.
func (i Init) Truncated() Init {
	if i.kind != initNormal {
		panic(misuse("Init.Truncated", fmt.Sprintf("%v is not normal", i)))
	}
	i.truncated = truncateKeep
	return i
}

// Groups returns the initialiser for the weights of a convolution in groups: see Fans.
func (i Init) Groups(n int) Init {
	if n < 1 {
		panic(misuse("Init.Groups", fmt.Sprintf("%d groups", n)))
	}
	i.groups = n
	return i
}

// String is what the initialiser was made by.
func (i Init) String() string {
	s := ""
	switch {
	case i.kind == initDefault:
		return "default"
	case i.kind == initConstant:
		return fmt.Sprintf("Constant(%v)", i.a)
	case i.kind == initSparse:
		return fmt.Sprintf("Sparse(%d, %v)", i.n, i.b)
	case i.kind == initOrthogonal:
		s = "Orthogonal"
	case i.fan == fanNone && i.kind == initUniform:
		return fmt.Sprintf("Uniform(%v, %v)", i.a, i.b)
	case i.fan == fanNone:
		s = [...]string{"Normal", "TruncatedNormal", "Normal"}[i.truncated] + fmt.Sprintf("(%v, %v)", i.a, i.b)
	case i.kind == initUniform:
		s = fmt.Sprintf("uniform, variance %v/fan %s", i.v, [...]string{"", "in", "out", "mean"}[i.fan])
	default:
		s = fmt.Sprintf("normal, variance %v/fan %s", i.v, [...]string{"", "in", "out", "mean"}[i.fan])
	}
	if i.gain != 1 {
		s += fmt.Sprintf(", gain %v", i.gain)
	}
	if i.truncated == truncateKeep {
		s += ", truncated"
	}
	return s
}

// Fans returns the number of inputs of a unit and of units that an input goes to, of
// weights of a shape in which the units come first: out x in, or out x in/groups x the
// taps of a convolution. in is the product of all axes but the first, and out that of all but
// the second, divided by groups, which is 1 for all but convolutions in groups. (PyTorch
// does not divide.) It panics unless the shape has two axes or more.
func Fans(shape []int, groups int) (in, out int) {
	if len(shape) < 2 || groups < 1 || shape[0]%groups != 0 {
		panic(misuse("Fans", fmt.Sprintf("want weights with two axes or more, the first of them so many times %d groups", groups), shape))
	}
	taps := 1
	for _, d := range shape[2:] {
		taps *= d
	}
	return shape[1] * taps, shape[0] / groups * taps
}
