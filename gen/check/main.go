// Command check inspects the assembly of lanes and what the Go compiler makes of
// its plain bodies. Run it in gen:
//
//	go run ./check text        the .s files: registers, VZEROUPPER, Requires
//	go run ./check objects     the linked AVX2 kernels: no EVEX instruction
//	go run ./check fuse        no compiler-made fused multiply-add on any target
//	go run ./check published   cmd and bench install from a module proxy
//	go run ./check cost        what importing tensor costs: packages, size, init
//
// objects and fuse first check themselves on a planted example. All but text need the
// go command; objects, and fuse for amd64, need GNU objdump.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const module = "github.com/lanes-go/lanes"

var commands = map[string]func(root string, args []string) error{
	"text":      checkText,
	"objects":   checkObjects,
	"fuse":      checkFuse,
	"published": checkPublished,
	"cost":      checkCost,
}

func main() {
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: check text|objects|fuse|published|cost")
		os.Exit(2)
	}
	root, err := filepath.Abs("..")
	if err == nil {
		err = commands[os.Args[1]](root, os.Args[2:])
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "check %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

// command runs a program in dir with extra environment and returns its standard
// output; an error carries what it wrote to standard error.
func command(dir string, env []string, name string, args ...string) ([]byte, error) {
	out, _, err := outputs(dir, env, name, args...)
	return out, err
}

// standardError is command, but returns what the program wrote to standard error.
func standardError(dir string, env []string, name string, args ...string) (string, error) {
	_, stderr, err := outputs(dir, env, name, args...)
	return stderr, err
}

func outputs(dir string, env []string, name string, args ...string) ([]byte, string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s %s: %w\n%s", strings.Join(env, " "), name, strings.Join(args, " "), err, stderr.String())
	}
	return out, stderr.String(), err
}

// report turns findings into one error.
func report(findings []string) error {
	if len(findings) == 0 {
		return nil
	}
	return fmt.Errorf("%d findings:\n%s", len(findings), strings.Join(findings, "\n"))
}
