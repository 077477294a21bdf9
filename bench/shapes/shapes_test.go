package shapes

import (
	"strings"
	"testing"
)

func TestAll(t *testing.T) {
	rows := All()
	if len(rows) < 50 {
		t.Errorf("%d rows", len(rows))
	}
	seen := map[Row]bool{}
	quick := 0
	for _, r := range rows {
		key := r
		key.Set, key.Quick = "", false
		if seen[key] {
			t.Errorf("%s %s %s %s is there twice", r.Op, r.DType, r.Trans, r.Shape())
		}
		seen[key] = true
		if r.Quick {
			quick++
		}
		if m, n, k, err := Parse(r.Shape()); err != nil || m != r.M || n != r.N || k != r.K {
			t.Errorf("%s: %d %d %d %v", r.Shape(), m, n, k, err)
		}
	}
	if quick == 0 || quick > len(rows)/2 {
		t.Errorf("%d of %d rows are quick", quick, len(rows))
	}
}

func TestParse(t *testing.T) {
	for _, bad := range []string{
		"", "x", "xx", "1x2", "1x2x3x4", "0x1x1", "1x-2x3", "1x+2x3", " 1x2x3", "1X2X3", "1.5x2x3", "1e3x2x3",
		"99999999999999999999x1x1", "16777217x1x1", "16777216x16x1", "1x16777216x16", "16777216x1x16",
		strings.Repeat("9", 1<<20),
	} {
		if _, _, _, err := Parse(bad); err == nil {
			t.Errorf("%.40q: no error", bad)
		} else if len(err.Error()) > 200 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: error of %d bytes", bad, len(err.Error()))
		}
	}
}

func TestParseFile(t *testing.T) {
	rows, err := parseFile("x", "# remark\n\ngemm f32,f64 nn,tt 1x2x3,4x5x6 quick # more\n")
	if err != nil || len(rows) != 8 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if want := (Row{"x", "gemm", "f64", "nn", 4, 5, 6, "", true}); rows[6] != want {
		t.Errorf("%v, want %v", rows[6], want)
	}
	for _, bad := range []string{"gemm f32 nn", "gemm f32 nn 1x1x1 slow", "gemm f16 nn 1x1x1", "conv f32 nn 1x1x1",
		"gemm f32 nx 1x1x1", "packed f32 tn 1x1x1", "plainloop f32 nt 1x1x1", "gemm f32 nn 1x1"} {
		if _, err := parseFile("x", bad); err == nil || !strings.HasPrefix(err.Error(), "x.txt:1: ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
