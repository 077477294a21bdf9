package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// output is a file that appears whole or not at all: written beside its place and
// renamed. An existing file stays as it was until then. A nil output is none.
type output struct {
	name string
	tmp  *os.File
}

// createOutput finds out before the measurements whether the file can be written.
func createOutput(name string) (*output, error) {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real // a link stays a link
	}
	if st, err := os.Stat(name); err == nil && !st.Mode().IsRegular() {
		if st.IsDir() {
			return nil, fmt.Errorf("%s: is a directory", name)
		}
		f, err := os.OpenFile(name, os.O_WRONLY, 0) // a device or pipe is written to
		return &output{tmp: f}, err
	} else if err == nil {
		f, err := os.OpenFile(name, os.O_WRONLY, 0) // replacing what is read-only would be a surprise
		if err != nil {
			return nil, err
		}
		f.Close()
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".tmp*")
	if err != nil {
		return nil, err
	}
	return &output{name, f}, nil
}

// commit writes the records and puts the file in its place.
func (o *output) commit(rs []Record) error {
	err := writeRecords(o.tmp, rs)
	if o.name != "" && err == nil {
		mode := os.FileMode(0o644)
		if st, e := os.Stat(o.name); e == nil {
			mode = st.Mode().Perm()
		}
		o.tmp.Chmod(mode) // not on every system; the content is what counts
		err = o.tmp.Sync()
	}
	if e := o.tmp.Close(); err == nil {
		err = e
	}
	if o.name != "" {
		if err == nil {
			err = os.Rename(o.tmp.Name(), o.name)
		}
		if err != nil {
			os.Remove(o.tmp.Name())
		}
	}
	o.tmp = nil
	return err
}

// abandon removes what commit has not put in place.
func (o *output) abandon() {
	if o == nil || o.tmp == nil {
		return
	}
	o.tmp.Close()
	if o.name != "" {
		os.Remove(o.tmp.Name())
	}
	o.tmp = nil
}

// Progress: one line, rewritten, on a terminal; else a plain line when it is news
// and a second has passed.
var (
	terminal = func() bool {
		st, err := os.Stderr.Stat()
		return err == nil && st.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
	}()
	progressShown bool
	progressLast  time.Time
)

func progress(s string) {
	if !terminal {
		if time.Since(progressLast) >= time.Second {
			progressLast = time.Now()
			fmt.Fprintln(os.Stderr, s)
		}
		return
	}
	progressShown = true
	fmt.Fprintf(os.Stderr, "\r\033[K%.78s", s)
}

// progressDone clears the line.
func progressDone() {
	if progressShown {
		fmt.Fprint(os.Stderr, "\r\033[K")
		progressShown = false
	}
}
