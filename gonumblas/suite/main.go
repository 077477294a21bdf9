// Suite runs gonum's own tests with the backend of this module in the place of
// gonum's BLAS: those of mat, lapack/gonum, stat and optimize, and of what lies under
// them. Run it in the directory of the module:
//
//	GOWORK=off go run ./suite [flags] [-- flags of go test]
//
// It copies gonum's source, as the module cache has it, into a temporary directory,
// gives it a go.mod that asks for this module and nothing else, and lays a test file
// over each package (go test -overlay) that swaps the backend in before any test and
// proves afterwards that it was called. Of the modules that gonum's go.mod asks for,
// only those that these packages import are fetched, golang.org/x/tools for stat.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// backends are the ways to be put into use: each an option of the overlay.
var backends = []string{"plain", "samebits", "lapack"}

// patterns are gonum's packages, quickPatterns those that take seconds.
var (
	patterns      = []string{"./mat/...", "./lapack/...", "./stat/...", "./optimize/..."}
	quickPatterns = []string{"./mat", "./stat", "./optimize"}
)

type options struct {
	quick    bool
	keep     bool
	backends []string
	packages []string
	test     []string // flags of go test
}

func parse(args []string, out io.Writer) (o options, err error) {
	fs := flag.NewFlagSet("suite", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	backend := fs.String("backend", strings.Join(backends, ","), "what is swapped in: plain (Float64{}, Float32{}), samebits (SameBits: true),\nlapack (plain, with LAPACK{} in lapack64)")
	fs.BoolVar(&o.quick, "quick", false, "only "+strings.Join(quickPatterns, " ")+", with -short")
	fs.BoolVar(&o.keep, "keep", false, "leave the temporary directory and print its name")
	pkgs := fs.String("packages", "", "gonum's packages instead, as ./mat,./stat/...")
	if err := fs.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fs.SetOutput(out)
			fmt.Fprintln(out, "usage: suite [flags] [-- flags of go test]")
			fs.PrintDefaults()
		}
		return o, err
	}
	o.test = fs.Args()
	if i := slices.Index(args, "--"); len(o.test) > 0 && (i < 0 || len(args)-i-1 != len(o.test)) {
		return o, fmt.Errorf("unexpected argument %q; flags of go test come after --", o.test[0])
	}
	o.backends = strings.Split(*backend, ",")
	for _, b := range o.backends {
		if !slices.Contains(backends, b) {
			return o, fmt.Errorf("-backend %q: want %s", b, strings.Join(backends, ", "))
		}
	}
	switch {
	case *pkgs != "":
		o.packages = strings.Split(*pkgs, ",")
		for _, p := range o.packages {
			if !strings.HasPrefix(p, "./") {
				return o, fmt.Errorf("-packages %q: want paths in gonum that begin with ./", p)
			}
		}
	case o.quick:
		o.packages = quickPatterns
	default:
		o.packages = patterns
	}
	if o.quick {
		o.test = append([]string{"-short"}, o.test...)
	}
	return o, nil
}

func main() {
	o, err := parse(os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "suite:", err)
		os.Exit(1)
	}
}

func run(o options) error {
	dirs, err := modules()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "gonumsuite")
	if err != nil {
		return err
	}
	if o.keep {
		fmt.Fprintln(os.Stderr, "suite: in", tmp)
	} else {
		interrupted := make(chan os.Signal, 1)
		signal.Notify(interrupted, os.Interrupt)
		go func() { // go test gets the signal, too, and ends
			<-interrupted
			signal.Stop(interrupted)
		}()
		defer os.RemoveAll(tmp)
	}
	src := filepath.Join(tmp, "gonum")
	if err := prepare(dirs, src); err != nil {
		return err
	}
	if err := requireMissing(dirs, src, o.packages); err != nil {
		return err
	}
	pkgs, err := listPackages(src, o.packages)
	if err != nil {
		return err
	}
	for _, l := range loosened {
		if slices.ContainsFunc(pkgs, func(p gonumPackage) bool { return p.path == "./"+path.Dir(l.file) }) {
			fmt.Printf("== changed in %s, %s: %s\n", l.file, l.test, l.why)
		}
	}
	failed := 0
	for _, b := range o.backends {
		overlay, err := writeOverlay(tmp, src, b, pkgs)
		if err != nil {
			return err
		}
		fmt.Printf("== gonum's tests on %s: %d packages\n", b, len(pkgs))
		args := append([]string{"test", "-count=1", "-overlay", overlay}, o.test...)
		for _, p := range pkgs {
			args = append(args, p.path)
		}
		cmd := goCommand(src, args...)
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			fmt.Printf("== %s: FAIL: go test: %v\n", b, err)
			failed++
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d backends failed", failed, len(o.backends))
	}
	return nil
}

// goCommand is the go tool in dir, on its own module.
func goCommand(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	return cmd
}

func goOutput(dir string, args ...string) (string, error) {
	cmd := goCommand(dir, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
