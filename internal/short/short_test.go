package short

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	whole := strings.Repeat("x", Len)
	for s, want := range map[string]string{
		"":                            "",
		whole:                         whole,
		whole + "y":                   whole + "…",
		whole[1:] + "äöü":             whole[1:] + "…",
		strings.Repeat("ä", Len/2):    strings.Repeat("ä", Len/2),
		strings.Repeat("\x80", 2e6):   "…", // no UTF-8
		whole[:Len-3] + "\U0001f600b": whole[:Len-3] + "…",
	} {
		if got := Text(s); got != want {
			t.Errorf("%d bytes: %q, want %q", len(s), got, want)
		}
		if utf8.ValidString(s) && !utf8.ValidString(Text(s)) {
			t.Errorf("%q is cut within a character", Text(s))
		}
	}
}
