//go:build unix

package main

import (
	"os"
	"syscall"
)

// become makes this process the program with another environment. It returns only
// on failure.
func become(program string, env []string) { syscall.Exec(program, os.Args, env) }
