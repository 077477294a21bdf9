package main

import (
	"slices"
	"testing"
	"time"
)

func TestForeign(t *testing.T) {
	good := []string{
		"github.com/klauspost/cpuid/v2", "github.com/klauspost/cpuid/v2/topology", "golang.org/x/sys/unix",
		module + "/asm", module + "/tensor", module + "/internal/scratch", "command-line-arguments",
	}
	if bad := foreign(good); len(bad) > 0 {
		t.Errorf("foreign: %q", bad)
	}
	planted := []string{"github.com/klauspost/compress", "golang.org/x/exp/rand", module + "/nn", "gonum.org/v1/gonum/blas", module + "/internal/golden/x"}
	if bad := foreign(slices.Concat(good, planted)); !slices.Equal(bad, planted) {
		t.Errorf("of %q only %q is foreign", planted, bad)
	}
}

func TestParseInit(t *testing.T) {
	trace := `init os @0.34 ms, 0.012 ms clock, 416 bytes, 9 allocs
init github.com/klauspost/cpuid/v2 @0.42 ms, 0.35 ms clock, 2744 bytes, 53 allocs
init github.com/lanes-go/lanes/asm @0.79 ms, 0.052 ms clock, 7056 bytes, 102 allocs
init github.com/lanes-go/lanes/tensor @0.85 ms, 0 ms clock, 96 bytes, 2 allocs
[1 2 3]
`
	c, err := parseInit(trace)
	if want := (initCost{52 * time.Microsecond, 7152, 104}); err != nil || c != want {
		t.Errorf("got %v, %v, want %v", c, err, want)
	}
	if _, err := parseInit("init os @0.34 ms, 0.012 ms clock, 416 bytes, 9 allocs\n"); err == nil {
		t.Error("a trace without our packages is accepted")
	}
}

func TestTooDear(t *testing.T) {
	ok := initCost{50 * time.Microsecond, 7000, 100}
	if bad := tooDear(1_500_000, 3_000_000, ok); len(bad) > 0 {
		t.Errorf("%q", bad)
	}
	for name, bad := range map[string][]string{
		"size":   tooDear(1_600_001, 0, ok),
		"all":    tooDear(0, 3_200_001, ok),
		"time":   tooDear(0, 0, initCost{2 * time.Millisecond, 7000, 100}),
		"allocs": tooDear(0, 0, initCost{0, 7000, 1000}),
		"bytes":  tooDear(0, 0, initCost{0, 70000, 100}),
	} {
		if len(bad) != 1 {
			t.Errorf("%s: %q, want one complaint", name, bad)
		}
	}
}
