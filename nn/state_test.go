package nn

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// withBuffer is a layer that has a buffer.
type withBuffer[T tensor.Float] struct {
	*Activation[T]
	buffer *Buffer[T]
}

func (l withBuffer[T]) Buffers() []*Buffer[T] { return []*Buffer[T]{l.buffer} }

func TestStateDict(t *testing.T) {
	b := New[float32](1)
	buf := withBuffer[float32]{b.ReLU(), &Buffer[float32]{Name: "running_mean", Value: tensor.New[float32](3)}}
	layers := []Layer[float32]{b.Linear(2, 3), buf, b.Sequential(b.Linear(3, 3), b.ReLU(), b.Linear(3, 3))}
	for len(layers) < 11 {
		layers = append(layers, b.Linear(3, 3))
	}
	net := b.Sequential(layers...)
	var names []string
	for _, e := range StateDict(net) {
		names = append(names, e.Name)
	}
	if want := []string{"0.bias", "0.weight", "1.running_mean", "10.bias", "10.weight", "2.0.bias", "2.0.weight", "2.2.bias", "2.2.weight", "3.bias"}; !slices.Equal(names[:10], want) {
		t.Errorf("names %q, want %q", names[:10], want)
	}
	if StateDict(net)[1].Value != net.Params()[0].Value || net.Params()[0].Name != "0.weight" {
		t.Error("the state is not the parameters")
	}
	before := Hash(net)
	buf.buffer.Value.Data()[0] = 1
	if Hash(net) == before {
		t.Error("the hash leaves out buffers")
	}
	net.Params()[1].Name = "0.weight"
	panics(t, func() { StateDict(net) }, "nn.StateDict", `"0.weight"`, "[3]", "[3 2]")
}

// TestHash builds the bytes by hand, from the words of the definition.
func TestHash(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testHash[float32](t, "f32") })
	t.Run("f64", func(t *testing.T) { testHash[float64](t, "f64") })
}

func testHash[T tensor.Float](t *testing.T, dtype string) {
	b := New[T](1)
	net := b.Sequential(b.ReLU(), b.Linear(2, 3))
	w := []float64{1, -2.5, math.Copysign(0, -1), math.Inf(1), math.Float64frombits(0xfff0000000000123 | 1<<40), 6}
	for i, v := range w {
		net.Params()[0].Value.Data()[i] = T(v)
	}
	var buf bytes.Buffer
	add := func(name string, dims []uint64, values []float64) {
		buf.WriteString(name)
		buf.WriteByte(0)
		buf.WriteString(dtype)
		binary.Write(&buf, binary.LittleEndian, uint64(len(dims)))
		binary.Write(&buf, binary.LittleEndian, dims)
		for _, v := range values {
			switch {
			case dtype == "f32" && v != v:
				binary.Write(&buf, binary.LittleEndian, uint32(0x7fc00000))
			case dtype == "f32":
				binary.Write(&buf, binary.LittleEndian, float32(v))
			case v != v:
				binary.Write(&buf, binary.LittleEndian, uint64(0x7ff8000000000000))
			default:
				binary.Write(&buf, binary.LittleEndian, v)
			}
		}
	}
	add("1.bias", []uint64{3}, []float64{0, 0, 0})
	add("1.weight", []uint64{3, 2}, w)
	want := sha256.Sum256(buf.Bytes())
	if got := Hash(net); got != hex.EncodeToString(want[:]) {
		t.Errorf("%s, want %x", got, want)
	}
	// Large tensors go through the buffer in pieces.
	big := b.Sequential(b.Linear(300, 200))
	buf.Reset()
	wide := func(x *tensor.Tensor[T]) (out []float64) {
		for _, v := range x.Data() {
			out = append(out, float64(v))
		}
		return out
	}
	add("0.bias", []uint64{200}, wide(big.Params()[1].Value))
	add("0.weight", []uint64{200, 300}, wide(big.Params()[0].Value))
	want = sha256.Sum256(buf.Bytes())
	if got := Hash(big); got != hex.EncodeToString(want[:]) {
		t.Errorf("a large tensor: %s, want %x", got, want)
	}
}
