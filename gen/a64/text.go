package a64

import (
	"regexp"
	"strconv"
	"strings"
)

var fmovText = regexp.MustCompile(`^(fmov v\d+\.\w+, #)(\S+)$`)

// SameText reports whether two GNU spellings are one instruction: disassemblers
// differ in blanks, in #0 for #0.0 and in the digits of an immediate.
func SameText(x, y string) bool { return normal(x) == normal(y) }

func normal(s string) string {
	if m := fmovText.FindStringSubmatch(s); m != nil {
		if v, err := strconv.ParseFloat(m[2], 64); err == nil {
			s = m[1] + strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	s = strings.ReplaceAll(s, ", ", ",")
	return strings.TrimSuffix(s, ".0")
}
