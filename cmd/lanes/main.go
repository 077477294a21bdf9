// Lanes trains networks and tells what the library uses of a machine. Results go
// to standard output, everything else to standard error.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

const usage = `usage: lanes COMMAND [flags]

	train   train a network on handwritten digits, print the hash of its weights
	info    print the CPU, its caches and the instruction set in use
	help    print this

lanes COMMAND -h lists the flags of a command.
`

// Exit codes beside 0.
const (
	exitError     = 1
	exitUsage     = 2
	exitInterrupt = 130 // as a shell reports SIGINT
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "train":
		return runTrain(args[1:], stdout, stderr)
	case "info":
		return runInfo(args[1:], stdout, stderr)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "lanes: no command %q; lanes help lists them\n", args[0])
	return exitUsage
}

// parse reads flags; done means that the program ends with code.
func parse(f *flag.FlagSet, args []string, stderr io.Writer) (code int, done bool) {
	f.SetOutput(stderr)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0, true
	case err != nil:
		return exitUsage, true
	case f.NArg() > 0:
		fmt.Fprintf(stderr, "lanes %s: unexpected argument %q\n", f.Name(), f.Arg(0))
		return exitUsage, true
	}
	return 0, false
}
