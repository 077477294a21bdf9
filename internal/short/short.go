// Package short cuts texts from outside that stand in errors: a file may hold names of
// megabytes.
package short

import "unicode/utf8"

// Len is the greatest length of a text that is left whole, in bytes.
const Len = 100

// Text returns s, or if it is longer than Len its beginning and "…".
func Text(s string) string {
	if len(s) <= Len {
		return s
	}
	n := Len
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
