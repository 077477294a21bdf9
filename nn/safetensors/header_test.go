package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// fileOf returns a file with a header and data.
func fileOf(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

// A small file with everything in it, written by hand.
const goodHeader = `{"__metadata__":{"format":"pt","Zahl":"\u00e4\ud83d\ude00\n"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[4,12]},` +
	`"a.\"x\"":{"data_offsets":[0,4],"shape":[],"dtype":"I32"},"none":{"dtype":"U8","shape":[3,0,5],"data_offsets":[12,12],"new":[1.5e-3,{"a":null},true,"x",-0]}} ` + "\n"

var goodData = []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0}

func TestParse(t *testing.T) {
	f, err := Parse(fileOf(goodHeader, goodData...))
	if err != nil {
		t.Fatal(err)
	}
	if m := f.Metadata(); len(m) != 2 || m["format"] != "pt" || m["Zahl"] != "ä😀\n" {
		t.Errorf("metadata %q", m)
	}
	if names := f.Names(); !slices.Equal(names, []string{`a."x"`, "b", "none"}) {
		t.Errorf("names %q", names)
	}
	b, ok := f.Info("b")
	if !ok || b.Name != "b" || b.DType != F32 || !slices.Equal(b.Shape, []int{2, 1}) || b.Bytes != 8 {
		t.Errorf("b: %+v, %v", b, ok)
	}
	if _, ok := f.Info("c"); ok {
		t.Error("there is no c")
	}
	x, err := Read[float32](f, "b")
	if err != nil || !slices.Equal(x.Data(), []float32{1, -2.5}) || !slices.Equal(x.Shape(), []int{2, 1}) {
		t.Errorf("b: %v, %v", x, err)
	}
	if v, err := ReadIntegers[int64](f, `a."x"`); err != nil || !slices.Equal(v, []int64{-1}) {
		t.Errorf("a: %v, %v", v, err)
	}
	if v, err := f.Bytes("none"); err != nil || len(v) != 0 {
		t.Errorf("none: %v, %v", v, err)
	}
	if v, err := f.Bytes("b"); err != nil || !slices.Equal(v, goodData[4:]) {
		t.Errorf("b: %v, %v", v, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	for _, header := range []string{"{}", `{"__metadata__":{}}`, `{"__metadata__":null}`, "{ \t\r\n} \t\r\n"} {
		if f, err := Parse(fileOf(header)); err != nil || len(f.Names()) != 0 || len(f.Metadata()) != 0 {
			t.Errorf("%s: %v", header, err)
		}
	}
}

func TestRefused(t *testing.T) {
	entry := func(dtype, shape, offsets string) string {
		return `{"t":{"dtype":"` + dtype + `","shape":[` + shape + `],"data_offsets":[` + offsets + `]}}`
	}
	two := func(a, b string) string {
		return `{"t":{"dtype":"U8","shape":[2],"data_offsets":[` + a + `]},"u":{"dtype":"U8","shape":[2],"data_offsets":[` + b + `]}}`
	}
	deep := func(n int) string {
		return `{"t":{"x":` + strings.Repeat("[", n) + strings.Repeat("]", n) + `,"dtype":"U8","shape":[0],"data_offsets":[0,0]}}`
	}
	for _, c := range []struct {
		what   string
		header string
		data   int
		want   string
	}{
		{"not an object", "[]", 0, "header: it does not begin with {"},
		{"an empty header", "", 0, "header: it does not begin with {"},
		{"blanks before", " {}", 0, "header: it does not begin with {"},
		{"not UTF-8", "{\"\xff\":1}", 0, "header: it is not UTF-8"},
		{"no end", "{", 0, `header: byte 1: it ends where '"' should come`},
		{"no end of an entry", `{"t":{"dtype":"U8"`, 0, `byte 18: it ends where ',' should come`},
		{"no end of a text", `{"t`, 0, "byte 3: a text does not end"},
		{"no end of an escape", `{"\`, 0, "a text does not end"},
		{"no end of a hex escape", `{"\u12`, 0, "a text does not end"},
		{"a bad escape", `{"\x41":1}`, 0, "byte 3: 'x' after a backslash"},
		{"a bad hex escape", `{"\u12g4":1}`, 0, "byte 4: want four hexadecimal digits"},
		{"half a pair", `{"\ud83dx":1}`, 0, "half a character"},
		{"a pair of first halves", `{"\ud83d\ud83d":1}`, 0, "half a character"},
		{"a second half", `{"\ude00":1}`, 0, "half a character"},
		{"a control character", "{\"a\nb\":1}", 0, "byte 3: a control character"},
		{"a control character after an escape", "{\"a\\n\x01\":1}", 0, "byte 5: a control character"},
		{"no colon", `{"t" {}}`, 0, `byte 5: '{' where ':' should come`},
		{"a comma too many", `{"__metadata__":{},}`, 0, `'}' where '"' should come`},
		{"no comma", `{"__metadata__":{}"t":{}}`, 0, `'"' where ',' should come`},
		{"more after the end", `{}}`, 0, "byte 2: more after its end"},
		{"a zero byte after the end", "{}\x00", 0, "byte 2: more after its end"},
		{"an entry that is a list", `{"t":["U8",[0],[0,0]]}`, 0, `'[' where '{' should come`},
		{"no dtype", `{"t":{"shape":[0],"data_offsets":[0,0]}}`, 0, `tensor "t" has no dtype`},
		{"no shape", `{"t":{"dtype":"U8","data_offsets":[0,0]}}`, 0, `tensor "t" has no shape`},
		{"no offsets", `{"t":{"dtype":"U8","shape":[0]}}`, 0, `tensor "t" has no data_offsets`},
		{"an unknown dtype", entry("F128", "0", "0,0"), 0, `tensor "t": unknown dtype "F128"`},
		{"a dtype in small letters", entry("f32", "0", "0,0"), 0, `unknown dtype "f32"`},
		{"a dtype that is no text", `{"t":{"dtype":5,"shape":[0],"data_offsets":[0,0]}}`, 0, `'5' where '"' should come`},
		{"a negative dimension", entry("U8", "-1", "0,0"), 0, "want an integer that is not negative"},
		{"a fraction", entry("U8", "1.0", "0,1"), 1, "want an integer"},
		{"an exponent", entry("U8", "1e0", "0,1"), 1, "want an integer"},
		{"a leading zero", entry("U8", "01", "0,1"), 1, "want an integer"},
		{"a shape that is no list", `{"t":{"dtype":"U8","shape":3,"data_offsets":[0,3]}}`, 3, `'3' where '[' should come`},
		{"a dimension of 65 bits", entry("U8", "18446744073709551616", "0,0"), 0, "does not fit in 64 bits"},
		{"a dimension of 64 bits", entry("U8", "18446744073709551615", "0,0"), 0, "U8[18446744073709551615]: the size overflows"},
		{"an overflow of the shape", entry("U8", "4294967296,4294967296,4", "0,0"), 0, "the size overflows"},
		{"an overflow behind a zero", entry("U8", "0,4294967296,4294967296,4", "0,0"), 0, "the size overflows"},
		{"an overflow by the size of an element", entry("F64", "2305843009213693952", "0,0"), 0, "the size overflows"},
		{"too many axes", entry("U8", strings.Repeat("1,", 64)+"1", "0,1"), 1, "more than 64 axes"},
		{"one offset", entry("U8", "1", "0"), 1, "1 data_offsets, want 2"},
		{"three offsets", entry("U8", "1", "0,1,1"), 1, "more than two data_offsets"},
		{"offsets the wrong way round", entry("U8", "1", "1,0"), 1, "its data end, at 0, before they begin, at 1"},
		{"too long a tensor", entry("U8", "2", "0,2"), 1, "its data end at 2, but there are 1 bytes: the file is cut off"},
		{"offsets near 2^64", entry("U8", "2", "18446744073709551613,18446744073709551615"), 2, "the file is cut off"},
		{"fewer bytes than elements", entry("F32", "2", "0,7"), 7, "F32[2] has 8 bytes, its data 7"},
		{"more bytes than elements", entry("F32", "2", "0,9"), 9, "F32[2] has 8 bytes, its data 9"},
		{"bytes without elements", entry("F32", "2,0", "0,8"), 8, "F32[2 0] has 0 bytes, its data 8"},
		{"half a byte", entry("F4", "3", "0,2"), 2, "the elements do not fill whole bytes"},
		{"a hole before", two("1,3", "3,5"), 5, `bytes 0 to 1 of the data, before tensor "t", belong to no tensor`},
		{"a hole between", two("0,2", "3,5"), 5, `bytes 2 to 3 of the data, before tensor "u", belong to no tensor`},
		{"a hole after", two("0,2", "2,4"), 5, "bytes 4 to 5 of the data, the last ones, belong to no tensor"},
		{"data and no tensor", "{}", 1, "bytes 0 to 1 of the data, the last ones, belong to no tensor"},
		{"an overlap", two("0,2", "1,3"), 3, `tensors "t" and "u" overlap: the data of the first end at 2, those of the second begin at 1`},
		{"the same place", two("0,2", "0,2"), 2, `overlap`},
		{"a name twice", `{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"\u0074":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 2, `the name "t" appears twice`},
		{"metadata twice", `{"__metadata__":{},"__metadata__":{}}`, 0, `the name "__metadata__" appears twice`},
		{"a key of the metadata twice", `{"__metadata__":{"a":"1","a":"1"}}`, 0, `the key "a" of the metadata appears twice`},
		{"a field twice", `{"t":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}`, 0, `tensor "t": dtype appears twice`},
		{"a shape twice", `{"t":{"dtype":"U8","shape":[0],"shape":[0],"data_offsets":[0,0]}}`, 0, `tensor "t": shape appears twice`},
		{"offsets twice", `{"t":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"data_offsets":[0,0]}}`, 0, `tensor "t": data_offsets appears twice`},
		{"metadata of numbers", `{"__metadata__":{"epoch":1}}`, 0, `the metadata "epoch" are not a text`},
		{"metadata that are a text", `{"__metadata__":"x"}`, 0, `'"' where '{' should come`},
		{"metadata nearly null", `{"__metadata__":nil}`, 0, "want a value"},
		{"unknown fields deeper than the limit", deep(101), 0, "nested more than 100 deep"},
		{"unknown fields a million deep", deep(1000000), 0, "nested more than 100 deep"},
		{"an unknown field without a value", `{"t":{"x":,"dtype":"U8"}}`, 0, "want a value"},
		{"an unknown field, not a number", `{"t":{"x":-,"dtype":"U8"}}`, 0, "want a digit"},
		{"an unknown field, half a number", `{"t":{"x":1.,"dtype":"U8"}}`, 0, "want a digit"},
		{"an unknown field, a number with a leading zero", `{"t":{"x":012,"dtype":"U8"}}`, 0, `'1' where ',' should come`},
		{"an unknown field, a number with blanks", `{"t":{"x":1 .5,"dtype":"U8"}}`, 0, `'.' where ',' should come`},
	} {
		f, err := Parse(fileOf(c.header, make([]byte, c.data)...))
		if err == nil || f != nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "safetensors: ") {
			t.Errorf("%s: error %v, want %q", c.what, err, c.want)
		}
	}
	if f, err := Parse(fileOf(deep(100))); err != nil || len(f.Names()) != 1 {
		t.Errorf("unknown fields as deep as they may be: %v", err)
	}
}

// A name of a megabyte does not make an error of one.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("ä", 1<<19)
	const fields = `"shape":[1],"data_offsets":[0,1]}`
	for what, header := range map[string]string{
		"an unknown dtype":             `{"t":{"dtype":"` + long + `",` + fields + `}`,
		"a tensor without dtype":       `{"` + long + `":{` + fields + `}`,
		"a tensor that is cut off":     `{"` + long + `":{"dtype":"U8",` + fields + `}`,
		"a tensor of another size":     `{"` + long + `":{"dtype":"U8","shape":[2],"data_offsets":[0,0]}}`,
		"a tensor without an end":      `{"` + long + `":{"dtype":"U8","shape":[2],"data_offsets":[1,0]}}`,
		"a tensor of no whole bytes":   `{"` + long + `":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}`,
		"a name twice":                 `{"` + long + `":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"` + long + `":1}`,
		"metadata that are no text":    `{"__metadata__":{"` + long + `":1}}`,
		"a key of the metadata, twice": `{"__metadata__":{"` + long + `":"","` + long + `":""}}`,
	} {
		if _, err := Parse(fileOf(header)); err == nil || len(err.Error()) > 400 || !strings.Contains(err.Error(), "…") && what != "an unknown dtype" {
			t.Errorf("%s: an error of %d bytes", what, len(fmt.Sprint(err)))
		}
	}
	if _, err := Parse(fileOf(`{"`+long+`":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}`, 1, 2)); err == nil || len(err.Error()) > 400 {
		t.Errorf("a gap: an error of %d bytes", len(fmt.Sprint(err)))
	}
	f, err := Parse(fileOf(`{"`+long+`":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{long, long + "x"} {
		if _, err := Read[float32](f, name); err == nil || len(err.Error()) > 400 {
			t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
		}
	}
	for _, entries := range [][]Entry{
		{Bytes(long, U8, []int{2}, nil)},
		{Bytes("x", DType(long), []int{0}, nil)},
		{Bytes(long, U8, []int{0}, nil), Bytes(long, U8, []int{0}, nil)},
	} {
		if err := Write(io.Discard, entries, nil); err == nil || len(err.Error()) > 400 {
			t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
		}
	}
}

func TestRefusedLength(t *testing.T) {
	length := func(n uint64, rest int) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, n), make([]byte, rest)...)
	}
	for _, c := range []struct {
		file []byte
		want string
	}{
		{nil, "a file of 0 bytes has no header"},
		{make([]byte, 7), "a file of 7 bytes has no header"},
		{length(0, 0), "it does not begin with {"},
		{length(1, 0), "a header of 1 bytes in a file of 8"},
		{length(100, 99), "a header of 100 bytes in a file of 107"},
		{length(100_000_000, 0), "a header of 100000000 bytes in a file of 8"},
		{length(100_000_001, 0), "a header of 100000001 bytes, want at most 100000000"},
		{length(1<<63, 100), "a header of 9223372036854775808 bytes, want at most"},
		{length(math.MaxUint64, 100), "want at most"},
	} {
		if _, err := Parse(c.file); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("% x: error %v, want %q", c.file[:min(8, len(c.file))], err, c.want)
		}
	}
}

// A file that is cut off anywhere is refused.
func TestCutOff(t *testing.T) {
	good := fileOf(goodHeader, goodData...)
	for n := range good {
		if _, err := Parse(good[:n]); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(good))
		}
	}
	// and one that becomes shorter after it was opened gives an error, not a panic
	f, err := NewFile(bytesAt(good), int64(len(good)))
	if err != nil {
		t.Fatal(err)
	}
	f.r = bytesAt(good[:len(good)-3])
	want := fmt.Sprintf(`tensor "b": the file ends after %d bytes: it has become shorter`, len(good)-3)
	if _, err := Read[float32](f, "b"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// Memory is what the file holds, not what it claims.
func TestMemory(t *testing.T) {
	header := `{"t":{"dtype":"U8","shape":[1000000000000],"data_offsets":[0,1000000000000]}}`
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 {
		if _, err := Parse(fileOf(header, 1, 2, 3)); err == nil {
			t.Error("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated", n)
	}
}

// The memory for a header is bounded by its size, whatever is in it.
func TestHeaderMemory(t *testing.T) {
	const n = 1 << 19
	for what, one := range map[string]string{
		"tensors without elements":               `":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`,
		"tensors without elements, of many axes": `":{"dtype":"U8","shape":[0` + strings.Repeat(",0", 32) + `],"data_offsets":[0,0]}`,
		"metadata":                               `":""`,
		"escapes":                                `\n":""`,
	} {
		pre, post := "{", "}"
		if strings.HasSuffix(one, `""`) {
			pre, post = `{"__metadata__":{`, "}}"
		}
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			b.WriteString(pre + `"` + strconv.FormatInt(int64(i), 36) + one)
			pre = ","
		}
		file := fileOf(b.String() + post)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Parse(file)
		runtime.ReadMemStats(&after)
		if x := float64(after.TotalAlloc-before.TotalAlloc) / float64(len(file)); err != nil || x >= 24 {
			t.Errorf("%s: %.1f bytes for each of the header, %v", what, x, err)
		}
	}
}

// FuzzParse: no bytes make the reader panic; what it accepts is JSON whose tensors it can
// read and write again.
func FuzzParse(f *testing.F) {
	good := fileOf(goodHeader, goodData...)
	f.Add(good)
	for i := range good { // every byte once changed, a few ways
		for _, c := range []byte{0, '0', '"', '{', good[i] ^ 1, good[i] ^ 0x80} {
			b := slices.Clone(good)
			b[i] = c
			f.Add(b)
		}
	}
	for _, h := range []string{"{}", `{"t":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, `{"t":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"u":{"dtype":"BF16","shape":[0],"data_offsets":[8,8]}}`} {
		f.Add(fileOf(h))
		f.Add(fileOf(h, 1, 2))
		f.Add(fileOf(h, 1, 2, 3, 4, 5, 6, 7, 8))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(b)
		if err != nil {
			return
		}
		if header := b[8:file.base]; !json.Valid(header) {
			t.Fatalf("not JSON: %q", header)
		}
		var entries []Entry
		for _, name := range file.Names() {
			info, _ := file.Info(name)
			data, err := file.Bytes(name)
			if err != nil || len(data) != info.Bytes {
				t.Fatalf("%+v: %d bytes, %v", info, len(data), err)
			}
			for _, round := range []bool{false, true} {
				if x, err := read[float32](file, name, round); err == nil && !slices.Equal(x.Shape(), info.Shape) {
					t.Fatalf("%+v: %v", info, x.Shape())
				}
				if x, err := read[float64](file, name, round); err == nil && !slices.Equal(x.Shape(), info.Shape) {
					t.Fatalf("%+v: %v", info, x.Shape())
				}
			}
			ReadIntegers[uint16](file, name)
			entries = append(entries, Bytes(name, info.DType, info.Shape, data))
		}
		again := encoded(t, entries, file.Metadata())
		second, err := Parse(again)
		if err != nil {
			t.Fatalf("written again: %v", err)
		}
		for _, name := range file.Names() {
			a, _ := file.Info(name)
			b, ok := second.Info(name)
			x, _ := file.Bytes(name)
			y, _ := second.Bytes(name)
			if !ok || a.DType != b.DType || !slices.Equal(a.Shape, b.Shape) || !slices.Equal(x, y) {
				t.Fatalf("%+v, written again %+v", a, b)
			}
		}
	})
}
