package main

import (
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, bad := range []string{
		"-backend nosuch", "-backend plain,", "-packages mat", "-packages ./mat,stat", "stray", "-nosuch", "stray -- -v", "-quick=x",
	} {
		if _, err := parse(strings.Fields(bad), io.Discard); err == nil {
			t.Errorf("%s: no error", bad)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is more than a line", bad, err)
		}
	}
	o, err := parse(strings.Fields("-quick -backend samebits -- -tags purego"), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.backends, []string{"samebits"}) || !slices.Equal(o.packages, quickPatterns) ||
		!slices.Equal(o.test, []string{"-short", "-tags", "purego"}) {
		t.Errorf("%+v", o)
	}
	if o, err = parse(nil, io.Discard); err != nil || !slices.Equal(o.backends, backends) || !slices.Equal(o.packages, patterns) || len(o.test) > 0 {
		t.Errorf("%+v, %v", o, err)
	}
}

// The files laid over are Go, name the backend asked for, and a text to loosen that is
// not there is an error.
func TestOverlay(t *testing.T) {
	tmp := t.TempDir()
	src := filepath.Join(tmp, "gonum")
	pkgs := []gonumPackage{{"./mat", filepath.Join(src, "mat"), "mat", true}, {"./lapack/gonum", filepath.Join(src, "lapack", "gonum"), "gonum", true}}
	write := func(file, text string) {
		file = filepath.Join(src, filepath.FromSlash(file))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range loosened {
		write(l.file, "begin\n"+l.from+"end\n")
	}
	for _, b := range backends {
		file, err := writeOverlay(tmp, src, b, pkgs)
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pkgs {
			if !strings.Contains(string(text), filepath.ToSlash(filepath.Join(p.dir, "zz_lanes_test.go"))) && os.PathSeparator == '/' {
				t.Errorf("%s: nothing is laid over %s:\n%s", b, p.path, text)
			}
		}
		from := filepath.Join(tmp, b, "lapack_gonum_test.go")
		f, err := parser.ParseFile(token.NewFileSet(), from, nil, parser.AllErrors)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name.Name != "gonum_test" {
			t.Errorf("package %s, want gonum_test", f.Name.Name)
		}
		over, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(string(over), "SameBits: true"); got != (b == "samebits") {
			t.Errorf("%s: SameBits %t", b, got)
		}
		if got := strings.Contains(string(over), "lapack64.Use"); got != (b == "lapack") {
			t.Errorf("%s: LAPACK %t", b, got)
		}
	}
	write(loosened[0].file, "another version")
	if _, err := writeOverlay(tmp, src, "plain", pkgs); err == nil || !strings.Contains(err.Error(), loosened[0].file) {
		t.Errorf("a test that is not there: %v", err)
	}
}
