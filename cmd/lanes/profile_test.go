package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"os"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

func profileHere(args string) (stdout, stderr string, code int) {
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(0))
	var out, log bytes.Buffer
	code = run(append([]string{"profile"}, strings.Fields(args)...), &out, &log)
	return out.String(), log.String(), code
}

func TestProfile(t *testing.T) {
	for _, dtype := range []string{"f32", "f64"} {
		stdout, stderr, code := profileHere("-steps 2 -batch 4 -threads 2 -dtype " + dtype)
		if code != 0 || !strings.HasSuffix(stderr, ", 2 threads: 2 steps to warm up, 2 to measure\n") {
			t.Fatalf("exit code %d, log %q", code, stderr)
		}
		for _, want := range []string{
			`^mlp, batch 4, ` + dtype + `, \w+, 2 threads, means of 2 steps: few, [^\n]*\n\nlayer `,
			`\n0 +Linear\(784 -> 512\) +\d+\.\d+ +\d+\.\d+ +\d+\.\d+ +\d+\.\d\n`,
			`\n1\+2 +BatchNorm1d\(512\) \+ ReLU `,
			`\n6 +Linear\(256 -> 10\) `,
			`\nloss +\d+\.\d+ +\d+\.\d\nupdate +\d+\.\d+ +\d+\.\d\nstep `,
			`\n\nproducts `, `\nnormalisation `, `\nloss `, `\nupdate `,
		} {
			if !regexp.MustCompile(want).MatchString(stdout) {
				t.Errorf("no %q in\n%s", want, stdout)
			}
		}
	}
}

func TestProfileJSON(t *testing.T) {
	stdout, stderr, code := profileHere("-steps 1 -batch 4 -json")
	var r profileResult
	d := json.NewDecoder(strings.NewReader(stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v, output %q, log %q", code, err, stdout, stderr)
	}
	if r.Net != "mlp" || r.Batch != 4 || r.Steps != 1 || r.DType != "f32" || r.Threads < 1 || r.Layers[0].Name != "0" || r.Layers[0].Kind != "products" || r.Layers[0].Forward <= 0 || r.Layers[0].Backward <= 0 {
		t.Errorf("%+v", r)
	}
	percent, ms := 0.0, 0.0
	for _, k := range r.Kinds {
		percent += k.Percent
		ms += k.All
	}
	if math.Abs(percent-100) > 1e-6 || math.Abs(ms-r.Step.All) > 1e-6*ms || math.Abs(r.Step.Percent-100) > 1e-6 {
		t.Errorf("the kinds make up %v ms, %v%% of a step of %v", ms, percent, r.Step)
	}
}

func TestProfileFlags(t *testing.T) {
	for args, want := range map[string]string{
		"-net cnn":        `-net "cnn": want mlp`,
		"-batch 1":        "-batch 1: want 2 to 65536",
		"-batch 100000":   "-batch 100000",
		"-steps 0":        "-steps 0: want 1 to 1000000",
		"-steps 10000000": "-steps 10000000",
		"-dtype f16":      `-dtype "f16": want f32 or f64`,
		"-threads -1":     "-threads -1: want 1 or more, or 0",
		"-isa sse9":       "-isa sse9: no such instruction set",
		"-nonsense":       "lanes profile: flag provided but not defined: -nonsense; lanes profile -h lists the flags\n",
		"more":            `unexpected argument "more"`,
	} {
		stdout, stderr, code := profileHere(args)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("profile %s: exit code %d, output %q, log %q", args, code, stdout, stderr)
		}
	}
	if stdout, _, code := profileHere("-h"); code != 0 || !strings.Contains(stdout, "784-512-256-10") {
		t.Errorf("exit code %d, output %q", code, stdout)
	}
	if code := run([]string{"profile", "-steps", "1", "-batch", "2"}, &full{10}, io.Discard); code != exitError {
		t.Errorf("a result that cannot be written: exit code %d", code)
	}
}

func TestProfileInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows cannot send an interrupt to one process")
	}
	c := program(nil, "profile", "-steps", "1000000")
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
	if line, err := log.ReadString('\n'); err != nil || !strings.Contains(line, "to measure") {
		t.Fatal(line, err)
	}
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(log)
	if code := exitCode(t, c.Wait()); code != exitInterrupt || out.Len() != 0 || !regexp.MustCompile(`^stopped after step \d+ of 1000010: context canceled\n$`).Match(rest) {
		t.Errorf("exit code %d, output %q, log %q", code, &out, rest)
	}
}
