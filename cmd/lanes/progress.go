package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/lanes-go/lanes/nn/train"
)

// progress is the line that says how far the training is: rewritten in place on a
// terminal, one plain line an epoch elsewhere.
type progress struct {
	w        io.Writer
	terminal bool
	last     time.Time
	width    int // of what stands on the terminal's line
}

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

func (l *progress) show(p train.Progress) {
	if !p.EpochDone && (!l.terminal || time.Since(l.last) < 100*time.Millisecond) {
		return
	}
	l.last = time.Now()
	s := fmt.Sprintf("epoch %d/%d  step %d/%d  loss %.4f", p.Epoch, p.Epochs, p.Step, p.Steps, p.Loss)
	if p.EpochDone {
		s += fmt.Sprintf("  accuracy %.4f", p.Accuracy)
	}
	s += fmt.Sprintf("  %.3f ms/step", float64(p.StepTime)/float64(time.Millisecond))
	if !l.terminal {
		fmt.Fprintln(l.w, s)
		return
	}
	l.rewrite(s)
}

// rewrite puts s in place of the line, on a terminal only.
func (l *progress) rewrite(s string) {
	if !l.terminal {
		return
	}
	fmt.Fprintf(l.w, "\r%s%s", s, strings.Repeat(" ", max(0, l.width-len(s))))
	if l.width = len(s); s == "" {
		fmt.Fprint(l.w, "\r")
	}
}

// end leaves the progress line and prints another one, if any.
func (l *progress) end(s string) {
	if l.terminal && l.width > 0 {
		fmt.Fprintln(l.w)
	}
	if s != "" {
		fmt.Fprintln(l.w, s)
	}
}
