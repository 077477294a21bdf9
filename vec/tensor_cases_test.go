package vec

import (
	"reflect"

	"github.com/lanes-go/lanes/tensor"
)

// of makes a want of an operation of tensor.
func of(op any, scalars ...any) func([]float64, [][]float64) {
	return func(dst []float64, in [][]float64) {
		args := []reflect.Value{reflect.ValueOf(tensor.From(dst, len(dst)))}
		for _, x := range in {
			args = append(args, reflect.ValueOf(tensor.From(x, len(x))))
		}
		for _, s := range scalars {
			args = append(args, reflect.ValueOf(s))
		}
		reflect.ValueOf(op).Call(args)
	}
}

func tensorCases() []mapCase {
	return []mapCase{
		{"ReLU", ReLU[float64], ReLUInPlace[float64], ReLUNew[float64], nil, of(tensor.ReLU[float64])},
		{"ReLUGrad", ReLUGrad[float64], nil, nil, nil, of(tensor.ReLUGrad[float64])},
		{"LeakyReLU", LeakyReLU[float64], LeakyReLUInPlace[float64], LeakyReLUNew[float64], []any{0.5}, of(tensor.LeakyReLU[float64], 0.5)},
		{"LeakyReLUGrad", LeakyReLUGrad[float64], nil, nil, []any{0.5}, of(tensor.LeakyReLUGrad[float64], 0.5)},
		{"ReLU6", ReLU6[float64], ReLU6InPlace[float64], ReLU6New[float64], nil, of(tensor.ReLU6[float64])},
		{"HardSigmoid", HardSigmoid[float64], HardSigmoidInPlace[float64], HardSigmoidNew[float64], nil, of(tensor.HardSigmoid[float64])},
		{"HardSigmoidGrad", HardSigmoidGrad[float64], nil, nil, nil, of(tensor.HardSigmoidGrad[float64])},
		{"BinaryStep", BinaryStep[float64], BinaryStepInPlace[float64], BinaryStepNew[float64], nil, of(tensor.BinaryStep[float64])},
		{"SigmoidGrad", SigmoidGrad[float64], nil, nil, nil, of(tensor.SigmoidGrad[float64])},
		{"TanhGrad", TanhGrad[float64], nil, nil, nil, of(tensor.TanhGrad[float64])},
		{"Softsign", Softsign[float64], SoftsignInPlace[float64], SoftsignNew[float64], nil, of(tensor.Softsign[float64])},
		{"SoftsignGrad", SoftsignGrad[float64], nil, nil, nil, of(tensor.SoftsignGrad[float64])},
		{"ELU", ELU[float64], ELUInPlace[float64], ELUNew[float64], []any{0.5}, of(tensor.ELU[float64], 0.5)},
		{"SELU", SELU[float64], SELUInPlace[float64], SELUNew[float64], nil, of(tensor.SELU[float64])},
		{"SELUGrad", SELUGrad[float64], nil, nil, nil, of(tensor.SELUGrad[float64])},
		{"CELU", CELU[float64], CELUInPlace[float64], CELUNew[float64], []any{0.5}, of(tensor.CELU[float64], 0.5)},
		{"CELUGrad", CELUGrad[float64], nil, nil, []any{0.5}, of(tensor.CELUGrad[float64], 0.5)},
		{"Softplus", Softplus[float64], SoftplusInPlace[float64], SoftplusNew[float64], nil, of(tensor.Softplus[float64])},
		{"SoftplusGrad", SoftplusGrad[float64], nil, nil, nil, of(tensor.SoftplusGrad[float64])},
		{"SiLU", SiLU[float64], SiLUInPlace[float64], SiLUNew[float64], nil, of(tensor.SiLU[float64])},
		{"SiLUGrad", SiLUGrad[float64], nil, nil, nil, of(tensor.SiLUGrad[float64])},
		{"Mish", Mish[float64], MishInPlace[float64], MishNew[float64], nil, of(tensor.Mish[float64])},
		{"MishGrad", MishGrad[float64], nil, nil, nil, of(tensor.MishGrad[float64])},
		{"GELU", GELU[float64], GELUInPlace[float64], GELUNew[float64], nil, of(tensor.GELU[float64])},
		{"GELUGrad", GELUGrad[float64], nil, nil, nil, of(tensor.GELUGrad[float64])},
		{"GELUTanh", GELUTanh[float64], GELUTanhInPlace[float64], GELUTanhNew[float64], nil, of(tensor.GELUTanh[float64])},
		{"GELUTanhGrad", GELUTanhGrad[float64], nil, nil, nil, of(tensor.GELUTanhGrad[float64])},
		{"ReLU6Grad", ReLU6Grad[float64], nil, nil, nil, of(tensor.ReLU6Grad[float64])},
		{"HardTanh", HardTanh[float64], HardTanhInPlace[float64], HardTanhNew[float64], []any{-0.5, 0.75}, of(tensor.HardTanh[float64], -0.5, 0.75)},
		{"HardTanhGrad", HardTanhGrad[float64], nil, nil, []any{-0.5, 0.75}, of(tensor.HardTanhGrad[float64], -0.5, 0.75)},
		{"ELUGrad", ELUGrad[float64], nil, nil, []any{0.5}, of(tensor.ELUGrad[float64], 0.5)},
		{"Exp", Exp[float64], ExpInPlace[float64], ExpNew[float64], nil, of(tensor.Exp[float64])},
		{"Expm1", Expm1[float64], Expm1InPlace[float64], Expm1New[float64], nil, of(tensor.Expm1[float64])},
		{"Log", Log[float64], LogInPlace[float64], LogNew[float64], nil, of(tensor.Log[float64])},
		{"Log1p", Log1p[float64], Log1pInPlace[float64], Log1pNew[float64], nil, of(tensor.Log1p[float64])},
		{"Tanh", Tanh[float64], TanhInPlace[float64], TanhNew[float64], nil, of(tensor.Tanh[float64])},
		{"Sigmoid", Sigmoid[float64], SigmoidInPlace[float64], SigmoidNew[float64], nil, of(tensor.Sigmoid[float64])},
		{"Erf", Erf[float64], ErfInPlace[float64], ErfNew[float64], nil, of(tensor.Erf[float64])},
		{"Rsqrt", Rsqrt[float64], RsqrtInPlace[float64], RsqrtNew[float64], nil, of(tensor.Rsqrt[float64])},
		{"Sin", Sin[float64], SinInPlace[float64], SinNew[float64], nil, of(tensor.Sin[float64])},
		{"Cos", Cos[float64], CosInPlace[float64], CosNew[float64], nil, of(tensor.Cos[float64])},
		{"Pow", Pow[float64], PowInPlace[float64], PowNew[float64], nil, of(tensor.Pow[float64])},
	}
}
