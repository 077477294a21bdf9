package main

import (
	"bufio"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lanes-go/lanes/tensor"
)

// smallJobs are all operations at sizes of as many dimensions as their own.
func smallJobs(dtype string) (jobs []elementJob) {
	for i := range elementOps {
		o := &elementOps[i]
		size := map[int]string{0: "1000", 1: "12x20"}[strings.Count(o.sizes[0], "x")]
		jobs = append(jobs, elementJob{o, dtype, size})
		if slices.Contains(o.sizes, batch[1]) {
			jobs = append(jobs, elementJob{o, dtype, "2x3x4x5"})
		}
	}
	return jobs
}

// TestElementsAgree: gonum, and PyTorch where it is installed, do the same.
func TestElementsAgree(t *testing.T) {
	defer tensor.SetMaxThreads(0)
	names := []string{"lanes", "gonum"}
	torch, version, err := openTorch("python3", 2)
	if err != nil {
		t.Logf("without PyTorch: %v", err)
	} else {
		t.Logf("PyTorch %s", version)
		names = append(names, "pytorch")
		defer torch.close()
	}
	gonums := 0
	for _, j := range append(smallJobs("f32"), smallJobs("f64")...) {
		for _, threads := range []int{1, 2} {
			tensor.SetMaxThreads(threads)
			var cs []*contestant
			if j.dtype == "f32" {
				cs, err = compete(j, j.op.f32, j.op.gonum32, names, torch, threads)
			} else {
				cs, err = compete(j, j.op.f64, j.op.gonum, names, torch, threads)
			}
			if err != nil {
				t.Errorf("%s, %d threads: %v", j, threads, err)
			}
			for _, c := range cs {
				if c.clock(2) <= 0 {
					t.Errorf("%s: %s took no time", j, c.name)
				}
				if c.name == "gonum" {
					gonums++
				}
			}
		}
	}
	if gonums < 10 {
		t.Errorf("gonum took part %d times", gonums)
	}
}

// TestElementsDisagree: a wrong result is found.
func TestElementsDisagree(t *testing.T) {
	j := elementJob{&elementOps[slices.Index(elementNames(), "add")], "f64", "1000"}
	wrong := func(x, y, d []float64, r *float64) func() {
		return func() {
			for i := range d {
				d[i] = x[i] + 1.0001*y[i]
			}
		}
	}
	if _, err := compete(j, j.op.f64, wrong, []string{"lanes", "gonum"}, nil, 1); err == nil || !strings.Contains(err.Error(), "gonum and lanes differ") {
		t.Errorf("%v", err)
	}
}

// TestElementScript: torchpeer.py has the operations of the list and no others.
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
		p := &torchPeer{in: toWrite, out: bufio.NewScanner(toRead)}
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
		got, err := p.open("relu", "f32", "100", 2)
		if q := <-asked; q != "open relu f32 100 2" {
			t.Errorf("asked %q", q)
		}
		if ok != (err == nil) || ok && got != [2]float64{0.5, 0.25} {
			t.Errorf("answer %q: %v, %v", answer, got, err)
		}
		questions.Close()
		if d := p.time(3); d != time.Duration(1) || p.failed() == nil {
			t.Errorf("time of a process that ended: %v, %v", d, p.failed())
		}
	}
	if _, _, err := openTorch("/nonexistent/python", 1); err == nil {
		t.Error("no error without python")
	}
}
