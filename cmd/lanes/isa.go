package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"github.com/lanes-go/lanes/asm"
)

// again is set in the environment of a program that -isa runs again.
const again = "LANES_RUN_AGAIN"

// useISA makes sure that the program runs on the table the user asked for, by the
// flag or by LANES_ISA. The table is chosen when a program starts, so a flag that
// differs runs the program again with LANES_ISA set. done means that the program
// ends with code.
func useISA(want string, stderr io.Writer) (code int, done bool) {
	if want == "" {
		if err := asm.CheckISA(); err != nil {
			if !asm.Selection().Warned {
				fmt.Fprintf(stderr, "lanes: %v\n", err)
			}
			return exitUsage, true
		}
		return 0, false
	}
	s := asm.Selection()
	if !slices.Contains(s.Available, want) {
		fmt.Fprintf(stderr, "lanes: -isa %s: no such instruction set on this machine; available: %s\n", want, strings.Join(s.Available, ", "))
		return exitUsage, true
	}
	if s.ISA == want {
		return 0, false
	}
	program, err := os.Executable()
	if err != nil {
		fmt.Fprintf(stderr, "lanes: -isa %s: %v\n", want, err)
		return exitError, true
	}
	if os.Getenv(again) != "" { // never twice
		fmt.Fprintf(stderr, "lanes: -isa %s: %s runs all the same\n", want, s.ISA)
		return exitError, true
	}
	os.Setenv("LANES_ISA", want)
	os.Setenv(again, "1")
	env := os.Environ()
	become(program, env)
	c := exec.Command(program, os.Args[1:]...)
	c.Env = env
	c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
	signal.Ignore(os.Interrupt) // the console sends it to the other process as well, which ends
	var exit *exec.ExitError
	if err := c.Run(); errors.As(err, &exit) {
		return max(exitError, exit.ExitCode()), true
	} else if err != nil {
		fmt.Fprintf(stderr, "lanes: -isa %s: %v\n", want, err)
		return exitError, true
	}
	return 0, true
}
