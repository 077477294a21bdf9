package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/layercases"
	"github.com/lanes-go/lanes/internal/layercheck"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// LANES_TEST_PLANT puts errors into the table of the program under test: "wrong" a layer
// with a wrong gradient and one that panics, "slow" one that takes its time.
func init() {
	switch os.Getenv("LANES_TEST_PLANT") {
	case "wrong":
		gradcheckCases = planted
	case "slow":
		gradcheckCases = slow
	}
}

// halfScale is y = 2x with the gradient of x.
type halfScale struct{}

func (*halfScale) Params() []*nn.Param[float64] { return nil }
func (l *halfScale) Forward(x *tensor.Tensor[float64], _ nn.Mode) *tensor.Tensor[float64] {
	y := tensor.New[float64](x.Shape()...)
	tensor.Scale(y, 2, x)
	return y
}
func (*halfScale) Backward(dy *tensor.Tensor[float64]) *tensor.Tensor[float64] { return dy }

func planted() []layercases.Case {
	return []layercases.Case{
		{Name: "Right", Shape: []int{2, 3}, Check: func(seed uint64, entries int) *layercheck.Result {
			return layercheck.Layer(nn.New[float64](1).Linear(3, 2), []int{2, 3}, layercheck.Options{Seed: seed, MaxEntries: entries})
		}},
		{Name: "HalfScale", Shape: []int{5}, Check: func(seed uint64, _ int) *layercheck.Result {
			return layercheck.Layer(&halfScale{}, []int{5}, layercheck.Options{Seed: seed})
		}},
		{Name: "Panics", Shape: []int{1, 1}, Check: func(uint64, int) *layercheck.Result { panic("it broke") }},
		{Name: "Kinks", Shape: []int{7}, Check: func(uint64, int) *layercheck.Result { return &layercheck.Result{Checked: 7, Kinks: 1} }},
	}
}

func slow() (cases []layercases.Case) {
	for range 100000 {
		cases = append(cases, planted()[0])
	}
	return cases
}

func gradcheckHere(args string) (stdout, stderr string, code int) {
	var out, log bytes.Buffer
	code = run(append([]string{"gradcheck"}, strings.Fields(args)...), &out, &log)
	return out.String(), log.String(), code
}

// The library's table is right; a row for each case, and nothing on stderr.
func TestGradcheck(t *testing.T) {
	args := "-entries 8"
	if testing.Short() {
		args += " -run ^(Linear|ReLU|SoftmaxCrossEntropy)/"
	}
	stdout, stderr, code := gradcheckHere(args)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, log %q, output %s", code, stderr, stdout)
	}
	lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
	row := regexp.MustCompile(`^(\S.*\S) +(\[[\d ]+\]) +\d+  \d\.\de[-+]\d\d +\d+ +\d+ +\d+\.\d  right$`)
	var names []string
	for _, l := range lines[1 : len(lines)-3] {
		m := row.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("row %q", l)
		}
		names = append(names, m[1]+"/"+m[2])
	}
	var want []string
	for _, c := range layercases.All() {
		if !testing.Short() || regexp.MustCompile("^(Linear|ReLU|SoftmaxCrossEntropy)/").MatchString(c.String()) {
			want = append(want, c.String())
		}
	}
	if !slices.Equal(names, want) {
		t.Errorf("rows %q, want %q", names, want)
	}
	if last := fmt.Sprintf("%d of %d right, seed 1, %s", len(want), len(want), asm.Selection().ISA); lines[len(lines)-1] != last {
		t.Errorf("the last line is %q, want %q", lines[len(lines)-1], last)
	}
}

func TestGradcheckJSON(t *testing.T) {
	stdout, stderr, code := gradcheckHere(`-json -seed 5 -run ^Linear/\[2`)
	if code != 0 || stderr != "" {
		t.Fatalf("exit code %d, log %q, output %s", code, stderr, stdout)
	}
	for line := range strings.Lines(stdout) {
		var r checked
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil || r.Layer != "Linear" || r.Shape[0] != 2 || r.Seed != 5 || r.Entries == 0 || r.Worst == 0 || r.WorstIn == "" || !r.OK {
			t.Errorf("%v in %s", err, line)
		}
	}
	if n := strings.Count(stdout, "\n"); n != 2 { // [2 3] and [2 33]
		t.Errorf("%d lines", n)
	}
}

func TestGradcheckFlags(t *testing.T) {
	for args, want := range map[string]string{
		"-run (":          "lanes gradcheck: -run: error parsing regexp",
		"-run NoSuch":     `no layer matches -run "NoSuch"`,
		"-seed 0":         "-seed 0: want 1 or more",
		"-entries 0":      "-entries 0: want 1 to 1048576",
		"-seed x":         "invalid value",
		"-isa sse9":       "no such instruction set",
		"more":            `unexpected argument "more"`,
		"-strict=perhaps": "invalid boolean value",
	} {
		stdout, stderr, code := gradcheckHere(args)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, output %q, log %q", args, code, stdout, stderr)
		}
	}
}

// A wrong gradient or a panic is told in full, the rest goes on, and the exit code is 1.
func TestGradcheckFailure(t *testing.T) {
	stdout, stderr, code := runProgram(t, []string{"LANES_TEST_PLANT=wrong"}, "gradcheck")
	if code != exitError || stderr != "lanes gradcheck: 2 of 4 wrong\n" {
		t.Errorf("exit code %d, log %q", code, stderr)
	}
	for _, want := range []string{
		"\nRight ", "\nKinks ", "  WRONG\n", "\nHalfScale/[5]: wrong\n", "numeric is 2 times analytic everywhere",
		"\nPanics/[1 1]: wrong\npanic: it broke\n", "gradcheck_test.go", "\n2 of 4 right, seed 1",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in %s", want, stdout)
		}
	}
	stdout, stderr, code = runProgram(t, []string{"LANES_TEST_PLANT=wrong"}, "gradcheck", "-strict", "-json", "-run", "Kinks|Right")
	if code != exitError || stderr != "lanes gradcheck: 1 of 2 wrong\n" || !strings.Contains(stdout, `"ok":false,"faults":["1 entries left out, none allowed by -strict"]`) {
		t.Errorf("-strict: exit code %d, log %q, output %s", code, stderr, stdout)
	}
	if stdout, _, code = runProgram(t, []string{"LANES_TEST_PLANT=wrong"}, "gradcheck", "-run", "Kinks|Right"); code != 0 {
		t.Errorf("exit code %d, output %s", code, stdout)
	}
}

// On a terminal the line that says how far it is, is rewritten in place, and goes.
func TestRewrite(t *testing.T) {
	var out bytes.Buffer
	line := &progress{w: &out, terminal: true}
	for _, s := range []string{"abc", "x", ""} {
		line.rewrite(s)
	}
	line.end("done")
	if out.String() != "\rabc\rx  \r \rdone\n" {
		t.Errorf("%q", &out)
	}
}

// An interrupted check prints the rows it has, says where it stopped and exits with 130.
func TestGradcheckInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows cannot send an interrupt to one process")
	}
	c := program([]string{"LANES_TEST_PLANT=slow"}, "gradcheck")
	var log bytes.Buffer
	c.Stderr = &log
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		exitCode(t, err)
	}
	out := bufio.NewReader(pipe)
	if _, err := out.ReadString('\n'); err != nil { // buffered rows have begun to arrive
		t.Fatal(err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	code := exitCode(t, c.Wait())
	if code != exitInterrupt || !bytes.HasSuffix(rest, []byte("right\n")) || !regexp.MustCompile(`^stopped after \d+ of 100000: context canceled\n$`).Match(log.Bytes()) {
		t.Errorf("exit code %d, log %q, output ends with %q", code, &log, rest[max(0, len(rest)-200):])
	}
}
