package main

import (
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

func runInfo(args []string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("info", flag.ContinueOnError)
	isa := f.String("isa", "", "instruction set to use instead of the best")
	if code, done := parse(f, args, stdout, stderr); done {
		return code
	}
	if code, done := useISA(*isa, stderr); done {
		return code
	}
	s, c := asm.Selection(), asm.Caches()
	fmt.Fprintf(stdout, "cpu        %s\n", s.CPU)
	fmt.Fprintf(stdout, "caches     %s L1, %s L2, %s L3 (as the library takes them)\n", size(c.L1), size(c.L2), size(c.L3))
	fmt.Fprintf(stdout, "isa        %s (%s)\n", s.ISA, s.Reason)
	fmt.Fprintf(stdout, "available  %s\n", strings.Join(s.Available, ", "))
	fmt.Fprintf(stdout, "threads    %d\n", tensor.MaxThreads())
	fmt.Fprintf(stdout, "go         %s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return 0
}

func size(bytes int) string {
	if bytes >= 1<<20 && bytes%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", bytes>>20)
	}
	return fmt.Sprintf("%d KiB", bytes>>10)
}
