package main

import (
	"strings"
	"testing"
)

// Committed files have the schema, one machine each, and the bits of all others;
// docs/cpus.md is what they say.
func TestResults(t *testing.T) {
	names, sets, err := resultFiles("results")
	if err != nil {
		t.Fatal(err)
	}
	for i, rs := range sets {
		if len(rs) < 20 {
			t.Errorf("%s: %d records", names[i], len(rs))
		}
	}
	want, err := docsText("results")
	if err != nil {
		t.Fatal(err)
	}
	got, err := readSmall("../docs/cpus.md")
	if err != nil {
		t.Fatal(err)
	}
	if strings.ReplaceAll(got, "\r\n", "\n") != want {
		t.Error("docs/cpus.md is not what go run ./bench -docs writes")
	}
}
