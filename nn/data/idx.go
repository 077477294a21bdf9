package data

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/lanes-go/lanes/tensor"
)

// maxIDX is the greatest number of bytes ReadIDX accepts: five times MNIST.
const maxIDX = 1 << 28

// ReadIDX reads an IDX file of unsigned bytes, the format of MNIST, plain or
// compressed by gzip: its dimensions, one to four, and its elements in row-major
// order. It returns an error if the file is of another kind, shorter or longer
// than its header says, or larger than 256 MiB. Memory grows with what the file
// holds, not with what its header claims.
func ReadIDX(r io.Reader) (dims []int, elements []byte, err error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, nil, fmt.Errorf("gzip: %w", err)
		}
		in = bufio.NewReader(z)
	}
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return nil, nil, truncated("its header", err)
	}
	if head[0] != 0 || head[1] != 0 || head[2] != 8 {
		return nil, nil, fmt.Errorf("not an IDX file of unsigned bytes: it begins with % x", head)
	}
	if head[3] < 1 || head[3] > 4 {
		return nil, nil, fmt.Errorf("an IDX file of %d dimensions, want 1 to 4", head[3])
	}
	size := uint64(1)
	for range head[3] {
		var d [4]byte
		if _, err := io.ReadFull(in, d[:]); err != nil {
			return nil, nil, truncated("its header", err)
		}
		n := binary.BigEndian.Uint32(d[:])
		if n > maxIDX {
			return nil, nil, fmt.Errorf("an IDX file with a dimension of %d, more than %d bytes", n, maxIDX)
		}
		if size *= uint64(n); size > maxIDX {
			return nil, nil, fmt.Errorf("an IDX file of more than %d bytes", maxIDX)
		}
		dims = append(dims, int(n))
	}
	var buf bytes.Buffer
	got, err := io.Copy(&buf, io.LimitReader(in, int64(size)))
	if err == nil && uint64(got) < size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, nil, truncated(fmt.Sprintf("%d of %d bytes", got, size), err)
	}
	if _, err := in.ReadByte(); err == nil {
		return nil, nil, fmt.Errorf("more than the %d bytes of the dimensions %v", size, dims)
	} else if err != io.EOF {
		return nil, nil, fmt.Errorf("after %d bytes: %w", size, err)
	}
	return dims, buf.Bytes(), nil
}

func truncated(where string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("truncated: the file ends after %s", where)
	}
	return fmt.Errorf("after %s: %w", where, err)
}

// MNIST reads the four files of MNIST, or of a data set in the same form, from a
// directory: train-images-idx3-ubyte, train-labels-idx1-ubyte,
// t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, each plain or with .gz.
// Pixels are scaled to [0, 1]; there are 10 classes. The last sixth of the
// training file is kept for validation.
func MNIST[T tensor.Float](dir string) (train, val, test *Dataset[T], err error) {
	all, err := mnistPair[T](dir, "train")
	if err != nil {
		return nil, nil, nil, err
	}
	test, err = mnistPair[T](dir, "t10k")
	if err != nil {
		return nil, nil, nil, err
	}
	if all.Features() != test.Features() {
		return nil, nil, nil, fmt.Errorf("mnist: images of %d pixels to train on, of %d to test", all.Features(), test.Features())
	}
	train, val = all.Split(all.Len() - all.Len()/6)
	return train, val, test, nil
}

func mnistPair[T tensor.Float](dir, part string) (*Dataset[T], error) {
	images, dims, pixels, err := idxFile(dir, part+"-images-idx3-ubyte", 3)
	if err != nil {
		return nil, err
	}
	names, ldims, classes, err := idxFile(dir, part+"-labels-idx1-ubyte", 1)
	if err != nil {
		return nil, err
	}
	if dims[0] == 0 || dims[1]*dims[2] == 0 {
		return nil, fmt.Errorf("%s: no images: %v", images, dims)
	}
	if ldims[0] != dims[0] {
		return nil, fmt.Errorf("%s has %d labels, %s %d images", names, ldims[0], images, dims[0])
	}
	labels := make([]int, len(classes))
	for i, c := range classes {
		if c > 9 {
			return nil, fmt.Errorf("%s: label %d of image %d is not a digit", names, c, i)
		}
		labels[i] = int(c)
	}
	x := tensor.New[T](dims[0], dims[1]*dims[2])
	values := x.Data()
	for i, p := range pixels {
		values[i] = T(p) / 255
	}
	return New(x, labels, 10), nil
}

// idxFile reads name or name.gz of dir.
func idxFile(dir, name string, rank int) (path string, dims []int, elements []byte, err error) {
	path = filepath.Join(dir, name)
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		path += ".gz"
		info, err = os.Stat(path)
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		return path, nil, nil, fmt.Errorf("neither %s nor %s.gz is in %s", name, name, dir)
	case err != nil:
		return path, nil, nil, err
	case !info.Mode().IsRegular(): // opening a pipe could wait for ever
		return path, nil, nil, fmt.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return path, nil, nil, err
	}
	defer f.Close()
	dims, elements, err = ReadIDX(f)
	if err == nil && len(dims) != rank {
		err = fmt.Errorf("%d dimensions, want %d", len(dims), rank)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return path, dims, elements, err
}
