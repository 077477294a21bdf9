package main

import (
	"bufio"
	_ "embed"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed torchpeer.py
var torchScript string

// torchPeer is PyTorch in a process of its own, where torchpeer.py waits for work: one case
// at a time. It takes the time itself, so that the way there does not count.
type torchPeer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
	err error
}

// openTorch starts python, which must have torch, and returns its version. Its threads
// are as many as the most that a case will have.
func openTorch(python string, threads int) (p *torchPeer, version string, err error) {
	cmd := exec.Command(python, "-u", "-c", torchScript)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS="+strconv.Itoa(threads), "MKL_NUM_THREADS="+strconv.Itoa(threads), "PYTHONWARNINGS=ignore")
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
	p = &torchPeer{cmd: cmd, in: in, out: bufio.NewScanner(out)}
	if !p.out.Scan() || !strings.HasPrefix(p.out.Text(), "ready ") {
		p.close()
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return nil, "", fmt.Errorf("%s: %.200s", python, lines[len(lines)-1])
	}
	return p, strings.TrimPrefix(p.out.Text(), "ready "), nil
}

func (p *torchPeer) close() {
	if p != nil {
		p.in.Close()
		p.cmd.Wait()
	}
}

func (p *torchPeer) failed() error {
	if p == nil {
		return nil
	}
	return p.err
}

// ask sends a line and returns the numbers of the answer.
func (p *torchPeer) ask(format string, args ...any) (numbers []float64, err error) {
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

// open makes a case and returns what says its result, as compete does.
func (p *torchPeer) open(name, dtype, size string, threads int) (got [2]float64, err error) {
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
func (p *torchPeer) time(iters int) time.Duration {
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
