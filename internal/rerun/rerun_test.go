package rerun

import "testing"

func TestImportPath(t *testing.T) {
	for in, want := range map[string]string{
		"example.com/a/pkg.TestX":             "example.com/a/pkg",
		"example.com/a/pkg_test.TestX.func1":  "example.com/a/pkg",
		"example.com/a%2eb/c%2ed.TestX":       "example.com/a%2eb/c.d",
		"main.main":                           ".",
		"strange":                             ".",
		"example.com/a/pkg.(*suite).TestThat": "example.com/a/pkg",
	} {
		if in == "example.com/a%2eb/c%2ed.TestX" {
			want = "example.com/a.b/c.d"
		}
		if got := importPath(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
