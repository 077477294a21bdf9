package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
)

// The test binary is the program too, so that tests can run it.
func TestMain(m *testing.M) {
	mostMemory = 4 << 20 // that there is a number is what the tests are about
	if os.Getenv("LANES_BENCH_IS_PROGRAM") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// program is the program with arguments, not yet started. A test that cannot run
// it (an emulator that runs no second program) is skipped; what it would have
// checked is portable and checked elsewhere.
func program(t *testing.T, args ...string) (cmd *exec.Cmd, out, errs *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	cmd = exec.CommandContext(ctx, exe, args...)
	env := slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "LANES_ISA=") })
	cmd.Env = append(env, "LANES_BENCH_IS_PROGRAM=1")
	out, errs = new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, errs
	return cmd, out, errs
}

func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil && strings.Contains(err.Error(), "exec format") {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
}

func status(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func TestParse(t *testing.T) {
	present := []string{"generic", "avx2"}
	for _, bad := range []string{
		"-op conv", "-dtype f16", "-trans n", "-isa avx512", "-isa foo", "-isa generic,", "-shape 1x2", "-shape 1x2x3,4",
		"-shape 99999999x1x1", "-shape 65536x65536x1", "-threads 0", "-threads 257", "-threads 1,x", "-count -1", "-count 0", "-count 1001",
		"-count x", "-nosuch", "stray", "-compare", "-md", "-json", "-compare -md",
		"-shape " + strings.Repeat("9", 10000),
	} {
		_, _, err := parse(strings.Fields(bad), present, 4)
		if err == nil {
			t.Errorf("%.40s: no error", bad)
		} else if s := oneLine(err); strings.Contains(s, "\n") || len(s) > 310 {
			t.Errorf("%.40s: %q", bad, s)
		}
	}
	if _, _, err := parse([]string{"-isa", "avx512"}, present, 4); err == nil || !strings.Contains(err.Error(), "generic, avx2") {
		t.Errorf("an absent table: %v", err)
	}
	o, _, err := parse(strings.Fields("-compare a -md b -json x c"), present, 4)
	if err != nil || strings.Join(o.files, " ") != "a b c" || !o.markdown || o.json != "x" {
		t.Errorf("%+v, %v", o, err)
	}
	if o, _, _ := parse(nil, present, 1); len(o.threads) != 1 {
		t.Errorf("threads of a machine with one CPU: %v", o.threads)
	}
	if o, _, _ := parse([]string{"-threads", "7,2,7,1"}, present, 1); len(o.threads) != 3 || o.threads[0] != 1 {
		t.Errorf("threads 7,2,7,1: %v", o.threads)
	}
	if _, help, err := parse([]string{"-h"}, present, 4); err != nil || !strings.Contains(help, "-json FILE") {
		t.Errorf("help: %v\n%s", err, help)
	}
}

func TestRows(t *testing.T) {
	var o options
	all, left := o.rows("avx512")
	if len(left) != 0 || len(all) != len(shapes.All())-4 {
		t.Errorf("%d rows, %d left out", len(all), len(left))
	}
	plain, left := o.rows("generic")
	if len(plain)+len(left) != len(shapes.All()) || len(left) == 0 {
		t.Errorf("plain table: %d rows, %d left out of %d", len(plain), len(left), len(shapes.All()))
	}
	for _, r := range plain {
		if r.Flops() > plainFlops {
			t.Errorf("%s: %.2g FLOP on the plain table", r.Shape(), r.Flops())
		}
	}
	o = options{shapes: []string{"1x2x3", "4x5x6"}, ops: []string{"packed"}, trans: []string{"nn", "nt", "tn"}, dtypes: []string{"f32", "f64"}}
	if rows, _ := o.rows("avx2"); len(rows) != 8 {
		t.Errorf("%v", rows)
	}
}

// A run of the whole program: every table, JSON alone on standard output.
func TestProgram(t *testing.T) {
	cmd, out, errs := program(t, "-quick", "-count", "1", "-shape", "17x33x65", "-trans", "nt", "-op", "gemm,packed", "-json", "-")
	start(t, cmd)
	if s := status(t, cmd); s != 0 {
		t.Fatalf("status %d: %s", s, errs)
	}
	rs, err := readRecords(out)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	found := map[string]int{}
	for _, r := range rs {
		if err := r.check(); err != nil {
			t.Errorf("%+v: %v", r, err)
		}
		found[r.ISA+" "+r.Op]++
		if r.Op == "gemm" && r.Bits != golden["gemm f32 nt 17x33x65"] {
			t.Errorf("%s: bits %s", r.ISA, r.Bits)
		}
	}
	for _, isa := range asm.Selection().Available {
		for _, op := range []string{"gemm", "packed", "fma", "read", "write", "copy"} {
			if found[isa+" "+op] == 0 {
				t.Errorf("no record of %s on %s", op, isa)
			}
		}
	}
	for _, want := range []string{"cpu ", "caches ", "features ", "present, not used", "table ", "== generic ==", "peak "} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
}

// What is wrong is said in one line, with status 2, and touches no file.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/bad.jsonl", "{\n")
	write(t, dir+"/keep.jsonl", "old")
	for _, args := range [][]string{
		{"-isa", "foo"}, {"-shape", "huge"}, {"-compare", dir + "/none.jsonl"}, {"-compare", dir + "/bad.jsonl"}, {"-compare", dir},
		{"-json", dir + "/no/such", "-quick"}, {"-json", dir, "-quick"}, {"-isa", "generic", "-shape", "1024x1024x1024", "-json", dir + "/keep.jsonl"},
		{"-op", "packed", "-trans", "tt", "-json", dir + "/keep.jsonl"}, {"-docs", "-md"}, {"-child", "x"},
	} {
		cmd, out, errs := program(t, args...)
		cmd.Dir = dir
		start(t, cmd)
		s := status(t, cmd)
		if s != 2 || out.Len() > 0 || strings.Count(errs.String(), "\n") != 1 || !strings.HasPrefix(errs.String(), "bench: ") {
			t.Errorf("%v: status %d, stdout %q, stderr %q", args, s, out, errs)
		}
	}
	absent := "neon"
	if runtime.GOARCH == "arm64" {
		absent = "avx2"
	}
	for _, isa := range []string{"foo", absent} {
		cmd, _, errs := program(t, "-quick")
		cmd.Env = append(cmd.Env, "LANES_ISA="+isa)
		start(t, cmd)
		if s := status(t, cmd); s != 2 || strings.Count(errs.String(), "\n") != 1 ||
			!strings.Contains(errs.String(), strings.Join(asm.Selection().Available, ", ")) {
			t.Errorf("LANES_ISA=%s: status %d, %q", isa, s, errs)
		}
	}
	if s, _ := readSmall(dir + "/keep.jsonl"); s != "old" {
		t.Errorf("the file holds %q", s)
	}
	if left, _ := filepath.Glob(dir + "/*.tmp*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What cannot be written is said in one line, with status 2, and touches no file.
func TestOutputFull(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/keep.jsonl", "old")
	write(t, dir+"/a.jsonl", line(sampleRecord()))
	for _, args := range [][]string{
		{"-h"}, {"-compare", dir + "/a.jsonl"}, {"-quick", "-json", dir + "/keep.jsonl"},
		{"-quick", "-count", "1", "-shape", "8x8x8", "-op", "gemm", "-isa", "generic", "-json", "-"},
	} {
		device, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Skip(err)
		}
		defer device.Close()
		cmd, _, errs := program(t, args...)
		cmd.Stdout = device
		start(t, cmd)
		s := status(t, cmd)
		lines := strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
		last := lines[len(lines)-1]
		if s != 2 || !strings.HasPrefix(last, "bench: cannot write the output: ") || len(lines) > 1 && args[len(args)-1] != "-" {
			t.Errorf("%v: status %d, %q", args, s, errs)
		}
	}
	if s, _ := readSmall(dir + "/keep.jsonl"); s != "old" {
		t.Errorf("the file holds %q", s)
	}
	if left, _ := filepath.Glob(dir + "/*.tmp*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestInterrupt(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no interrupt can be sent to one process here")
	}
	dir := t.TempDir()
	write(t, dir+"/keep.jsonl", "old")
	cmd, _, errs := program(t, "-json", dir+"/keep.jsonl")
	start(t, cmd)
	// The temporary file is there once the program listens.
	for range 600 {
		if m, _ := filepath.Glob(dir + "/*.tmp*"); len(m) > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	time.Sleep(300 * time.Millisecond)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if s := status(t, cmd); s != 130 || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("status %d, %q", s, errs)
	}
	if s, _ := readSmall(dir + "/keep.jsonl"); s != "old" {
		t.Errorf("the file holds %q", s)
	}
	if left, _ := filepath.Glob(dir + "/*.tmp*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}
