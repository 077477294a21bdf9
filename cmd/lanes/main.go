// Lanes trains networks and tells what the library uses of a machine. Results go
// to standard output, everything else to standard error.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

const usage = `usage: lanes COMMAND [flags]

	train      train a network on handwritten digits, print the hash of its weights
	gradcheck  check the gradients of every layer and loss, print a table
	profile    train a network for some steps, print how long its layers take
	info       print the CPU, its caches and the instruction set in use
	help       print this

lanes COMMAND -h lists the flags of a command.
`

// Exit codes beside 0.
const (
	exitError     = 1
	exitUsage     = 2
	exitInterrupt = 130 // as a shell reports SIGINT
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the program: a result that cannot be written is a failure.
func run(args []string, stdout, stderr io.Writer) int {
	out := bufio.NewWriter(stdout)
	code := command(args, out, stderr)
	if err := out.Flush(); err != nil {
		fmt.Fprintf(stderr, "lanes: cannot write the output: %v\n", err)
		code = max(code, exitError)
	}
	return code
}

func command(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	switch args[0] {
	case "train":
		return runTrain(args[1:], stdout, stderr)
	case "gradcheck":
		return runGradcheck(args[1:], stdout, stderr)
	case "profile":
		return runProfile(args[1:], stdout, stderr)
	case "info":
		return runInfo(args[1:], stdout, stderr)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	}
	fmt.Fprintf(stderr, "lanes: no command %q; lanes help lists them\n", args[0])
	return exitUsage
}

// parse reads flags; done means that the program ends with code. Help goes to
// stdout, a mistake is one line on stderr.
func parse(f *flag.FlagSet, args []string, stdout, stderr io.Writer) (code int, done bool) {
	f.SetOutput(io.Discard)
	switch err := f.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(stdout, "usage: lanes %s [flags]\n\n", f.Name())
		f.SetOutput(stdout)
		f.PrintDefaults()
		return 0, true
	case err != nil:
		fmt.Fprintf(stderr, "lanes %s: %s; lanes %s -h lists the flags\n", f.Name(), strings.Join(strings.Fields(err.Error()), " "), f.Name())
		return exitUsage, true
	case f.NArg() > 0:
		fmt.Fprintf(stderr, "lanes %s: unexpected argument %q\n", f.Name(), f.Arg(0))
		return exitUsage, true
	}
	return 0, false
}

// interruptible returns a context that an interrupt ends; a second one ends the program at
// once.
func interruptible() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
