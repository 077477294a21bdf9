package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/golden"
	"github.com/lanes-go/lanes/tensor"
)

// TestMain lets the test binary be the program, for tests of its exit code and of
// what it does with the environment.
func TestMain(m *testing.M) {
	if os.Getenv("LANES_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program returns a command that runs the program in a process of its own.
func program(env []string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "LANES_") {
			c.Env = append(c.Env, e)
		}
	}
	c.Env = append(append(c.Env, "LANES_TEST_MAIN=1"), env...)
	return c
}

// runProgram runs it and returns what it printed and its exit code.
func runProgram(t *testing.T, env []string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	c := program(env, args...)
	var out, log bytes.Buffer
	c.Stdout, c.Stderr = &out, &log
	code = exitCode(t, c.Run())
	return out.String(), log.String(), code
}

func exitCode(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, syscall.ENOEXEC):
		t.Skip("an emulator runs this test and the kernel cannot run it again")
	case errors.As(err, &exit):
		return exit.ExitCode()
	case err != nil:
		t.Fatal(err)
	}
	return 0
}

// train runs the command in this process.
func trainHere(args ...string) (stdout, stderr string, code int) {
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(0))
	var out, log bytes.Buffer
	code = run(append([]string{"train"}, args...), &out, &log)
	return out.String(), log.String(), code
}

var resultLines = regexp.MustCompile(`^accuracy (0\.\d{4}|1\.0000) on 300 validation examples, 0\.\d{4} on 297 test examples
time \d+\.\d{3} ms a step
isa (\w+)
weights sha256:([0-9a-f]{64})
$`)

func checkTrain(t *testing.T, want string, least float64, args ...string) {
	t.Helper()
	stdout, stderr, code := trainHere(args...)
	m := resultLines.FindStringSubmatch(stdout)
	if code != 0 || m == nil {
		t.Fatalf("%v: exit code %d, output %q, log %q", args, code, stdout, stderr)
	}
	if m[3] != want {
		t.Errorf("%v: weights %s, want %s", args, m[3], want)
	}
	if m[2] != asm.Selection().ISA {
		t.Errorf("isa %s, want %s", m[2], asm.Selection().ISA)
	}
	if accuracy, _ := strconv.ParseFloat(m[1], 64); accuracy < least {
		t.Errorf("%v: accuracy %v, want at least %v", args, accuracy, least)
	}
	if !strings.Contains(stderr, "epoch 1/") || strings.Contains(stderr, "\r") {
		t.Errorf("progress %q", stderr)
	}
}

// The program's run is the golden one, in both types.
func TestTrain(t *testing.T) {
	checkTrain(t, golden.DigitsShortF32, 0.8, "-epochs", "1")
	checkTrain(t, golden.DigitsShortF64, 0.8, "-epochs", "1", "-dtype", "f64", "-threads", "2")
	if !testing.Short() {
		checkTrain(t, golden.DigitsF32, 0.97)
		checkTrain(t, golden.DigitsF64, 0.97, "-dtype", "f64")
	}
}

func TestTrainFlags(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"-data cifar", 2, `-data "cifar": want digits or mnist`},
		{"-data mnist", 2, "wants -dir"},
		{"-dir x", 2, "-dir goes with -data mnist"},
		{"-dtype f16", 2, `-dtype "f16"`},
		{"-epochs -1", 2, "-epochs -1"},
		{"-epochs 1000000", 2, "want 1 to 10000"},
		{"-batch x", 2, "invalid value"},
		{"-lr 0", 2, "-lr 0"},
		{"-lr NaN", 2, "-lr NaN"},
		{"-momentum 1", 2, "-momentum 1"},
		{"-threads -1", 2, "-threads -1: want 1 or more, or 0"},
		{"-seed -1", 2, "invalid value"},
		{"-nonsense", 2, "lanes train: flag provided but not defined: -nonsense; lanes train -h lists the flags\n"},
		{"more", 2, `unexpected argument "more"`},
		{"-isa sse9", 2, "-isa sse9: no such instruction set on this machine; available: generic"},
		{"-data mnist -dir /nonexistent/lanes", 1, "neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz is in /nonexistent/lanes"},
		{"-lr 1e30 -epochs 3", 1, "the loss is not finite"},
	} {
		stdout, stderr, code := trainHere(strings.Fields(c.args)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("train %s: exit code %d, output %q, log %q", c.args, code, stdout, stderr)
		}
		if c.code == exitUsage && strings.Count(stderr, "\n") != 1 || strings.Count(stderr, "not finite") > 1 {
			t.Errorf("train %s: want the cause once, in one line: %q", c.args, stderr)
		}
	}
}

// full takes no more than n bytes.
type full struct{ n int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return 0, errors.New("no space left")
	}
	f.n -= len(p)
	return len(p), nil
}

// A result that cannot be written is said in one line and is a failure.
func TestOutputFull(t *testing.T) {
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(0))
	for _, args := range []string{"help", "info", "info -h", "train -h", "train -epochs 1 -hidden 2"} {
		var log bytes.Buffer
		if code := run(strings.Fields(args), &full{10}, &log); code != exitError || !strings.HasSuffix(log.String(), "lanes: cannot write the output: no space left\n") {
			t.Errorf("%s: exit code %d, log %q", args, code, &log)
		}
	}
	device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer device.Close()
	c := program(nil, "info")
	var log bytes.Buffer
	c.Stdout, c.Stderr = device, &log
	if code := exitCode(t, c.Run()); code != exitError || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "cannot write") {
		t.Errorf("exit code %d, log %q", code, &log)
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string
	}{
		{"", 2, "", "usage: lanes"},
		{"help", 0, "usage: lanes", ""},
		{"-h", 0, "usage: lanes", ""},
		{"fly", 2, "", `no command "fly"`},
		{"info", 0, "isa        " + asm.Selection().ISA, ""},
		{"info x", 2, "", "unexpected argument"},
		{"info -x", 2, "", "lanes info: flag provided but not defined: -x"},
		{"info -h", 0, "usage: lanes info [flags]\n\n", ""},
		{"train -h", 0, "learning rate", ""},
	} {
		var out, log bytes.Buffer
		if code := run(strings.Fields(c.args), &out, &log); code != c.code || !strings.Contains(out.String(), c.stdout) || !strings.Contains(log.String(), c.stderr) ||
			(c.stdout == "") != (out.Len() == 0) || (c.stderr == "") != (log.Len() == 0) {
			t.Errorf("%q: exit code %d, output %q, log %q", c.args, code, &out, &log)
		}
	}
}

// available asks the program itself which tables it can use: under an emulator of
// another CPU this process sees other ones than its children.
func available(t *testing.T) []string {
	t.Helper()
	stdout, _, _ := runProgram(t, nil, "info")
	m := regexp.MustCompile(`(?m)^available +(.*)$`).FindStringSubmatch(stdout)
	if m == nil {
		t.Fatalf("info prints %q", stdout)
	}
	return strings.Split(m[1], ", ")
}

// What is asked for and is not there stops the program with one line.
func TestISAStrict(t *testing.T) {
	absent := "neon"
	if runtime.GOARCH == "arm64" {
		absent = "avx2"
	}
	list := strings.Join(available(t), ", ")
	for _, isa := range []string{"foo", absent} {
		for _, command := range []string{"train", "info"} {
			stdout, stderr, code := runProgram(t, []string{"LANES_ISA=" + isa}, command)
			want := fmt.Sprintf("lanes: LANES_ISA=%s: no such instruction set on this machine; available: %s\n", isa, list)
			if code != exitUsage || stdout != "" || stderr != want {
				t.Errorf("LANES_ISA=%s %s: exit code %d, output %q, log %q, want %q", isa, command, code, stdout, stderr, want)
			}
		}
	}
}

// -isa and LANES_ISA choose the table; the flag goes before the variable.
func TestISAChosen(t *testing.T) {
	for _, isa := range available(t) {
		for _, c := range []struct{ env, args []string }{
			{[]string{"LANES_ISA=" + isa}, []string{"info"}},
			{nil, []string{"info", "-isa", isa}},
			{[]string{"LANES_ISA=generic"}, []string{"info", "-isa", isa}},
		} {
			stdout, stderr, code := runProgram(t, c.env, c.args...)
			if code != 0 || !strings.Contains(stdout, "\nisa        "+isa+" (") {
				t.Errorf("%v %v: exit code %d, output %q, log %q", c.env, c.args, code, stdout, stderr)
			}
		}
	}
}

// An interrupted run says where it stopped and exits with 130.
func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows cannot send an interrupt to one process")
	}
	for _, args := range [][]string{{"-epochs", "10000"}, {"-epochs", "10000", "-isa", "generic"}} {
		c := program(nil, append([]string{"train"}, args...)...)
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
		if code != exitInterrupt || out.Len() != 0 || !regexp.MustCompile(`(?m)^stopped in epoch \d+ of 10000, after step \d+ of 380000: context canceled\n$`).Match(rest) {
			t.Errorf("%v: exit code %d, output %q, log %q", args, code, &out, rest)
		}
	}
}
