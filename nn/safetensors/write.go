package safetensors

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/lanes-go/lanes/internal/short"
	"github.com/lanes-go/lanes/tensor"
	"github.com/lanes-go/lanes/vec"
)

// Entry is a tensor to be written. It refers to the values it was made from.
type Entry struct {
	name    string
	dtype   DType
	shape   []int
	data    int // bytes there are, < 0: as many as the shape asks for
	problem string
	encode  func(b []byte, from int) // the elements from one on, as many as fill b
}

// Name returns the name of the tensor.
func (e Entry) Name() string { return e.name }

// Tensor returns an entry with the elements of t as they are, F32 or F64. t may be a
// view.
func Tensor[T tensor.Float](name string, t *tensor.Tensor[T]) Entry {
	return TensorAs(name, t, native[T]())
}

// native is the type of the format that is T.
func native[T tensor.Float]() DType {
	var z T
	if unsafe.Sizeof(z) == 8 {
		return F64
	}
	return F32
}

// TensorAs returns an entry with the elements of t converted to F32, F64, F16 or BF16:
// exactly, or rounded to nearest, ties to even. Into F16 and BF16 only float32 can be
// converted: from float64 it would round twice.
func TensorAs[T tensor.Float](name string, t *tensor.Tensor[T], d DType) Entry {
	e := Entry{name: name, dtype: d, shape: slices.Clone(t.Shape()), data: -1}
	if !t.IsContiguous() {
		t = t.Clone()
	}
	x := t.Data()
	switch {
	case d == F32:
		e.encode = func(b []byte, from int) {
			for i, v := range x[from : from+len(b)/4] {
				binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(float32(v)))
			}
		}
	case d == F64:
		e.encode = func(b []byte, from int) {
			for i, v := range x[from : from+len(b)/8] {
				binary.LittleEndian.PutUint64(b[8*i:], math.Float64bits(float64(v)))
			}
		}
	case (d == F16 || d == BF16) && native[T]() == F32:
		e.encode = func(b []byte, from int) {
			h, v := make([]uint16, len(b)/2), any(x).([]float32)[from:]
			if d == F16 {
				vec.ToF16(h, v[:len(h)])
			} else {
				vec.ToBF16(h, v[:len(h)])
			}
			for i, u := range h {
				binary.LittleEndian.PutUint16(b[2*i:], u)
			}
		}
	default:
		e.problem = fmt.Sprintf("%s is not converted to %q", native[T](), string(d))
	}
	return e
}

// Integers returns an entry with integers, of the type of the format that is I: I64 and
// U64 for int and uint, also where those have 32 bits. The length of values is the product
// of the shape.
func Integers[I Integer](name string, values []I, shape ...int) Entry {
	var z I
	size := int(unsafe.Sizeof(z))
	switch any(z).(type) {
	case int, uint:
		size = 8
	}
	types := map[int]DType{1: U8, 2: U16, 4: U32, 8: U64}
	if z-1 < 0 {
		types = map[int]DType{1: I8, 2: I16, 4: I32, 8: I64}
	}
	return Entry{name: name, dtype: types[size], shape: slices.Clone(shape), data: size * len(values), encode: func(b []byte, from int) {
		for i, v := range values[from : from+len(b)/size] {
			var word [8]byte
			binary.LittleEndian.PutUint64(word[:], uint64(v))
			copy(b[i*size:], word[:size])
		}
	}}
}

// Bytes returns an entry with data as they are to stand in the file.
func Bytes(name string, d DType, shape []int, data []byte) Entry {
	size := max(1, d.Bits()/8)
	return Entry{name: name, dtype: d, shape: slices.Clone(shape), data: len(data), encode: func(b []byte, from int) {
		copy(b, data[from*size:])
	}}
}

// Write writes a file with the tensors and, unless it is nil, the metadata. The same
// entries in any order give the same bytes, those of the reference implementation: the
// types with the largest elements first, of one type by name; blanks after the header up
// to a multiple of 8 bytes. (Where the metadata have several keys, which the reference
// writes in any order, here they are sorted.)
//
// It returns an error and writes nothing if two entries have one name, a name is
// __metadata__ or not UTF-8, or the data have not the size of the shape.
func Write(w io.Writer, entries []Entry, metadata map[string]string) error {
	header, sorted, err := prepare(entries, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %w", err)
	}
	return write(w, header, sorted)
}

func write(w io.Writer, header []byte, sorted []sized) error {
	var head [8]byte
	binary.LittleEndian.PutUint64(head[:], uint64(len(header)))
	out := bufio.NewWriterSize(w, piece)
	out.Write(head[:]) // out keeps the first error
	out.Write(header)
	buf := make([]byte, piece)
	for _, e := range sorted {
		bits := e.dtype.Bits()
		for at := 0; at < e.bytes; {
			b := buf[:min(len(buf), e.bytes-at)]
			e.encode(b, at/max(1, bits/8))
			if _, err := out.Write(b); err != nil {
				return err
			}
			at += len(b)
		}
	}
	return out.Flush()
}

// sized is an entry that has been checked.
type sized struct {
	Entry
	bytes int
}

// prepare checks the entries and returns them in the order of their data, and the header.
func prepare(entries []Entry, metadata map[string]string) (header []byte, sorted []sized, err error) {
	for _, e := range entries {
		n, err := e.check()
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", short.Text(e.name), err)
		}
		sorted = append(sorted, sized{e, n})
	}
	slices.SortFunc(sorted, func(a, b sized) int {
		return cmp.Or(cmp.Compare(b.dtype.rank(), a.dtype.rank()), strings.Compare(a.name, b.name))
	})
	seen := map[string]bool{}
	b := []byte{'{'}
	if metadata != nil {
		b = quote(b, metadataKey)
		b = append(b, ":{"...)
		for i, k := range slices.Sorted(maps.Keys(metadata)) {
			if !utf8.ValidString(k) || !utf8.ValidString(metadata[k]) {
				return nil, nil, fmt.Errorf("the metadata %q are not UTF-8", short.Text(k))
			}
			if i > 0 {
				b = append(b, ',')
			}
			b = append(quote(b, k), ':')
			b = quote(b, metadata[k])
		}
		b = append(b, '}')
	}
	at := 0
	for _, e := range sorted {
		if seen[e.name] {
			return nil, nil, fmt.Errorf("two tensors are called %q", short.Text(e.name))
		}
		seen[e.name] = true
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(quote(b, e.name), `:{"dtype":"`...)
		b = append(append(b, e.dtype...), `","shape":[`...)
		for i, d := range e.shape {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, int64(d), 10)
		}
		if at > math.MaxInt-e.bytes {
			return nil, nil, fmt.Errorf("the size overflows at tensor %q", short.Text(e.name))
		}
		b = append(b, `],"data_offsets":[`...)
		b = append(strconv.AppendInt(b, int64(at), 10), ',')
		at += e.bytes
		b = append(strconv.AppendInt(b, int64(at), 10), "]}"...)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	if len(b) > maxHeader {
		return nil, nil, fmt.Errorf("a header of %d bytes, want at most %d", len(b), maxHeader)
	}
	return b, sorted, nil
}

// check returns the size of the data in bytes.
func (e *Entry) check() (size int, err error) {
	switch {
	case e.problem != "":
		return 0, fmt.Errorf("%s", e.problem)
	case e.name == metadataKey:
		return 0, fmt.Errorf("the format has this name for something else")
	case !utf8.ValidString(e.name):
		return 0, fmt.Errorf("the name is not UTF-8")
	case e.dtype.rank() < 0:
		return 0, fmt.Errorf("unknown dtype %q", short.Text(string(e.dtype)))
	case len(e.shape) > maxRank:
		return 0, fmt.Errorf("%d axes, want at most %d", len(e.shape), maxRank)
	}
	shape := make([]uint64, len(e.shape))
	for i, d := range e.shape {
		if d < 0 {
			return 0, fmt.Errorf("negative dimension in the shape %v", e.shape)
		}
		shape[i] = uint64(d)
	}
	n, problem := dataSize(e.dtype, shape)
	switch {
	case problem != "":
		return 0, fmt.Errorf("%s%v: %s", e.dtype, e.shape, problem)
	case e.data >= 0 && n != uint64(e.data):
		return 0, fmt.Errorf("%s%v has %d bytes, %d are given", e.dtype, e.shape, n, e.data)
	}
	return int(n), nil
}

// quote appends a JSON string, escaped as little as JSON allows, as the reference does.
func quote(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < ' ':
			b = fmt.Appendf(b, `\u%04x`, c)
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
