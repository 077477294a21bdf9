package asm

import (
	"os"
	"reflect"
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

// TestProducts: what programs use that need no other kernels is of the same table.
func TestProducts(t *testing.T) {
	testProducts[float32](t)
	testProducts[float64](t)
}

func testProducts[T Float](t *testing.T) {
	p, k := ActiveProducts[T](), Active[T]()
	if p.ISA != Selection().ISA || p.ISA != k.ISA || p.GemmMR != k.GemmMR || p.GemmNR != k.GemmNR {
		t.Errorf("products of %s, tiles %dx%d; table %s, tiles %dx%d", p.ISA, p.GemmMR, p.GemmNR, k.ISA, k.GemmMR, k.GemmNR)
	}
	for i, k := range Tables[T]() {
		if k.ISA != Selection().Available[i] || k.NT.NT != k.NT || k.NT.ISA != k.ISA {
			t.Errorf("table %d is %s, its NT %s; announced is %s", i, k.ISA, k.NT.ISA, Selection().Available[i])
		}
		for _, v := range []reflect.Value{reflect.ValueOf(*k), reflect.ValueOf(*k.NT)} {
			for _, f := range reflect.VisibleFields(v.Type()) {
				if f.Type.Kind() == reflect.Func && v.FieldByIndex(f.Index).IsNil() {
					t.Errorf("%s: no %s", k.ISA, f.Name)
				}
			}
		}
	}
}
