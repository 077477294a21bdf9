package safetensors

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// WriteFile writes a file as Write does, at once or not at all: into a new file in the
// same directory, which takes the place of path when it is complete and on the disk. An
// error leaves what was at path as it was, and no other file. A new file has the
// permissions 0666 less the umask, one that replaces another those of the other. A symbolic
// link stays one, what it leads to is replaced; what is not a file, as a directory or a
// device, is an error.
func WriteFile(path string, entries []Entry, metadata map[string]string) error {
	header, sorted, err := prepare(entries, metadata)
	if err != nil {
		return fmt.Errorf("safetensors: %s: %w", path, err)
	}
	return replace(path, func(f *os.File) error { return write(f, header, sorted) })
}

// CheckFile returns an error if WriteFile would return one before it writes: for entries or
// metadata that cannot stand in a file, and for a path where none can be. To see that, it
// creates a file in the directory of path and removes it; what is at path stays. A program
// calls it before the work whose result it is going to write.
func CheckFile(path string, entries []Entry, metadata map[string]string) error {
	if _, _, err := prepare(entries, metadata); err != nil {
		return fmt.Errorf("safetensors: %s: %w", path, err)
	}
	_, _, f, err := begin(path)
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// begin returns where a file for path goes, links followed, what is there, if anything, and
// a new file in the same directory.
func begin(path string) (to string, old fs.FileInfo, f *os.File, err error) {
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", nil, nil, err
		}
	}
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular():
		return "", nil, nil, &fs.PathError{Op: "write", Path: path, Err: errors.New("not a file")}
	case err == nil:
		old = info
	case !errors.Is(err, fs.ErrNotExist):
		return "", nil, nil, err
	}
	f, err = createBeside(path)
	return path, old, f, err
}

// replace makes the file that fill writes the file at path.
func replace(path string, fill func(f *os.File) error) error {
	path, old, f, err := begin(path)
	if err != nil {
		return err
	}
	done := false
	defer func() {
		if !done {
			f.Close() // a second time, after an error of Close or Rename: no matter
			os.Remove(f.Name())
		}
	}()
	if old != nil {
		if err := f.Chmod(old.Mode().Perm()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
			return err
		}
	}
	if err := fill(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	done = true
	if d, err := os.Open(filepath.Dir(path)); err == nil { // so that the new name survives a power cut
		d.Sync() // not every system can
		d.Close()
	}
	return nil
}

// createBeside creates a new file in the directory of path. (os.CreateTemp would give it
// the permissions of a secret.)
func createBeside(path string) (*os.File, error) {
	for i := 0; ; i++ {
		f, err := os.OpenFile(path+".tmp"+strconv.Itoa(os.Getpid())+"."+strconv.Itoa(i), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil || !errors.Is(err, fs.ErrExist) || i == 1000 {
			return f, err
		}
	}
}
