package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/lanes-go/lanes/internal/short"
	"github.com/lanes-go/lanes/tensor"
	"github.com/lanes-go/lanes/vec"
)

// piece is how many bytes are read and converted at a time: a multiple of 8.
const piece = 1 << 16

// find returns the entry of a tensor.
func (f *File) find(name string) (Info, error) {
	info, ok := f.Info(name)
	if !ok {
		return info, f.wrap(fmt.Errorf("there is no tensor %q", short.Text(name)))
	}
	return info, nil
}

// fail says whose error it is.
func (f *File) fail(info *Info, err error) error {
	return f.wrap(fmt.Errorf("tensor %q: %w", short.Text(info.Name), err))
}

// Bytes returns the data of a tensor as they are in the file, little-endian.
func (f *File) Bytes(name string) ([]byte, error) {
	info, err := f.find(name)
	if err != nil {
		return nil, err
	}
	b := make([]byte, info.Bytes)
	if err := readAt(f.r, b, f.base+int64(info.begin)); err != nil {
		return nil, f.fail(&info, err)
	}
	return b, nil
}

// Read returns a tensor whose elements T can hold exactly: F32, F16, BF16, and for
// float64 also F64. Other types are an error.
func Read[T tensor.Float](f *File, name string) (*tensor.Tensor[T], error) {
	return read[T](f, name, false)
}

// ReadRounded is Read, but for float32 it takes F64 as well, rounded to nearest, ties to
// even; from 2^128-2^103 on to an infinity.
func ReadRounded[T tensor.Float](f *File, name string) (*tensor.Tensor[T], error) {
	return read[T](f, name, true)
}

func read[T tensor.Float](f *File, name string, round bool) (*tensor.Tensor[T], error) {
	info, err := f.find(name)
	if err != nil {
		return nil, err
	}
	if problem := Convertible[T](info.DType, round); problem != "" {
		return nil, f.fail(&info, fmt.Errorf("%s", problem))
	}
	t := tensor.New[T](info.Shape...)
	if err := decode(f, &info, t.Data()); err != nil {
		return nil, f.fail(&info, err)
	}
	return t, nil
}

// Convertible returns what keeps Read, or with round ReadRounded, from reading elements
// of a type into T; nothing does if it is empty.
func Convertible[T tensor.Float](d DType, round bool) (problem string) {
	var z T
	switch {
	case d == F32 || d == F16 || d == BF16 || d == F64 && (round || unsafe.Sizeof(z) == 8):
		return ""
	case d == F64:
		return "F64 does not fit in float32: rounding must be asked for"
	}
	return fmt.Sprintf("%s is not converted to %T", d, z)
}

// decode reads and converts the elements of a tensor, whose number is len(dst).
func decode[T tensor.Float](f *File, info *Info, dst []T) error {
	size := info.DType.Bits() / 8
	buf := make([]byte, min(piece, info.Bytes))
	var halves []uint16
	var floats []float32
	if size == 2 {
		halves, floats = make([]uint16, len(buf)/2), make([]float32, len(buf)/2)
	}
	at := f.base + int64(info.begin)
	for len(dst) > 0 {
		b := buf[:min(len(buf), len(dst)*size)]
		if err := readAt(f.r, b, at); err != nil {
			return err
		}
		at += int64(len(b))
		out := dst[:len(b)/size]
		dst = dst[len(out):]
		switch info.DType {
		case F32:
			for i := range out {
				out[i] = T(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])))
			}
		case F64:
			for i := range out {
				out[i] = T(math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
			}
		default: // F16, BF16
			h, v := halves[:len(out)], floats[:len(out)]
			for i := range h {
				h[i] = binary.LittleEndian.Uint16(b[2*i:])
			}
			if info.DType == F16 {
				vec.FromF16(v, h)
			} else {
				vec.FromBF16(v, h)
			}
			for i := range out {
				out[i] = T(v[i])
			}
		}
	}
	return nil
}

// Integer is a type that ReadIntegers returns.
type Integer interface {
	int8 | int16 | int32 | int64 | int | uint8 | uint16 | uint32 | uint64 | uint
}

// ReadIntegers returns the elements of a tensor of integers of any size, I8 to U64, in
// row-major order. A number that I cannot hold is an error.
func ReadIntegers[I Integer](f *File, name string) ([]I, error) {
	info, err := f.find(name)
	if err != nil {
		return nil, err
	}
	var signed bool
	switch info.DType {
	case I8, I16, I32, I64:
		signed = true
	case U8, U16, U32, U64:
	default:
		return nil, f.fail(&info, fmt.Errorf("%s are not integers", info.DType))
	}
	b, err := f.Bytes(name)
	if err != nil {
		return nil, err
	}
	size := info.DType.Bits() / 8
	values := make([]I, len(b)/size)
	for i := range values {
		var word [8]byte
		copy(word[:], b[i*size:i*size+size])
		u := binary.LittleEndian.Uint64(word[:])
		if signed {
			s := int64(u<<(64-8*size)) >> (64 - 8*size)
			values[i] = I(s)
			if int64(values[i]) != s || (values[i] < 0) != (s < 0) {
				return nil, f.fail(&info, fmt.Errorf("element %d, %d, does not fit in %T", i, s, values[i]))
			}
		} else {
			values[i] = I(u)
			if uint64(values[i]) != u || values[i] < 0 {
				return nil, f.fail(&info, fmt.Errorf("element %d, %d, does not fit in %T", i, u, values[i]))
			}
		}
	}
	return values, nil
}
