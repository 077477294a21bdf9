//go:build !unix

package main

// become does nothing where a process cannot become another.
func become(program string, env []string) {}
