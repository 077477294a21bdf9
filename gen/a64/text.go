package a64

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	fmovText = regexp.MustCompile(`^(fmov v\d+\.\w+, #)(\S+)$`)
	listText = regexp.MustCompile(`\{v(\d+)\.(\w+)-v(\d+)\.\w+\}`)
)

// SameText reports whether two GNU spellings are one instruction: disassemblers
// differ in blanks, lists, in #0 for #0.0 and in the digits of an immediate.
func SameText(x, y string) bool { return normal(x) == normal(y) }

func normal(s string) string {
	if m := fmovText.FindStringSubmatch(s); m != nil {
		if v, err := strconv.ParseFloat(m[2], 64); err == nil {
			s = m[1] + strconv.FormatFloat(v, 'g', -1, 64)
		}
	}
	if m := listText.FindStringSubmatch(s); m != nil {
		from, _ := strconv.Atoi(m[1])
		to, _ := strconv.Atoi(m[3])
		var all []string
		for i := from; i <= to; i++ {
			all = append(all, "v"+strconv.Itoa(i)+"."+m[2])
		}
		s = strings.Replace(s, m[0], "{"+strings.Join(all, ",")+"}", 1)
	}
	s = strings.ReplaceAll(s, ", ", ",")
	return strings.TrimSuffix(s, ".0")
}

// SameTwin reports whether a disassembler's spelling is what the emitter says in
// GNU syntax: branches by all but the target, which it does not know by name.
func SameTwin(got, want string) bool {
	switch name, _, _ := strings.Cut(want, " "); {
	case name == "b", name == "cbz", name == "cbnz", name == "tbz", strings.HasPrefix(name, "b."):
		i, j := strings.LastIndexAny(got, " ,"), strings.LastIndexAny(want, " ,")
		if i < 0 || j < 0 {
			return false
		}
		got, want = got[:i], want[:j]
	}
	if rest, ok := strings.CutPrefix(got, "orr "); ok && strings.Contains(rest, ", xzr") { // how some constants are moved
		got = "mov " + strings.Replace(rest, ", xzr", "", 1)
	}
	return SameText(got, want)
}
