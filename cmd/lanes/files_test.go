package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/internal/golden"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/safetensors"
)

// weights returns the hash that a run printed.
func weights(t *testing.T, stdout, stderr string, code int) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^weights sha256:([0-9a-f]{64})$`).FindStringSubmatch(stdout)
	if code != 0 || m == nil {
		t.Fatalf("exit code %d, output %q, log %q", code, stdout, stderr)
	}
	return m[1]
}

// What -save writes is the network whose hash is printed.
func TestTrainSave(t *testing.T) {
	for _, dtype := range []string{"f32", "f64"} {
		path := filepath.Join(t.TempDir(), "digits.safetensors")
		out, log, code := trainHere("-epochs", "1", "-dtype", dtype, "-save", path)
		want := weights(t, out, log, code)
		if dtype == "f32" {
			if want != golden.DigitsShortF32 {
				t.Errorf("hash %s", want)
			}
			b := nn.New[float32](9)
			net := b.Sequential(b.Linear(64, 128), b.ReLU(), b.Linear(128, 10))
			if _, err := nn.Load(path, net); err != nil || nn.Hash(net) != want {
				t.Errorf("hash %s, %v, want %s", nn.Hash(net), err, want)
			}
		} else {
			b := nn.New[float64](9)
			net := b.Sequential(b.Linear(64, 128), b.ReLU(), b.Linear(128, 10))
			if _, err := nn.Load(path, net); err != nil || nn.Hash(net) != want {
				t.Errorf("hash %s, %v, want %s", nn.Hash(net), err, want)
			}
		}
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if m := f.Metadata(); m["format"] != "pt" || m["lanes train"] != "-data digits -dtype "+dtype+" -hidden 128 -batch 32 -lr 0.1 -momentum 0.9 -seed 1" {
			t.Errorf("metadata %q", m)
		}
	}
}

// A run that goes on ends with the weights of one that was not broken off.
func TestTrainResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	small := []string{"-hidden", "9"}
	more := func(args ...string) []string { return append(small[:len(small):len(small)], args...) }
	out, log, code := trainHere(more("-epochs", "3")...)
	want := weights(t, out, log, code)
	out, log, code = trainHere(more("-epochs", "1", "-checkpoint", path)...)
	if weights(t, out, log, code) == want {
		t.Error("one epoch ends where three do")
	}
	out, log, code = trainHere(more("-epochs", "3", "-checkpoint", path, "-resume")...)
	if got := weights(t, out, log, code); got != want || !strings.Contains(log, "goes on after step 38\nepoch 2/3") || !strings.Contains(out, "ms a step") {
		t.Errorf("hash %s, want %s, log %q, output %q", got, want, log, out)
	}
	out, log, code = trainHere(more("-epochs", "3", "-checkpoint", path, "-resume")...) // nothing is left to do
	if got := weights(t, out, log, code); got != want || strings.Contains(log, "epoch") || strings.Contains(out, "ms a step") || !strings.HasPrefix(out, "accuracy 0.") {
		t.Errorf("again: hash %s, want %s, log %q, output %q", got, want, log, out)
	}
	out, log, code = trainHere(more("-epochs", "2", "-checkpoint", path, "-resume")...)
	if code != exitError || out != "" || !strings.Contains(log, "has done 3 epochs and 0 steps: -epochs 2 is less") {
		t.Errorf("fewer epochs: exit code %d, output %q, log %q", code, out, log)
	}
}

// An interrupted run goes on with its bits, wherever it was.
func TestTrainInterruptResume(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows cannot send an interrupt to one process")
	}
	path := filepath.Join(t.TempDir(), "run")
	args := []string{"train", "-hidden", "9", "-checkpoint", path}
	c := program(nil, append(args, "-epochs", "10000")...)
	var out bytes.Buffer
	c.Stdout = &out
	pipe, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		exitCode(t, err)
	}
	log := bufio.NewReader(pipe)
	for line := ""; !strings.HasPrefix(line, "epoch 1/"); {
		if line, err = log.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(log)
	code := exitCode(t, c.Wait())
	m := regexp.MustCompile(`(?m)^the run goes on with -resume from .*\nstopped in epoch (\d+) of 10000, after step \d+ of 380000: context canceled\n$`).FindSubmatch(rest)
	if code != exitInterrupt || out.Len() != 0 || m == nil {
		t.Fatalf("exit code %d, output %q, log %q", code, &out, rest)
	}
	stopped, _ := strconv.Atoi(string(m[1]))
	epochs := strconv.Itoa(stopped + 1)
	whole, log2, code := trainHere("-hidden", "9", "-epochs", epochs)
	want := weights(t, whole, log2, code)
	rest2, log3, code := trainHere("-hidden", "9", "-checkpoint", path, "-resume", "-epochs", epochs)
	if got := weights(t, rest2, log3, code); got != want {
		t.Errorf("interrupted in epoch %d: hash %s, want %s", stopped, got, want)
	}
}

// -save and -checkpoint are one file however they are written, if it exists and if not.
func TestTrainOneFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{"there", "other"} {
		if err := os.WriteFile(name, []byte(name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir("sub", 0o777); err != nil {
		t.Fatal(err)
	}
	same := [][2]string{{"new", filepath.Join(dir, "new")}, {"there", filepath.Join(dir, "there")}, {"new", "./sub/../new"}}
	differ := [][2]string{{"new", "sub/new"}, {"there", "other"}, {"there", "new"}}
	if os.Symlink("there", "link") == nil && os.Symlink("new", "dangling") == nil && os.Symlink(".", "here") == nil && os.Symlink("circle", "circle") == nil {
		same = append(same, [2]string{"link", "there"}, [2]string{"dangling", "new"}, [2]string{"here/new", "new"}, [2]string{"here/dangling", "here/here/new"})
		differ = append(differ, [2]string{"link", "other"}, [2]string{"dangling", "sub/new"}, [2]string{"circle", "new"})
	}
	if os.Link("there", "hard") == nil {
		same = append(same, [2]string{"hard", "there"})
	}
	for _, p := range same {
		if !sameFile(p[0], p[1]) || !sameFile(p[1], p[0]) {
			t.Errorf("%s and %s are not one file", p[0], p[1])
		}
		if _, log, code := trainHere("-resume", "-checkpoint", p[0], "-save", p[1]); code != 2 || !strings.Contains(log, "-save and -checkpoint are one file") {
			t.Errorf("-checkpoint %s -save %s: exit code %d, log %q", p[0], p[1], code, log)
		}
	}
	for _, p := range differ {
		if sameFile(p[0], p[1]) || sameFile(p[1], p[0]) {
			t.Errorf("%s and %s are one file", p[0], p[1])
		}
	}
	if b, err := os.ReadFile("there"); err != nil || string(b) != "there" {
		t.Errorf("%q, %v", b, err)
	}
}

// A run that is interrupted before its first step leaves no checkpoint, and does not say it
// goes on from one.
func TestTrainInterruptedAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	o := options{data: "digits", dtype: "f32", hidden: 9, epochs: 2, lr: 0.1, checkpoint: path}
	if err := o.complete(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	const goesOn = "the run goes on with -resume"
	for _, exists := range []bool{false, true} {
		if exists {
			if err := trainOn[float32](context.Background(), o, io.Discard, io.Discard); err != nil {
				t.Fatal(err)
			}
			o.resume, o.epochs = true, 3
		}
		var log bytes.Buffer
		err := trainOn[float32](ctx, o, io.Discard, &log)
		_, stat := os.Stat(path)
		if !errors.Is(err, context.Canceled) || exists != strings.Contains(log.String(), goesOn) || exists != (stat == nil) {
			t.Errorf("a checkpoint there: %v: %v, log %q, %v", exists, err, &log, stat)
		}
	}
}

// What would spoil the end of a run is said at its beginning, and no file is touched.
func TestTrainFiles(t *testing.T) {
	dir := t.TempDir()
	run, other := filepath.Join(dir, "run"), filepath.Join(dir, "other")
	if _, log, code := trainHere("-epochs", "1", "-hidden", "9", "-checkpoint", run); code != 0 {
		t.Fatal(log)
	}
	if err := os.WriteFile(other, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(run)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-resume", 2, "-resume wants -checkpoint"},
		{"-save x -checkpoint ./x", 2, "-save and -checkpoint are one file"},
		{"-save " + dir, 1, dir + " is not a file"},
		{"-save " + filepath.Join(dir, "none", "x"), 1, "cannot be written"},
		{"-checkpoint " + filepath.Join(dir, "none", "x"), 1, "cannot be written"},
		{"-checkpoint " + other, 1, other + " exists: go on with its run by -resume, or remove it"},
		{"-resume -checkpoint " + other, 1, other + ": a header of"},
		{"-resume -checkpoint " + filepath.Join(dir, "absent"), 1, "absent"},
		{"-resume -hidden 10 -checkpoint " + run, 1, `is of another run: "-data digits -dtype f32 -hidden 9 -batch 32 -lr 0.1 -momentum 0.9 -seed 1", not "-data digits -dtype f32 -hidden 10 `},
		{"-resume -hidden 9 -seed 2 -checkpoint " + run, 1, "is of another run"},
		{"-resume -hidden 9 -dtype f64 -checkpoint " + run, 1, "is of another run"},
	} {
		stdout, stderr, code := trainHere(strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("train %s: exit code %d, output %q, log %q, want %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if b, err := os.ReadFile(other); err != nil || string(b) != "precious" {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := os.ReadFile(run); err != nil || !bytes.Equal(b, before) {
		t.Errorf("the run was changed; %v", err)
	}
	list, err := os.ReadDir(dir)
	if err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}
