package asm

import (
	"os"
	"strings"
	"testing"
)

// A lane of CI is made for one table. It says which in LANES_EXPECT_ISA, and in
// LANES_EXPECT_AVAILABLE (worst first, comma-separated) every table the machine
// must have; a wrong dispatch, or a machine that is not what the lane believes,
// fails here instead of testing something else.
func TestExpectedTable(t *testing.T) {
	s := Selection()
	t.Logf("cpu %q, table %s (%s), available %s", s.CPU, s.ISA, s.Reason, strings.Join(s.Available, ","))
	if want := os.Getenv("LANES_EXPECT_ISA"); want != "" && s.ISA != want {
		t.Errorf("table in use is %s (%s), this run is for %s", s.ISA, s.Reason, want)
	}
	if want := os.Getenv("LANES_EXPECT_AVAILABLE"); want != "" && strings.Join(s.Available, ",") != want {
		t.Errorf("available tables are %s, this run is for %s", strings.Join(s.Available, ","), want)
	}
	if Active[float32]().ISA != s.ISA || Active[float64]().ISA != s.ISA {
		t.Errorf("Selection says %s, active tables are %s and %s", s.ISA, Active[float32]().ISA, Active[float64]().ISA)
	}
	if n := len(Tables[float32]()); n != len(s.Available) || n != len(Tables[float64]()) {
		t.Errorf("%d float32 tables, %d float64 tables, %d announced", n, len(Tables[float64]()), len(s.Available))
	}
	if s.Available[0] != "generic" {
		t.Errorf("first table is %s, not generic", s.Available[0])
	}
}
