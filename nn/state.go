package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/lanes-go/lanes/tensor"
)

// Module is what has parameters under names: a layer, an embedding, [Parts]. If it has
// the methods Buffers and Counters as well, these are part of its state.
type Module[T tensor.Float] interface{ Params() []*Param[T] }

// Buffer is state of a layer that no optimiser changes: running statistics.
type Buffer[T tensor.Float] struct {
	Name   string
	Value  *tensor.Tensor[T]
	Frozen bool // the layer leaves it as it is: see Freeze
}

// buffered is a layer with buffers.
type buffered[T tensor.Float] interface{ Buffers() []*Buffer[T] }

func buffersOf[T tensor.Float](l Module[T]) []*Buffer[T] {
	if b, ok := l.(buffered[T]); ok {
		return b.Buffers()
	}
	return nil
}

// Entry is a tensor of a network's state with its name.
type Entry[T tensor.Float] struct {
	Name  string
	Value *tensor.Tensor[T]
}

// StateDict returns what defines a network beside its layers: the values of its
// parameters and buffers, not copied, in the order of their names. It panics if
// two have one name.
func StateDict[T tensor.Float](net Module[T]) []Entry[T] {
	var state []Entry[T]
	for _, p := range net.Params() {
		state = append(state, Entry[T]{p.Name, p.Value})
	}
	for _, b := range buffersOf(net) {
		state = append(state, Entry[T]{b.Name, b.Value})
	}
	slices.SortFunc(state, func(a, b Entry[T]) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(state); i++ {
		if state[i].Name == state[i-1].Name {
			panic(misuse("StateDict", fmt.Sprintf("two tensors are called %q", state[i].Name), state[i-1].Value.Shape(), state[i].Value.Shape()))
		}
	}
	return state
}

// Hash returns the SHA-256 of the state of a network, in hexadecimal. For each
// tensor in the order of the names: the name, a zero byte, "f32" or "f64", the
// rank and the dimensions as uint64, the elements' IEEE bits, a NaN as the quiet
// one without sign and payload. Numbers are little-endian on every machine.
func Hash[T tensor.Float](net Module[T]) string {
	h := sha256.New()
	for _, e := range StateDict(net) {
		writeTensor(h, e)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeTensor[T tensor.Float](w io.Writer, e Entry[T]) {
	b := append([]byte(e.Name), 0)
	var z T
	_, f32 := any(z).(float32)
	if f32 {
		b = append(b, "f32"...)
	} else {
		b = append(b, "f64"...)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(e.Value.Rank()))
	for _, d := range e.Value.Shape() {
		b = binary.LittleEndian.AppendUint64(b, uint64(d))
	}
	for _, v := range e.Value.Data() {
		switch {
		case f32 && v != v:
			b = binary.LittleEndian.AppendUint32(b, 0x7fc00000)
		case f32:
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
		case v != v:
			b = binary.LittleEndian.AppendUint64(b, 0x7ff8000000000000)
		default:
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(float64(v)))
		}
		if len(b) >= 1<<15 {
			w.Write(b) // a hash does not fail
			b = b[:0]
		}
	}
	w.Write(b)
}
