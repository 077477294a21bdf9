package main

import (
	"bufio"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// smallJobs are all operations at sizes of as many dimensions as their own.
func smallJobs(dtype string) (jobs []elementJob) {
	for _, o := range elementList[float32]() {
		size := map[int]string{0: "1000", 1: "12x20"}[strings.Count(o.sizes[0], "x")]
		if strings.HasSuffix(o.sizes[0], "x784") { // networks want as many inputs
			size = "12x784"
		}
		jobs = append(jobs, newElementJob(o.name, dtype, size))
		if slices.Contains(o.sizes, batch[1]) {
			jobs = append(jobs, newElementJob(o.name, dtype, "2x3x4x5"))
		}
	}
	return jobs
}

// TestElementsAgree: gonum, and PyTorch where it is installed, do the same.
func TestElementsAgree(t *testing.T) {
	defer tensor.SetMaxThreads(0)
	names := []string{"lanes", "gonum"}
	torch, desc, err := openTorch(pythons, asm.Selection().ISA, "", 2)
	if err != nil {
		t.Logf("without PyTorch: %v", err)
	} else {
		t.Logf("PyTorch %s", desc)
		names = append(names, "pytorch")
		defer torch.close()
	}
	var a32 elementArena[float32]
	var a64 elementArena[float64]
	took := map[string]int{}
	for _, j := range append(smallJobs("f32"), smallJobs("f64")...) {
		for _, threads := range []int{1, 2} {
			tensor.SetMaxThreads(threads)
			var cs []*contestant
			if j.dtype == "f32" {
				cs, err = compete(j, &a32, gonum32, names, torch, threads)
			} else {
				cs, err = compete(j, &a64, gonum64, names, torch, threads)
			}
			if err != nil {
				t.Errorf("%s, %d threads: %v", j, threads, err)
			}
			for _, c := range cs {
				if c.clock(2) <= 0 {
					t.Errorf("%s: %s took no time", j, c.name)
				}
				took[c.name]++
				if c.note != "" != (c.name == "pytorch") {
					t.Errorf("%s: %s has kernels %q", j, c.name, c.note)
				}
			}
		}
	}
	if took["gonum"] != len(gonum32)+len(gonum64) || torch != nil && took["pytorch"] != took["lanes"] {
		t.Errorf("took part: %v", took)
	}
}

// TestElementsDisagree: a wrong result is found, of maps and of reductions; one that is
// as rounded as a naive sum is not wrong.
func TestElementsDisagree(t *testing.T) {
	names := []string{"lanes", "gonum"}
	try := func(op string, wrong func(c *elementCase[float32]) func()) error {
		var a elementArena[float32]
		_, err := compete(newElementJob(op, "f32", "1000000"), &a, map[string]func(c *elementCase[float32]) func(){op: wrong}, names, nil, 1)
		return err
	}
	dot := func(from int) func(c *elementCase[float32]) func() {
		return func(c *elementCase[float32]) func() {
			return func() {
				c.scalar = 0
				for i, v := range c.x.Data()[from:] {
					c.scalar += float32(v * c.p.Data()[from+i])
				}
			}
		}
	}
	if err := try("dot", dot(0)); err != nil {
		t.Errorf("a naive sum: %v", err)
	}
	for name, err := range map[string]error{
		"dot without its first element": try("dot", dot(1)),
		"the second greatest": try("max", func(c *elementCase[float32]) func() {
			return func() { c.scalar = tensor.Max(c.x) - 0x1p-23 }
		}),
		"add of other numbers": try("add", func(c *elementCase[float32]) func() {
			return func() {
				for i, v := range c.x.Data() {
					c.d.Data()[i] = v + float32(1.001*c.p.Data()[i])
				}
			}
		}),
		"normal numbers of variance 1.03": try("normal", func(c *elementCase[float32]) func() {
			return func() { tensor.Normal(c.d, 0, 1.015, 3, 4) }
		}),
	} {
		if err == nil || !strings.Contains(err.Error(), "gonum and lanes differ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestElementScript: torchpeer.py has the operations of the list and no others, and
// gonum none that the list has not.
func TestElementScript(t *testing.T) {
	_, list, ok := strings.Cut(torchScript, "\nOPS = {\n")
	list, _, _ = strings.Cut(list, "\n}\n")
	if !ok {
		t.Fatal("no list in the script")
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^    "(\w+)": `).FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	if !slices.Equal(names, elementNames()) {
		t.Errorf("script: %q\nlist:   %q", names, elementNames())
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(gonum32)), slices.Collect(maps.Keys(gonum64))) {
		if !slices.Contains(names, name) {
			t.Errorf("gonum has %s", name)
		}
	}
	for _, o := range elementList[float32]() {
		_, sole, _ := strings.Cut(torchScript, "\nSOLE = [")
		sole, _, _ = strings.Cut(sole, "]")
		if o.sole != strings.Contains(sole, `"`+o.name+`"`) {
			t.Errorf("%s: reads x alone: %v; the script says otherwise", o.name, o.sole)
		}
	}
}

func TestElementOptions(t *testing.T) {
	o, err := parse([]string{"-op", "elements", "-only", "relu,softmax", "-n", "100,200"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, j := range o.elementJobs() {
		got = append(got, j.String())
	}
	want := []string{"relu f32 100", "relu f32 200", "softmax f32 1024x10", "softmax f32 1024x128", "softmax f32 1024x1000", "softmax f32 64x32000"}
	if !slices.Equal(got, want) || len(o.rows()) > 0 || len(o.jobs()) > 0 {
		t.Errorf("%q", got)
	}
	// As it is called without more: float32 with one thread and two, float64 for gonum's
	// sake with one.
	o, err = parse([]string{"-op", "elements"})
	if err != nil {
		t.Fatal(err)
	}
	if th := o.elementThreads(); th[0] != 1 || len(th) != min(2, runtime.NumCPU()) {
		t.Errorf("threads %d", th)
	}
	n := map[string]int{}
	for _, j := range o.elementJobs() {
		n[j.dtype]++
		if j.dtype == "f64" && (j.most != 1 || gonum64[j.op] == nil) {
			t.Errorf("%v with %d threads", j, j.most)
		}
	}
	if n["f32"] < 120 || n["f64"] < 30 {
		t.Errorf("cases: %v", n)
	}
	if o, err = parse([]string{"-op", "elements", "-threads", "2"}); err != nil || !slices.Equal(o.elementThreads(), []int{2}) {
		t.Errorf("%d, %v", o.elementThreads(), err)
	}
	for _, args := range [][]string{{"-op", "elements", "-shape", "2x3x4"}, {"-op", "elements", "-only", "rleu"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q are taken", args)
		}
	}
}

// TestTorchPeer: what a process says that is not PyTorch's side is an error, never a
// time.
func TestTorchPeer(t *testing.T) {
	for answer, ok := range map[string]bool{"0.5 0.25": true, "error no such operation": false, "0.5": false, "x y": false, "": false} {
		toRead, answers := io.Pipe()
		questions, toWrite := io.Pipe()
		proc := &torchProcess{in: toWrite, out: bufio.NewScanner(toRead), kernels: "AVX2"}
		p := &torchPeer{procs: []*torchProcess{proc}}
		asked := make(chan string, 1)
		go func() {
			q := bufio.NewScanner(questions)
			q.Scan()
			asked <- q.Text()
			if answer != "" {
				io.WriteString(answers, answer+"\n")
			}
			answers.Close()
		}()
		got, kernels, err := p.open("relu", "f32", "100", 2)
		if q := <-asked; q != "open relu f32 100 2" {
			t.Errorf("asked %q", q)
		}
		if ok != (err == nil) || ok && (got != [2]float64{0.5, 0.25} || kernels != "AVX2") {
			t.Errorf("answer %q: %v of %q, %v", answer, got, kernels, err)
		}
		questions.Close()
		if p.of = proc; p.failed() != nil {
			t.Errorf("failed before: %v", p.failed())
		}
		if d := p.time(3); d != time.Duration(1) || p.failed() == nil {
			t.Errorf("time of a process that ended: %v, %v", d, p.failed())
		}
	}
	if _, _, err := openTorch([]string{"/nonexistent/python"}, "avx512", "", 1); err == nil {
		t.Error("no error without python")
	}
}
