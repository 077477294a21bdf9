package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/bench/shapes"
)

func TestParse(t *testing.T) {
	for _, bad := range []string{
		"-op nosuch", "-dtype f16", "-trans xx", "-shape 1x2", "-shape 0x1x1", "-shape 99999999x99999999x1",
		"-peers mkl", "-threads 0", "-threads x", "-count 0", "-isa foo", "stray", "-nosuch",
	} {
		if _, err := parse(strings.Fields(bad)); err == nil {
			t.Errorf("%s: no error", bad)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than a line", bad, err)
		}
	}
	o, err := parse(strings.Fields("-op gemm -dtype f32,f64 -shape 2x3x4,5x6x7 -trans nn,tt -threads 1,2"))
	if err != nil {
		t.Fatal(err)
	}
	if rows := o.rows(); len(rows) != 8 {
		t.Errorf("%d rows, want 8: %v", len(rows), rows)
	}
}

// The default run covers every shape.
func TestDefaultRows(t *testing.T) {
	o, err := parse([]string{"-dtype", "f32,f64"})
	if err != nil {
		t.Fatal(err)
	}
	all := slices.DeleteFunc(shapes.All(), func(r shapes.Row) bool { return r.Op == "plainloop" })
	if got, want := len(o.rows()), len(all); got != want {
		t.Errorf("%d rows of %d", got, want)
	}
}

// Every library that is here gives the product, all four transposes, both types,
// one row and several.
func TestAgreement(t *testing.T) {
	names := []string{"lanes", "gonum"}
	for name, open := range map[string]func() (string, error){
		"openblas": func() (string, error) { return openOpenBLAS(os.Getenv("OPENBLAS_CORETYPE")) },
		"onednn":   openOneDNN,
	} {
		if desc, err := open(); err != nil {
			t.Log(name, "left out:", err)
		} else {
			t.Log(desc)
			names = append(names, name)
		}
	}
	for _, s := range []shape{{1, 33, 65}, {17, 33, 65}, {64, 48, 96}} {
		for _, tr := range []trans{{}, {a: true}, {b: true}, {true, true}} {
			for _, cs := range [][]*contestant{
				gemmCase[float32](names, s, tr, 1, 1e9),
				gemmCase[float64](names, s, tr, 2, 1e9),
			} {
				for _, c := range cs {
					c.run(2)
				}
				if err := agree(cs, s.k); err != nil {
					t.Errorf("%v %v: %v", s, tr, err)
				}
			}
			if tr.a {
				continue
			}
			cs := packedCase[float32](names, s, tr, 1)
			for _, c := range cs {
				c.run(2)
			}
			if err := agree(cs, s.k); err != nil {
				t.Errorf("packed %v %v: %v", s, tr, err)
			}
			for _, c := range cs {
				if c.free != nil {
					c.free()
				}
			}
		}
	}
}

// A wrong result is noticed.
func TestDisagreement(t *testing.T) {
	cs := gemmCase[float32]([]string{"lanes", "gonum"}, shape{8, 8, 8}, trans{}, 1, 1e9)
	for _, c := range cs {
		c.run(1)
	}
	cs[1].out().([]float32)[5] += 0.001
	if agree(cs, 8) == nil {
		t.Error("a difference of 0.001 passed")
	}
}
