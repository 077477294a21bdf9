package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/lanes-go/lanes/asm"
)

// The table is chosen once, when a process starts. So each instruction set is
// measured by this program run again with LANES_ISA set: the plan goes to its
// standard input, messages come from its standard output.

// message is one line from the child; one of its fields is set.
type message struct {
	Progress string  `json:",omitempty"`
	Left     string  `json:",omitempty"`
	Record   *Record `json:",omitempty"`
}

var running atomic.Pointer[os.Process]

// stopChild ends the child, if there is one.
func stopChild() {
	if p := running.Load(); p != nil {
		p.Kill()
	}
}

// errOnlyOnce is a system where a program cannot run another: a browser, an
// emulator.
var errOnlyOnce = errors.New("the program cannot run itself again here")

// measureOn measures the plan on a table, here if alone says that no other table
// is asked for, or where a program cannot run another.
func measureOn(isa string, sel asm.Selected, alone bool, p plan, progress func(string)) (rs []Record, left []string, err error) {
	here := func() ([]Record, []string, error) {
		rs, left := measure(p, progress)
		return rs, left, nil
	}
	if alone && isa == sel.ISA {
		return here()
	}
	plan, err := json.Marshal(p)
	if err != nil {
		return nil, nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	cmd := exec.Command(exe, "-child")
	cmd.Env = append(os.Environ(), "LANES_ISA="+isa)
	cmd.Stdin = strings.NewReader(string(plan))
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		if isa == sel.ISA {
			return here()
		}
		return nil, nil, fmt.Errorf("%w (LANES_ISA=%s does it): %w", errOnlyOnce, isa, err)
	}
	running.Store(cmd.Process)
	defer running.Store(nil)
	sc := bufio.NewScanner(pipe)
	sc.Buffer(nil, maxLine)
	for sc.Scan() {
		var m message
		if err := json.Unmarshal(sc.Bytes(), &m); err != nil {
			stopChild()
			return nil, nil, err
		}
		switch {
		case m.Record != nil:
			rs = append(rs, *m.Record)
		case m.Left != "":
			left = append(left, m.Left)
		default:
			progress(m.Progress)
		}
	}
	if err := errors.Join(sc.Err(), cmd.Wait()); err != nil {
		return nil, nil, fmt.Errorf("the run with LANES_ISA=%s: %w", isa, err)
	}
	if len(rs) == 0 || rs[0].ISA != isa {
		return nil, nil, fmt.Errorf("the run with LANES_ISA=%s did not use that table", isa)
	}
	return rs, left, nil
}

// child is the program run again.
func child(in io.Reader, out io.Writer) int {
	var p plan
	if err := json.NewDecoder(in).Decode(&p); err != nil || len(p.Rows) == 0 || len(p.Threads) == 0 || p.Rounds < 1 {
		fmt.Fprintln(os.Stderr, "bench: -child is for the program's own use")
		return 2
	}
	e := json.NewEncoder(out)
	var failed error
	send := func(m message) {
		if err := e.Encode(m); failed == nil {
			failed = err
		}
	}
	rs, left := measure(p, func(s string) { send(message{Progress: s}) })
	for i := range rs {
		send(message{Record: &rs[i]})
	}
	for _, l := range left {
		send(message{Left: l})
	}
	if failed != nil {
		fmt.Fprintln(os.Stderr, "bench:", cannotWrite(failed))
		return 2
	}
	return 0
}
