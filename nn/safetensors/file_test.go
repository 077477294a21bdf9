package safetensors

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// only fails unless the directory has just these files.
func only(t *testing.T, dir string, want ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("the directory has %q, want %q", names, want)
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	x := tensor.From([]float32{1, 2, 3}, 3)
	for i := range 2 { // a new file, one in the place of another
		x.Data()[0] = float32(i)
		if err := WriteFile(path, []Entry{Tensor("x", x)}, map[string]string{"format": "pt"}); err != nil {
			t.Fatal(err)
		}
		only(t, dir, "a.safetensors")
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		y, err := Read[float32](f, "x")
		if err != nil || !slices.Equal(y.Data(), x.Data()) || f.Metadata()["format"] != "pt" {
			t.Errorf("%v, %v", y, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.Bytes("x"); !errors.Is(err, fs.ErrClosed) || !strings.Contains(err.Error(), path) {
			t.Errorf("read after Close: %v", err)
		}
	}
}

// An error leaves an existing file as it was and no other file.
func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	if err := os.WriteFile(path, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	x := tensor.New[float32](3)
	if err := WriteFile(path, []Entry{Tensor("x", x), Tensor("x", x)}, nil); err == nil || !strings.Contains(err.Error(), path+": two tensors") {
		t.Errorf("two of one name: %v", err)
	}
	for _, broken := range []func(f *os.File) error{
		func(f *os.File) error { f.WriteString("half"); return errFull },
		func(f *os.File) error { f.Close(); return nil }, // Sync fails
	} {
		if err := replace(path, broken); err == nil {
			t.Error("no error")
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
			t.Errorf("%q, %v", b, err)
		}
		only(t, dir, "a.safetensors")
	}
	for what, f := range map[string]func(path string, entries []Entry, metadata map[string]string) error{"WriteFile": WriteFile, "CheckFile": CheckFile} {
		for _, c := range []struct {
			path     string
			entries  []Entry
			metadata map[string]string
			want     string
		}{
			{path, []Entry{Tensor("x", x), Tensor("x", x)}, nil, path + ": two tensors"},
			{path, nil, map[string]string{"a": "\xff"}, path + `: the metadata "a" are not UTF-8`},
			{filepath.Join(dir, "none", "a"), nil, nil, "none"},
			{dir, nil, nil, "not a file"},
		} {
			if err := f(c.path, c.entries, c.metadata); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", what, err, c.want)
			}
			only(t, dir, "a.safetensors")
		}
	}
	for _, p := range []string{path, filepath.Join(dir, "new")} {
		if err := CheckFile(p, []Entry{Tensor("x", x)}, map[string]string{"a": "b"}); err != nil {
			t.Error(err)
		}
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
	if err := WriteFile(filepath.Join(dir, "none", "a"), nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	if err := WriteFile(dir, nil, nil); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a directory: %v", err)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := WriteFile("/dev/full", nil, nil); err == nil || !strings.Contains(err.Error(), "not a file") {
			t.Errorf("a device: %v", err)
		}
	}
	only(t, dir, "a.safetensors")
}

// A file that replaces another has its permissions.
func TestWriteFilePermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has other permissions")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	mode := func() fs.FileMode {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	plain := filepath.Join(dir, "plain")
	f, err := os.Create(plain)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	want, err := os.Stat(plain)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteFile(path, nil, nil); err != nil || mode() != want.Mode() {
		t.Errorf("a new file has %v, want %v, as os.Create gives it; %v", mode(), want.Mode(), err)
	}
	for _, m := range []fs.FileMode{0o600, 0o640, 0o444} {
		if err := os.Chmod(path, m); err != nil {
			t.Fatal(err)
		}
		if err := WriteFile(path, nil, nil); err != nil || mode() != m {
			t.Errorf("%v became %v, %v", m, mode(), err)
		}
	}
}

func TestWriteFileLink(t *testing.T) {
	dir := t.TempDir()
	other := t.TempDir()
	link, target := filepath.Join(dir, "link"), filepath.Join(other, "target")
	if err := os.WriteFile(target, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("windows makes links for administrators only: ", err)
		}
		t.Fatal(err)
	}
	if err := WriteFile(link, nil, nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if f, err := Open(target); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
	only(t, other, "target")
}

func TestOpenFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.safetensors")
	if _, err := Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "not a file") {
		t.Errorf("a directory: %v", err)
	}
	if err := os.WriteFile(path, []byte("PK\x03\x04 a zip file"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "not a safetensors file?") {
		t.Errorf("a zip file: %v", err)
	}
}

// A file of the reference, and those named in LANES_SAFETENSORS, separated as in PATH, for a
// machine that has models, are read and come back from a file written here.
func TestModels(t *testing.T) {
	list := append(filepath.SplitList(os.Getenv("LANES_SAFETENSORS")), filepath.Join("testdata", "reference.safetensors"))
	for _, path := range list {
		f, err := Open(path)
		if err != nil {
			t.Error(err)
			continue
		}
		defer f.Close()
		var entries []Entry
		for _, name := range f.Names() {
			info, _ := f.Info(name)
			if x, err := Read[float32](f, name); err == nil {
				entries = append(entries, TensorAs(name, x, info.DType))
			} else if b, err := f.Bytes(name); err == nil {
				entries = append(entries, Bytes(name, info.DType, info.Shape, b))
			} else {
				t.Fatal(err)
			}
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if dir := os.Getenv("LANES_SAFETENSORS_OUT"); dir != "" {
			copied = filepath.Join(dir, filepath.Base(path))
		}
		if err := WriteFile(copied, entries, f.Metadata()); err != nil {
			t.Fatal(err)
		}
		g, err := Open(copied)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		for _, name := range f.Names() {
			a, _ := f.Bytes(name)
			b, err := g.Bytes(name)
			if err != nil || !slices.Equal(a, b) {
				t.Errorf("%s: %s: %v", path, name, err)
			}
		}
		t.Logf("%s: %d tensors", path, len(entries))
	}
}
