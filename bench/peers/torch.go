package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed torchpeer.py
var torchScript string

// torchPeer is PyTorch, as often as it has kernels to choose from on this CPU: some are
// the faster ones for some operations, and each case is run by its fastest.
type torchPeer struct {
	procs []*torchProcess
	of    *torchProcess // that of the case that is open
}

// torchProcess is PyTorch in a process of its own, where torchpeer.py waits for work: one
// case at a time. It takes the time itself, so that the way there does not count.
type torchProcess struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Scanner
	err     error
	kernels string
}

// openTorch starts python, one of those named that has torch. PyTorch before 2 takes its
// AVX2 kernels where it has AVX-512 ones too, so with the table avx512 both are started;
// with another one its own. OpenBLAS, which may be under it, gets the core type.
// Its threads are as many as the most that a case will have.
func openTorch(pythons []string, isa, core string, threads int) (p *torchPeer, desc string, err error) {
	want := map[string][]string{"avx512": {"avx2", "avx512"}, "avx2": {"avx2"}}[isa]
	if want == nil {
		want = []string{""}
	}
	p = &torchPeer{}
	var all []string
	for _, python := range pythons {
		for _, kernels := range want {
			t, version, e := startTorch(python, kernels, core, threads)
			if e != nil {
				if err == nil {
					err = e
				}
				continue
			}
			if slices.Contains(all, t.kernels) { // it has no others
				t.close()
				continue
			}
			p.procs, all = append(p.procs, t), append(all, t.kernels)
			desc = version + " of " + python
		}
		if len(p.procs) > 0 {
			return p, desc + ", kernels " + strings.Join(all, " or "), nil
		}
	}
	return nil, "", err
}

// startTorch starts one process and returns PyTorch's version.
func startTorch(python, kernels, core string, threads int) (p *torchProcess, version string, err error) {
	cmd := exec.Command(python, "-u", "-c", torchScript)
	n := strconv.Itoa(threads)
	// Pinned, and spinning for about 0.1 ms: threads that move, or that the spinning of
	// others keeps from a CPU, are late by milliseconds.
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+n, "MKL_NUM_THREADS="+n, "OPENBLAS_NUM_THREADS="+n,
		"OMP_PROC_BIND=true", "OMP_PLACES=cores", "GOMP_SPINCOUNT=20000", "PYTHONWARNINGS=ignore")
	if kernels != "" {
		cmd.Env = append(cmd.Env, "ATEN_CPU_CAPABILITY="+kernels)
	}
	if core != "" {
		cmd.Env = append(cmd.Env, "OPENBLAS_CORETYPE="+core)
	}
	var said strings.Builder
	cmd.Stderr = &said
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	p = &torchProcess{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	var words []string
	if p.out.Scan() {
		words = strings.Fields(p.out.Text())
	}
	if len(words) != 3 || words[0] != "ready" {
		p.close()
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return nil, "", fmt.Errorf("%s: %.200s", python, lines[len(lines)-1])
	}
	p.kernels = words[2]
	return p, words[1], nil
}

func (p *torchProcess) close() {
	p.in.Close()
	p.cmd.Wait()
}

func (p *torchPeer) close() {
	if p != nil {
		for _, t := range p.procs {
			t.close()
		}
	}
}

// failed is what has gone wrong while the time was taken.
func (p *torchPeer) failed() error {
	if p == nil || p.of == nil {
		return nil
	}
	return p.of.err
}

// open makes a case in every process, and the one that is the fastest at it that of the
// case. It returns what says its result, as compete does, and which kernels those are.
func (p *torchPeer) open(name, dtype, size string, threads int) (got [2]float64, kernels string, err error) {
	best := time.Duration(0)
	for _, t := range p.procs {
		v, err := t.open(name, dtype, size, threads)
		if err != nil {
			return got, "", err
		}
		d := time.Duration(1)
		if len(p.procs) > 1 {
			d = t.trial()
		}
		if t.err != nil {
			return got, "", t.err
		}
		if best == 0 || d < best {
			best, p.of, got = d, t, v
		}
	}
	return got, p.of.kernels, nil
}

// trial is the time of a call, the best of a few samples of 0.3 ms.
func (p *torchProcess) trial() (best time.Duration) {
	p.time(1)
	once := max(p.time(1), 1)
	n := max(1, int(300*time.Microsecond/once))
	best = p.time(n)
	for range 4 {
		best = min(best, p.time(n))
	}
	return best / time.Duration(n)
}

// time runs the case that is open.
func (p *torchPeer) time(iters int) time.Duration { return p.of.time(iters) }

// ask sends a line and returns the numbers of the answer.
func (p *torchProcess) ask(format string, args ...any) (numbers []float64, err error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return nil, fmt.Errorf("pytorch: %w", err)
	}
	if !p.out.Scan() {
		return nil, fmt.Errorf("pytorch ended: %w", io.ErrUnexpectedEOF)
	}
	if e, ok := strings.CutPrefix(p.out.Text(), "error "); ok {
		return nil, fmt.Errorf("pytorch: %s", e)
	}
	for _, w := range strings.Fields(p.out.Text()) {
		v, err := strconv.ParseFloat(w, 64)
		if err != nil {
			return nil, fmt.Errorf("pytorch: %.80q", p.out.Text())
		}
		numbers = append(numbers, v)
	}
	return numbers, nil
}

// open makes a case and returns what says its result.
func (p *torchProcess) open(name, dtype, size string, threads int) (got [2]float64, err error) {
	v, err := p.ask("open %s %s %s %d", name, dtype, size, threads)
	if err == nil && len(v) != 2 {
		err = fmt.Errorf("pytorch: %v is not a result", v)
	}
	if err != nil {
		return got, err
	}
	return [2]float64(v), nil
}

// time runs the case that is open.
func (p *torchProcess) time(iters int) time.Duration {
	v, err := p.ask("time %d", iters)
	if err == nil && (len(v) != 1 || v[0] <= 0) {
		err = fmt.Errorf("pytorch: %v is not a time", v)
	}
	if err != nil {
		if p.err == nil {
			p.err = err
		}
		return 1
	}
	return time.Duration(v[0])
}
