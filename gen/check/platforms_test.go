package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The platforms that docs/backend.md says are supported are those that CI builds.
func TestPlatforms(t *testing.T) {
	read := func(path string) string {
		b, err := os.ReadFile("../../" + path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	var claimed []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([a-z0-9]+/[a-z0-9]+) \|`).FindAllStringSubmatch(read("docs/backend.md"), -1) {
		claimed = append(claimed, m[1])
	}
	m := regexp.MustCompile(`(?m)^platforms="([^"]*)"`).FindStringSubmatch(read(".ci/run"))
	if m == nil {
		t.Fatal(".ci/run has no list of platforms")
	}
	built := strings.Fields(m[1])
	slices.Sort(claimed)
	slices.Sort(built)
	if len(claimed) < 10 || !slices.Equal(claimed, built) {
		t.Errorf("docs/backend.md claims %q\n.ci/run builds %q", claimed, built)
	}
}
