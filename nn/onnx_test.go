package nn_test

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// onnxCase is a line of testdata/onnx/nodes.json: see gen/onnxnodes.
type onnxCase struct {
	Name  string
	Nodes []struct {
		Op         string
		In, Out    []string
		Attributes map[string]any
	}
	Values  map[string]onnxTensor
	In, Out string
	X, Y    onnxTensor
}

type onnxTensor struct {
	Shape []int
	Data  string // base64 of float32, little-endian
}

func (t onnxTensor) values() []float32 {
	raw, err := base64.StdEncoding.DecodeString(t.Data)
	if err != nil {
		panic(err)
	}
	v := make([]float32, len(raw)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v
}

func onnxInto[T tensor.Float](dst *tensor.Tensor[T], t onnxTensor) *tensor.Tensor[T] {
	v := t.values()
	if len(v) != dst.Len() {
		panic(fmt.Sprintf("%d values for a tensor of shape %v", len(v), dst.Shape()))
	}
	for i, v := range v {
		dst.Data()[i] = T(v)
	}
	return dst
}

// number is an attribute of the first node.
func (c *onnxCase) number(name string) float64 { return c.Nodes[0].Attributes[name].(float64) }

// ops are the operations of the case, in their order: "Transpose MatMul".
func (c *onnxCase) ops() string {
	var ops []string
	for _, n := range c.Nodes {
		ops = append(ops, n.Op)
	}
	return strings.Join(ops, " ")
}

// onnxWaiting are the operations that have no layer yet, each with the methods of Builder
// that would be one: as soon as there is such a method the test asks for the cases.
var onnxWaiting = map[string][]string{
	"Conv":        {"Conv1d", "Conv2d"},
	"AveragePool": {"AvgPool2d"},
	"MaxPool":     {"MaxPool2d"},
	"Pad":         {"Pad", "ConstantPad2d", "ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d"},
}

// onnxLayer is the layer that the case is about, with its weights, or nil.
func onnxLayer[T tensor.Float](b *nn.Builder[T], c *onnxCase) nn.Layer[T] {
	value := func(node, input int) onnxTensor { return c.Values[c.Nodes[node].In[input]] }
	switch c.ops() {
	case "Relu":
		return b.ReLU()
	case "LeakyRelu":
		return b.LeakyReLU(T(c.number("alpha")))
	case "PRelu":
		l := b.PReLU(value(0, 1).Shape[0])
		onnxInto(l.Weight.Value, value(0, 1))
		return l
	case "Elu":
		return b.ELU(T(c.number("alpha")))
	case "Selu":
		return b.SELU()
	case "Sigmoid":
		return b.Sigmoid()
	case "Tanh":
		return b.Tanh()
	case "Softplus":
		return b.Softplus()
	case "Abs Constant Add Div":
		return b.Softsign()
	case "Softmax":
		return b.Softmax(int(c.number("axis")))
	case "LogSoftmax":
		return b.LogSoftmax(int(c.number("axis")))
	case "Neg Softmax": // softmin: onnxInput negates
		return b.Softmax(int(c.Nodes[1].Attributes["axis"].(float64)))
	case "BatchNormalization":
		o := tensor.BatchNormPyTorch()
		o.Eps = c.number("epsilon")
		l := b.BatchNorm(value(0, 1).Shape[0], o)
		for i, to := range []*tensor.Tensor[T]{l.Weight.Value, l.Bias.Value, l.RunningMean.Value, l.RunningVar.Value} {
			onnxInto(to, value(0, 1+i))
		}
		return l
	case "Gemm":
		l := b.Linear(value(0, 1).Shape[1], value(0, 1).Shape[0])
		onnxInto(l.Weight.Value, value(0, 1))
		onnxInto(l.Bias.Value, value(0, 2))
		return l
	case "Transpose MatMul": // a Linear without a bias
		l := b.Linear(value(0, 0).Shape[1], value(0, 0).Shape[0])
		onnxInto(l.Weight.Value, value(0, 0))
		return l
	}
	return nil
}

func onnxInput[T tensor.Float](c *onnxCase) *tensor.Tensor[T] {
	x := onnxInto(tensor.New[T](c.X.Shape...), c.X)
	if c.Nodes[0].Op == "Neg" {
		tensor.Neg(x, x)
	}
	return x
}

// onnxRun runs the case and returns the largest error in roundings of float32 (2^-24) of
// the largest value that PyTorch gave; ok says that there is a layer.
func onnxRun[T tensor.Float](t *testing.T, c *onnxCase) (worst float64, ok bool) {
	l := onnxLayer(nn.New[T](1), c)
	if l == nil {
		return 0, false
	}
	y := l.Forward(onnxInput[T](c), nn.Eval)
	want := c.Y.values()
	if !slices.Equal(y.Shape(), c.Y.Shape) {
		t.Fatalf("%s: the result has shape %v, want %v", c.Name, y.Shape(), c.Y.Shape)
	}
	var top float64
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	for i, v := range y.Data() {
		off := math.Abs(float64(v)-float64(want[i])) / top * 0x1p24
		if !(off <= onnxRoundings) {
			t.Errorf("%s in %T: y[%d] is %v, PyTorch gave %v: %.1f roundings of the largest value, %v allowed", c.Name, v, i, v, want[i], off, onnxRoundings)
		}
		worst = max(worst, off)
	}
	return worst, true
}

// onnxRoundings is the error allowed; in float64 it is PyTorch's alone.
const onnxRoundings = 4

// TestONNX compares layers with what PyTorch gave. Cases without a layer must be those
// that are known to wait for one.
func TestONNX(t *testing.T) {
	text, err := os.ReadFile("testdata/onnx/nodes.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []*onnxCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	run, waiting := 0, map[string]int{}
	for _, c := range cases {
		off64, ok := onnxRun[float64](t, c)
		if !ok {
			waiting[c.ops()]++
			if _, known := onnxWaiting[c.ops()]; !known {
				t.Errorf("%s: no layer for %s", c.Name, c.ops())
			}
			continue
		}
		off32, _ := onnxRun[float32](t, c)
		t.Logf("%-28s %.2f roundings off in float64, %.2f in float32", c.Name, off64, off32)
		run++
	}
	if len(cases) != 44 {
		t.Errorf("%d cases, want 44", len(cases))
	}
	builder := reflect.TypeFor[*nn.Builder[float32]]()
	for op, methods := range onnxWaiting {
		if waiting[op] == 0 {
			t.Errorf("nothing waits for %s", op)
		}
		for _, m := range methods {
			if _, ok := builder.MethodByName(m); ok {
				t.Errorf("there is %s now: give onnxLayer the case %q, and take it out of onnxWaiting", m, op)
			}
		}
	}
	t.Logf("%d cases compared; without a layer: %v", run, waiting)
}
