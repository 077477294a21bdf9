package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// field is one field of a protobuf message.
type field struct {
	num   int
	wire  int    // 0 varint, 1 eight bytes, 2 bytes, 5 four bytes
	n     uint64 // of a varint, or of four or eight bytes
	bytes []byte
}

var errCut = errors.New("the message ends inside a field")

// fields cuts a message into its fields.
func fields(b []byte) (all []field, err error) {
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errCut
		}
		b = b[n:]
		f := field{num: int(key >> 3), wire: int(key & 7)}
		switch f.wire {
		case 0:
			if f.n, n = binary.Uvarint(b); n <= 0 {
				return nil, errCut
			}
			b = b[n:]
		case 1, 5:
			size := 8
			if f.wire == 5 {
				size = 4
			}
			if len(b) < size {
				return nil, errCut
			}
			for i := range size {
				f.n |= uint64(b[i]) << (8 * i)
			}
			b = b[size:]
		case 2:
			size, n := binary.Uvarint(b)
			if n <= 0 || size > uint64(len(b)-n) {
				return nil, errCut
			}
			f.bytes, b = b[n:n+int(size)], b[n+int(size):]
		default:
			return nil, fmt.Errorf("field %d has wire type %d", f.num, f.wire)
		}
		all = append(all, f)
	}
	return all, nil
}

// ints appends the value, or the packed values, of a repeated integer.
func (f field) ints(to []int64) ([]int64, error) {
	if f.wire == 0 {
		return append(to, int64(f.n)), nil
	}
	for b := f.bytes; len(b) > 0; {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errCut
		}
		to, b = append(to, int64(v)), b[n:]
	}
	return to, nil
}

// floats appends the value, or the packed values, of a repeated float.
func (f field) floats(to []float32) ([]float32, error) {
	if f.wire == 5 {
		return append(to, math.Float32frombits(uint32(f.n))), nil
	}
	if len(f.bytes)%4 != 0 {
		return nil, errCut
	}
	for b := f.bytes; len(b) > 0; b = b[4:] {
		to = append(to, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return to, nil
}
