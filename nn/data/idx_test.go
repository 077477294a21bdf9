package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// idx writes an IDX file of unsigned bytes.
func idx(elements []byte, dims ...uint32) []byte {
	b := []byte{0, 0, 8, byte(len(dims))}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, elements...)
}

func zipped(b []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(b)
	w.Close()
	return buf.Bytes()
}

func TestReadIDX(t *testing.T) {
	file := idx([]byte{1, 2, 3, 4, 5, 6}, 2, 3)
	for _, b := range [][]byte{file, zipped(file)} {
		dims, elements, err := ReadIDX(bytes.NewReader(b))
		if err != nil || !slices.Equal(dims, []int{2, 3}) || !bytes.Equal(elements, []byte{1, 2, 3, 4, 5, 6}) {
			t.Errorf("%v %v %v", dims, elements, err)
		}
	}
	if dims, elements, err := ReadIDX(bytes.NewReader(idx(nil, 0))); err != nil || !slices.Equal(dims, []int{0}) || len(elements) != 0 {
		t.Errorf("an empty one: %v %v %v", dims, elements, err)
	}
}

func TestReadIDXErrors(t *testing.T) {
	whole := idx([]byte{1, 2, 3, 4, 5, 6}, 2, 3)
	bad := zipped(whole)
	bad[len(bad)-6] ^= 1 // the checksum
	for _, c := range []struct {
		name, want string
		file       []byte
	}{
		{"nothing", "truncated", nil},
		{"half a header", "truncated", whole[:7]},
		{"truncated elements", "truncated: the file ends after 4 of 6 bytes", whole[:16]},
		{"truncated gzip", "truncated", zipped(whole)[:20]},
		{"a gzip header only", "gzip", []byte{0x1f, 0x8b, 8}},
		{"a broken checksum", "checksum", bad},
		{"too long", "more than the 6 bytes of the dimensions [2 3]", append(slices.Clone(whole), 7)},
		{"another type", "unsigned bytes", append([]byte{0, 0, 0x0d, 1}, make([]byte, 20)...)},
		{"text", "not an IDX file", []byte("<html>not found</html>")},
		{"no dimensions", "0 dimensions", []byte{0, 0, 8, 0, 1}},
		{"many dimensions", "255 dimensions", []byte{0, 0, 8, 255, 1}},
		{"a huge claim", "more than 268435456 bytes", idx(nil, 1<<20, 1<<20)},
		{"a huge dimension", "dimension of 4294967295", idx(nil, 1<<32-1)},
		{"zero times huge", "dimension of 4294967295", idx(nil, 0, 1<<32-1)},
		{"overflow", "more than 268435456 bytes", idx(nil, 1<<28, 1<<28, 1<<28, 1<<28)},
	} {
		if _, _, err := ReadIDX(bytes.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// A header that claims much costs no memory.
func TestReadIDXMemory(t *testing.T) {
	file := idx(make([]byte, 1000), 1<<14, 1<<14)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := ReadIDX(bytes.NewReader(file))
	runtime.ReadMemStats(&after)
	if err == nil || after.TotalAlloc-before.TotalAlloc > 1<<20 {
		t.Errorf("%d bytes allocated, %v", after.TotalAlloc-before.TotalAlloc, err)
	}
}

func FuzzReadIDX(f *testing.F) {
	whole := idx([]byte{1, 2, 3, 4, 5, 6}, 2, 3)
	f.Add(whole)
	f.Add(zipped(whole))
	f.Add(idx(nil, 1<<14, 1<<14))
	f.Add(idx([]byte{9}, 1, 1, 1, 1))
	f.Fuzz(func(t *testing.T, file []byte) {
		dims, elements, err := ReadIDX(bytes.NewReader(file))
		if err != nil {
			return
		}
		n := 1
		for _, d := range dims {
			n *= d
		}
		if n != len(elements) || len(dims) == 0 {
			t.Fatalf("dimensions %v, %d elements", dims, len(elements))
		}
		// What was read, written again, reads as the same.
		var u []uint32
		for _, d := range dims {
			u = append(u, uint32(d))
		}
		again, same, err := ReadIDX(bytes.NewReader(idx(elements, u...)))
		if err != nil || !slices.Equal(again, dims) || !bytes.Equal(same, elements) {
			t.Fatalf("written again: %v", err)
		}
	})
}

// mnistDir writes a small data set in the form of MNIST; change may alter files.
func mnistDir(t *testing.T, change map[string][]byte) string {
	dir := t.TempDir()
	pixels := make([]byte, 12*4)
	for i := range pixels {
		pixels[i] = byte(i * 5)
	}
	labels := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}
	files := map[string][]byte{
		"train-images-idx3-ubyte":   idx(pixels, 12, 2, 2),
		"train-labels-idx1-ubyte":   idx(labels, 12),
		"t10k-images-idx3-ubyte.gz": zipped(idx(pixels[:12], 3, 2, 2)),
		"t10k-labels-idx1-ubyte.gz": zipped(idx(labels[:3], 3)),
	}
	for name, b := range change {
		files[name] = b
	}
	for name, b := range files {
		if b == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMNIST(t *testing.T) {
	train, val, test, err := MNIST[float32](mnistDir(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 10 || val.Len() != 2 || test.Len() != 3 || train.Features() != 4 || val.Labels[1] != 1 || test.Labels[2] != 2 {
		t.Errorf("%d, %d, %d examples", train.Len(), val.Len(), test.Len())
	}
	if got := train.X.At(2, 1); got != float32(45)/255 {
		t.Errorf("pixel %v", got)
	}
}

func TestMNISTErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"train-labels-idx1-ubyte", nil, "neither train-labels-idx1-ubyte nor train-labels-idx1-ubyte.gz is in"},
		{"t10k-images-idx3-ubyte.gz", zipped(idx(nil, 3, 2, 2))[:15], "t10k-images-idx3-ubyte.gz: truncated"},
		{"train-labels-idx1-ubyte", idx([]byte{1, 2}, 2), "has 2 labels"},
		{"train-labels-idx1-ubyte", idx(bytes.Repeat([]byte{11}, 12), 12), "label 11 of image 0"},
		{"train-images-idx3-ubyte", idx(make([]byte, 12), 12), "1 dimensions, want 3"},
		{"train-images-idx3-ubyte", idx(nil, 0, 2, 2), "no images"},
		{"t10k-images-idx3-ubyte.gz", idx(make([]byte, 27), 3, 3, 3), "images of 4 pixels to train on, of 9"},
	} {
		_, _, _, err := MNIST[float32](mnistDir(t, map[string][]byte{c.name: c.file}))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	dir := mnistDir(t, map[string][]byte{"train-images-idx3-ubyte": nil})
	if err := os.Mkdir(filepath.Join(dir, "train-images-idx3-ubyte"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := MNIST[float32](dir); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("a directory for a file: %v", err)
	}
	if _, _, _, err := MNIST[float32](filepath.Join(t.TempDir(), "absent")); err == nil {
		t.Error("no error for a missing directory")
	}
}

// A reader that fails is reported with its own error.
func TestReadIDXFailingReader(t *testing.T) {
	file := idx(make([]byte, 8), 100)
	r := io.MultiReader(bytes.NewReader(file), failing{})
	if _, _, err := ReadIDX(r); err == nil || !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("%v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) {
	return 0, os.NewSyscallError("the disk is on fire", os.ErrInvalid)
}
