// Package rerun writes the command that runs a failed test again.
package rerun

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
)

// Command is the command that runs the test of that name again with an environment
// variable set to a seed, for a shell of this system, from anywhere inside the module of
// the test, which must be on the stack.
func Command(name, variable string, seed uint64) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	pattern := strings.Join(parts, "/")
	flags := "-run " + quote(pattern)
	if strings.HasPrefix(name, "Benchmark") {
		flags = "-run " + quote("^$") + " -bench " + quote(pattern)
	}
	set := fmt.Sprintf("%s=%d", variable, seed)
	if runtime.GOOS == "windows" { // PowerShell
		set = fmt.Sprintf("$env:%s=%d;", variable, seed)
	}
	return fmt.Sprintf("%s go test %s %s", set, flags, testPackage())
}

// quote makes one word for a POSIX shell and for PowerShell.
func quote(s string) string {
	if runtime.GOOS == "windows" {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// testPackage is the import path of the test on the stack: what is below
// testing.tRunner or its like. "." if there is none, as in another goroutine.
func testPackage() string {
	pc := make([]uintptr, 64)
	frames := runtime.CallersFrames(pc[:runtime.Callers(2, pc)])
	below := ""
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "testing.") && below != "" {
			return importPath(below)
		}
		if !strings.HasPrefix(f.Function, "reflect.") && !strings.HasPrefix(f.Function, "runtime.") {
			below = f.Function
		}
		if !more {
			return "."
		}
	}
}

// importPath is the package of a function as the runtime names it:
// example.com/a%2eb/pkg_test.TestX.func1 gives example.com/a.b/pkg.
func importPath(function string) string {
	slash := strings.LastIndex(function, "/") + 1
	dot := strings.Index(function[slash:], ".")
	if dot < 0 {
		return "."
	}
	path := function[:slash+dot]
	if path == "main" {
		return "."
	}
	return strings.ReplaceAll(strings.TrimSuffix(path, "_test"), "%2e", ".")
}
