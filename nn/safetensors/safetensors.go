// Package safetensors reads and writes safetensors files, the format in which weights are
// exchanged: 8 bytes with the length of the header, little-endian; the header, a JSON
// object with the type, the shape and the place of every tensor; the elements,
// little-endian, in row-major order.
// (https://github.com/huggingface/safetensors, README.md, Format.)
//
// The reader accepts what the reference implementation accepts, but for names that
// appear twice and blanks before the header, and refuses the rest with an error that says
// what is wrong and where: no file can make it panic or hang, or allocate for what is only
// claimed. For a header of n bytes, which the file must really hold and of which it accepts
// at most 100 MB, it allocates less than 24·n bytes in all (18·n for the worst known: many
// tensors without elements, of many axes); for the elements of a tensor, a small multiple of
// what they take in the file. The writer writes the bytes of the reference.
package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
)

// DType is the type of the elements of a tensor, by its name in the format.
type DType string

// The types of the format. Read converts those of floating point from F16 on; all can be
// read as bytes.
const (
	Bool       DType = "BOOL"
	F4         DType = "F4"
	F6E2M3     DType = "F6_E2M3"
	F6E3M2     DType = "F6_E3M2"
	U8         DType = "U8"
	I8         DType = "I8"
	F8E5M2     DType = "F8_E5M2"
	F8E4M3     DType = "F8_E4M3"
	F8E8M0     DType = "F8_E8M0"
	F8E4M3FNUZ DType = "F8_E4M3FNUZ"
	F8E5M2FNUZ DType = "F8_E5M2FNUZ"
	I16        DType = "I16"
	U16        DType = "U16"
	F16        DType = "F16"
	BF16       DType = "BF16"
	I32        DType = "I32"
	U32        DType = "U32"
	F32        DType = "F32"
	C64        DType = "C64"
	F64        DType = "F64"
	I64        DType = "I64"
	U64        DType = "U64"
)

// dtypes has them in the order of the reference: the writer puts the last ones first, so
// that elements lie at multiples of their size.
var dtypes = []struct {
	name DType
	bits uint64
}{
	{Bool, 8}, {F4, 4}, {F6E2M3, 6}, {F6E3M2, 6}, {U8, 8}, {I8, 8}, {F8E5M2, 8}, {F8E4M3, 8}, {F8E8M0, 8}, {F8E4M3FNUZ, 8}, {F8E5M2FNUZ, 8},
	{I16, 16}, {U16, 16}, {F16, 16}, {BF16, 16}, {I32, 32}, {U32, 32}, {F32, 32}, {C64, 64}, {F64, 64}, {I64, 64}, {U64, 64},
}

// rank returns the place of a type in dtypes, or -1.
func (d DType) rank() int {
	for i, t := range dtypes {
		if t.name == d {
			return i
		}
	}
	return -1
}

// Bits returns the size of an element in bits, or 0 for an unknown type.
func (d DType) Bits() int {
	if i := d.rank(); i >= 0 {
		return int(dtypes[i].bits)
	}
	return 0
}

const (
	maxHeader = 100_000_000 // bytes, as in the reference
	maxRank   = 64          // NumPy's and PyTorch's limit
)

// Info is what the header says about a tensor.
type Info struct {
	Name  string
	DType DType
	Shape []int // the caller must not change it
	Bytes int   // the length of its data

	begin uint64 // where its data begin, from the end of the header on
}

// File is a safetensors file of which the header has been read and checked. It may be
// read from several goroutines.
type File struct {
	metadata map[string]string
	tensors  []Info         // in the order of their data
	index    map[string]int // in tensors
	r        io.ReaderAt
	base     int64 // where the data begin
	close    func() error
	path     string // for errors, or empty
}

// Open opens a file and reads its header. Close it when its tensors have been read.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // opening a pipe could wait for ever
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if info, err = f.Stat(); err == nil {
		var file *File
		if file, err = open(f, info.Size(), path); err == nil {
			file.close = f.Close
			return file, nil
		}
	}
	f.Close()
	return nil, err
}

// Parse reads a file that is in memory. It does not copy data, which must not change.
func Parse(data []byte) (*File, error) {
	return NewFile(bytesAt(data), int64(len(data)))
}

// NewFile reads the header of a file of size bytes.
func NewFile(r io.ReaderAt, size int64) (*File, error) { return open(r, size, "") }

func open(r io.ReaderAt, size int64, path string) (*File, error) {
	f := &File{r: r, path: path}
	if err := f.readHeader(size); err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

// wrap says whose error it is.
func (f *File) wrap(err error) error {
	if f.path == "" {
		return fmt.Errorf("safetensors: %w", err)
	}
	return fmt.Errorf("safetensors: %s: %w", f.path, err)
}

// readHeader reads and checks everything before the data.
func (f *File) readHeader(size int64) error {
	if size < 8 {
		return fmt.Errorf("a file of %d bytes has no header", size)
	}
	var head [8]byte
	if err := readAt(f.r, head[:], 0); err != nil {
		return err
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > maxHeader {
		return fmt.Errorf("a header of %d bytes, want at most %d: not a safetensors file?", n, maxHeader)
	}
	if int64(n) > size-8 {
		return fmt.Errorf("a header of %d bytes in a file of %d", n, size)
	}
	header := make([]byte, n)
	if err := readAt(f.r, header, 8); err != nil {
		return err
	}
	f.base = 8 + int64(n)
	raw, err := parseHeader(header)
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	f.metadata = raw.metadata
	f.tensors, err = layOut(raw.tensors, uint64(size-f.base))
	if err != nil {
		return err
	}
	f.index = make(map[string]int, len(f.tensors))
	for i := range f.tensors {
		f.index[f.tensors[i].Name] = i
	}
	return nil
}

// Close closes the file, if Open opened it.
func (f *File) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// Metadata returns the texts under __metadata__ in the header, nil if there are none. The
// caller must not change them.
func (f *File) Metadata() map[string]string { return f.metadata }

// Names returns the names of the tensors in the order of the alphabet.
func (f *File) Names() []string {
	names := make([]string, len(f.tensors))
	for i, t := range f.tensors {
		names[i] = t.Name
	}
	slices.Sort(names)
	return names
}

// Info returns what the header says about a tensor; ok is false if there is none of the
// name.
func (f *File) Info(name string) (info Info, ok bool) {
	i, ok := f.index[name]
	if !ok {
		return Info{}, false
	}
	return f.tensors[i], true
}

// bytesAt is a file in memory.
type bytesAt []byte

func (b bytesAt) ReadAt(p []byte, off int64) (int, error) {
	if off > int64(len(b)) {
		return 0, io.EOF
	}
	n := copy(p, b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// readAt fills p, or returns an error.
func readAt(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || err == io.EOF {
		return fmt.Errorf("the file ends after %d bytes: it has become shorter", off+int64(n))
	}
	return err
}

// dataSize returns the length in bytes of a tensor's data; problem is empty or says why
// there is no such tensor. Every product is in the range of int, so that a shape that
// passes is one for tensor.New.
func dataSize(d DType, shape []uint64) (size uint64, problem string) {
	bits := uint64(d.Bits())
	n, elements := uint64(1), uint64(1) // without and with dimensions of 0
	for _, s := range shape {
		if s > math.MaxInt || s > 0 && n > math.MaxInt/16/s { // 16: float64 for 4 bits
			return 0, "the size overflows"
		}
		n *= max(s, 1)
		elements *= s
	}
	if bits < 8 && elements*bits%8 != 0 {
		return 0, "the elements do not fill whole bytes"
	}
	if bits < 8 {
		return elements * bits / 8, ""
	}
	return elements * (bits / 8), ""
}
