package safetensors

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/lanes-go/lanes/internal/short"
)

// maxDepth is how deep values may be nested in fields that the format does not know.
const maxDepth = 100

// parser reads a header. It knows the one form that a header may have; encoding/json would
// take the last of two equal keys and repair broken text. A method that fails sets err and
// returns anything, and those called after it do nothing.
type parser struct {
	b   []byte
	i   int
	err error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		for i := range args {
			if s, ok := args[i].(string); ok {
				args[i] = short.Text(s)
			}
		}
		p.err = fmt.Errorf("byte %d: %s", p.i, fmt.Sprintf(format, args...))
	}
}

func (p *parser) blanks() {
	for p.err == nil && p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\r' || p.b[p.i] == '\t') {
		p.i++
	}
}

// peek returns the next byte that is not blank, 0 at the end.
func (p *parser) peek() byte {
	p.blanks()
	if p.err != nil || p.i >= len(p.b) {
		return 0
	}
	return p.b[p.i]
}

// accept goes past c if it comes next.
func (p *parser) accept(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

func (p *parser) expect(c byte) {
	if p.err == nil && !p.accept(c) {
		if p.i >= len(p.b) {
			p.fail("it ends where %q should come", c)
		} else {
			p.fail("%q where %q should come", p.b[p.i], c)
		}
	}
}

// object reads an object; value reads the value of a key.
func (p *parser) object(value func(key string)) {
	p.expect('{')
	if p.err != nil || p.accept('}') {
		return
	}
	for p.err == nil {
		key := p.text()
		p.expect(':')
		if p.err != nil {
			return
		}
		value(key)
		if p.accept('}') {
			return
		}
		p.expect(',')
	}
}

// list reads an array; value reads an element.
func (p *parser) list(value func()) {
	p.expect('[')
	if p.err != nil || p.accept(']') {
		return
	}
	for p.err == nil {
		value()
		if p.accept(']') {
			return
		}
		p.expect(',')
	}
}

// number reads an integer that is not negative.
func (p *parser) number() uint64 {
	p.blanks()
	from := p.i
	for p.err == nil && p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
		p.i++
	}
	s := p.b[min(from, len(p.b)):p.i]
	if len(s) == 0 || len(s) > 1 && s[0] == '0' || p.i < len(p.b) && (p.b[p.i] == '.' || p.b[p.i] == 'e' || p.b[p.i] == 'E') {
		p.i = from
		p.fail("want an integer that is not negative")
		return 0
	}
	n, err := strconv.ParseUint(string(s), 10, 64)
	if err != nil {
		p.i = from
		p.fail("the number does not fit in 64 bits")
	}
	return n
}

// text reads a string.
func (p *parser) text() string {
	p.expect('"')
	from := p.i
	for ; p.err == nil && p.i < len(p.b) && p.b[p.i] != '"' && p.b[p.i] != '\\' && p.b[p.i] >= ' '; p.i++ {
	}
	if p.err == nil && p.i < len(p.b) && p.b[p.i] == '"' { // nearly always
		p.i++
		return string(p.b[from : p.i-1])
	}
	s := append([]byte{}, p.b[min(from, len(p.b)):p.i]...)
	for p.err == nil {
		if p.i >= len(p.b) {
			p.fail("a text does not end")
			return ""
		}
		c := p.b[p.i]
		p.i++
		switch {
		case c == '"':
			return string(s)
		case c < ' ':
			p.i--
			p.fail("a control character in a text")
		case c == '\\':
			s = p.escape(s)
		default:
			s = append(s, c)
		}
	}
	return ""
}

// escape appends what the characters after a backslash mean.
func (p *parser) escape(s []byte) []byte {
	if p.i >= len(p.b) {
		p.fail("a text does not end")
		return s
	}
	c := p.b[p.i]
	p.i++
	switch c {
	case '"', '\\', '/':
		return append(s, c)
	case 'b':
		return append(s, '\b')
	case 'f':
		return append(s, '\f')
	case 'n':
		return append(s, '\n')
	case 'r':
		return append(s, '\r')
	case 't':
		return append(s, '\t')
	case 'u':
		r := p.hex()
		if utf16.IsSurrogate(r) {
			if p.i+1 < len(p.b) && p.b[p.i] == '\\' && p.b[p.i+1] == 'u' {
				p.i += 2
				r = utf16.DecodeRune(r, p.hex())
			} else {
				r = utf8.RuneError
			}
			if r == utf8.RuneError {
				p.fail("half a character in a text")
			}
		}
		return utf8.AppendRune(s, r)
	}
	p.i--
	p.fail("%q after a backslash", c)
	return s
}

func (p *parser) hex() rune {
	if p.i+4 > len(p.b) {
		p.fail("a text does not end")
		return 0
	}
	n, err := strconv.ParseUint(string(p.b[p.i:p.i+4]), 16, 16)
	if err != nil {
		p.fail("want four hexadecimal digits after \\u")
		return 0
	}
	p.i += 4
	return rune(n)
}

// ignore reads any value.
func (p *parser) ignore(depth int) {
	if depth == maxDepth {
		p.fail("nested more than %d deep", maxDepth)
		return
	}
	switch c := p.peek(); {
	case c == '{':
		p.object(func(string) { p.ignore(depth + 1) })
	case c == '[':
		p.list(func() { p.ignore(depth + 1) })
	case c == '"':
		p.text()
	case c == '-' || c >= '0' && c <= '9':
		p.float()
	default:
		p.literal()
	}
}

func (p *parser) literal() {
	for _, word := range []string{"null", "true", "false"} {
		if end := p.i + len(word); p.err == nil && end <= len(p.b) && string(p.b[p.i:end]) == word {
			p.i = end
			return
		}
	}
	p.fail("want a value")
}

// float reads a number that nobody wants.
func (p *parser) float() {
	digits := func() {
		from := p.i
		for p.i < len(p.b) && p.b[p.i] >= '0' && p.b[p.i] <= '9' {
			p.i++
		}
		if p.i == from {
			p.fail("want a digit")
		}
	}
	next := func(c byte) bool { // accept, without blanks before c
		if p.i >= len(p.b) || p.b[p.i] != c {
			return false
		}
		p.i++
		return true
	}
	next('-')
	if !next('0') {
		digits()
	}
	if p.err == nil && next('.') {
		digits()
	}
	if p.err == nil && (next('e') || next('E')) {
		if !next('+') {
			next('-')
		}
		digits()
	}
}
