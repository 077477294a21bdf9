package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/nn/train"
	"github.com/lanes-go/lanes/tensor"
)

// runKey is the metadata under which files hold what defines a run.
const runKey = "lanes train"

// run is what must be the same for a run to go on: the flags that reach the weights, but
// for the number of epochs.
func (o *options) run() string {
	return fmt.Sprintf("-data %s -dtype %s -hidden %d -batch %d -lr %v -momentum %v -seed %d", o.data, o.dtype, o.hidden, o.batch, o.lr, o.momentum, o.seed)
}

// checkFiles says before the work what would spoil it at the end.
func (o *options) checkFiles() error {
	for _, path := range []string{o.save, o.checkpoint} {
		if path == "" {
			continue
		}
		if err := writable(path); err != nil {
			return err
		}
	}
	if o.checkpoint == "" {
		return nil
	}
	if !o.resume {
		_, err := os.Stat(o.checkpoint)
		switch {
		case err == nil:
			return fmt.Errorf("%s exists: go on with its run by -resume, or remove it", o.checkpoint)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
		return nil
	}
	run, err := train.ReadRun(o.checkpoint)
	if err != nil {
		return err
	}
	if run.Metadata[runKey] != o.run() {
		return fmt.Errorf("%s is of another run: %.200q, not %q", o.checkpoint, run.Metadata[runKey], o.run())
	}
	if run.Epoch > o.epochs || run.Epoch == o.epochs && run.InEpoch > 0 {
		return fmt.Errorf("the run in %s has done %d epochs and %d steps: -epochs %d is less", o.checkpoint, run.Epoch, run.InEpoch, o.epochs)
	}
	return nil
}

// sameFile tells whether two paths lead to one file, or would if it existed.
func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	if errX == nil && errY == nil {
		return os.SameFile(x, y)
	}
	return destination(a) == destination(b)
}

// destination returns the absolute path, without links, of the file that would be written at
// path: where a link leads, there need not be anything yet.
func destination(path string) string {
	for range 40 { // links in a row: more are a circle
		target, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	path = filepath.Join(dir, name)
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	return path
}

// writable returns an error if no file can be written at path.
func writable(path string) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".lanes-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// resumed returns where the run stands that is to go on, nil for one that begins.
func resumed[T tensor.Float](o *options, net nn.Layer[T], opt optim.Optimizer) (*train.Run, error) {
	if !o.resume {
		return nil, nil
	}
	run, err := train.LoadCheckpoint(o.checkpoint, net, opt)
	if err != nil {
		return nil, err
	}
	return &run, nil
}
