package safetensors

import (
	"bytes"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

func encoded(t testing.TB, entries []Entry, metadata map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, entries, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// testdata/reference.safetensors was written by the reference implementation, version
// 0.8.0 for Python, from these tensors in another order. The same bytes come out here.
func TestReference(t *testing.T) {
	want, err := os.ReadFile("testdata/reference.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	halves := tensor.From([]float32{1, 65504, -0x1p-24}, 3)
	entries := []Entry{
		Bytes("ok", Bool, []int{2}, []byte{0, 1}),
		Bytes("f4", F4, []int{4}, []byte("\x12\x34")),
		Bytes("u8", U8, []int{0, 2}, nil),
		Integers("q\"\\/\n\x01é😀\u2028<", []uint8{7}, 1),
		Integers("i8", []int8{-1, 2, -3}, 3),
		Bytes("e5", F8E5M2, []int{1}, []byte{0x3c}),
		Bytes("f8", F8E4M3, []int{1}, []byte{0x38}),
		Bytes("e8", F8E8M0, []int{1}, []byte{0x7f}),
		Bytes("e4z", F8E4M3FNUZ, []int{1}, []byte{0x40}),
		Bytes("e5z", F8E5M2FNUZ, []int{1}, []byte{0x40}),
		Integers("i16", []int16{-3}, 1),
		Integers("u16", []uint16{3}, 1),
		TensorAs("h", halves, F16),
		TensorAs("bf", tensor.From([]float32{1, -2.5}, 2), BF16),
		Integers("i32", []int32{-2}, 1),
		Integers("u32", []uint32{math.MaxUint32}, 1),
		Tensor("zulu", tensor.From([]float32{1, -2.5}, 2)),
		Tensor("alpha", tensor.From([]float32{0.1})),
		Tensor("Beta", tensor.From([]float32{3, 4}, 1, 2)),
		Bytes("c", C64, []int{1}, []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x40}),
		Tensor("d", tensor.From([]float64{0.1}, 1)),
		Integers("i64", []int64{-1, 1 << 40}, 2),
		Integers("u64", []uint64{math.MaxUint64}, 1),
	}
	if got := encoded(t, entries, map[string]string{"format": "pt"}); !bytes.Equal(got, want) {
		t.Errorf("written\n%q\nwant\n%q", got, want)
	}
	slices.Reverse(entries)
	if got := encoded(t, entries, map[string]string{"format": "pt"}); !bytes.Equal(got, want) {
		t.Error("in another order the entries give other bytes")
	}
	f, err := Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{"zulu": {1, -2.5}, "alpha": {float64(float32(0.1))}, "Beta": {3, 4}, "d": {0.1}, "h": halves64(halves), "bf": {1, -2.5}} {
		x, err := Read[float64](f, name)
		if err != nil || !slices.Equal(x.Data(), want) {
			t.Errorf("%s: %v, %v, want %v", name, x, err, want)
		}
	}
	if x, err := Read[float32](f, "h"); err != nil || !slices.Equal(x.Data(), halves.Data()) {
		t.Errorf("h: %v, %v", x, err)
	}
	for name, want := range map[string][]int64{"i8": {-1, 2, -3}, "i16": {-3}, "i32": {-2}, "i64": {-1, 1 << 40}, "u16": {3}, "u32": {math.MaxUint32}, "u8": {}} {
		v, err := ReadIntegers[int64](f, name)
		if err != nil || !slices.Equal(v, want) {
			t.Errorf("%s: %v, %v, want %v", name, v, err, want)
		}
	}
	if v, err := ReadIntegers[uint64](f, "u64"); err != nil || v[0] != math.MaxUint64 {
		t.Errorf("u64: %v, %v", v, err)
	}
}

func halves64(t *tensor.Tensor[float32]) (x []float64) {
	for _, v := range t.Data() {
		x = append(x, float64(v))
	}
	return x
}

// What a type cannot hold is refused, with the name.
func TestReadRefused(t *testing.T) {
	f, err := Parse(encoded(t, []Entry{
		Integers("big", []uint64{1, 1 << 63}, 2), Integers("neg", []int8{-1}, 1), Integers("wide", []int16{200, -129}, 2),
		Tensor("d", tensor.From([]float64{0.1}, 1)), Bytes("ok", Bool, []int{1}, []byte{1}), Bytes("f8", F8E4M3, []int{1}, []byte{1}),
	}, nil))
	if err != nil {
		t.Fatal(err)
	}
	fails := func(want string, err error) {
		t.Helper()
		if err == nil || err.Error() != "safetensors: "+want {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	_, err = ReadIntegers[int64](f, "big")
	fails(`tensor "big": element 1, 9223372036854775808, does not fit in int64`, err)
	_, err = ReadIntegers[uint64](f, "neg")
	fails(`tensor "neg": element 0, -1, does not fit in uint64`, err)
	_, err = ReadIntegers[uint8](f, "neg")
	fails(`tensor "neg": element 0, -1, does not fit in uint8`, err)
	_, err = ReadIntegers[int8](f, "wide")
	fails(`tensor "wide": element 0, 200, does not fit in int8`, err)
	_, err = ReadIntegers[int8](f, "ok")
	fails(`tensor "ok": BOOL are not integers`, err)
	_, err = Read[float32](f, "d")
	fails(`tensor "d": F64 does not fit in float32: rounding must be asked for`, err)
	_, err = Read[float64](f, "f8")
	fails(`tensor "f8": F8_E4M3 is not converted to float64`, err)
	_, err = ReadRounded[float32](f, "neg")
	fails(`tensor "neg": I8 is not converted to float32`, err)
	_, err = Read[float32](f, "missing")
	fails(`there is no tensor "missing"`, err)
	_, err = ReadIntegers[int](f, "missing")
	fails(`there is no tensor "missing"`, err)
	_, err = f.Bytes("missing")
	fails(`there is no tensor "missing"`, err)
	if x, err := ReadRounded[float32](f, "d"); err != nil || x.Data()[0] != 0.1 {
		t.Errorf("rounded: %v, %v", x, err)
	}
}

// Values that are hard to keep come back with their bits, also of tensors longer than a
// piece and of views; conversions round to nearest, ties to even.
func TestRoundTrip(t *testing.T) {
	t.Run("f32", testRoundTrip[float32])
	t.Run("f64", testRoundTrip[float64])
}

func testRoundTrip[T tensor.Float](t *testing.T) {
	long := tensor.New[T](3, piece/4+5)
	tensor.Normal(long, 0, 1, 1, 0)
	nan := T(math.NaN())
	copy(long.Data(), []T{0, T(math.Copysign(0, -1)), T(math.Inf(1)), T(math.Inf(-1)), nan, 1e-45, 5e-324 * 0, 1.0 / 3})
	view := long.T()
	f, err := Parse(encoded(t, []Entry{Tensor("long", long), Tensor("view", view), Tensor("scalar", tensor.From([]T{7}))}, nil))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]*tensor.Tensor[T]{"long": long, "view": view.Clone(), "scalar": tensor.From([]T{7})} {
		got, err := Read[T](f, name)
		if err != nil || !slices.Equal(got.Shape(), want.Shape()) {
			t.Fatalf("%s: %v, %v", name, got, err)
		}
		for i, v := range want.Data() {
			if u := got.Data()[i]; math.Float64bits(float64(u)) != math.Float64bits(float64(v)) && (u == u || v == v) {
				t.Fatalf("%s: element %d is %v, want %v", name, i, u, v)
			}
		}
	}
}

func TestConversions(t *testing.T) {
	long := tensor.New[float32](piece + 3)
	tensor.Normal(long, 0, 1, 1, 0)
	d := tensor.From([]float64{1 + 0x1p-24, 1 + 0x3p-24, 1e300, -1e300, 1e-60}, 5)
	f, err := Parse(encoded(t, []Entry{
		TensorAs("h", tensor.From([]float32{1 + 0x1p-11, 1 + 0x3p-11, 65520, 0x1p-25, 0x3p-26}, 5), F16),
		TensorAs("b", tensor.From([]float32{1 + 0x1p-8, 1 + 0x3p-8, math.MaxFloat32}, 3), BF16),
		TensorAs("down", d, F32), TensorAs("up", long, F64), TensorAs("long", long, F16),
		TensorAs("empty", tensor.New[float32](0, 3), F16),
	}, nil))
	if err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	for name, want := range map[string][]float64{
		"h": {1, 1 + 0x1p-9, inf, 0, 0x1p-24}, "b": {1, 1 + 0x1p-6, inf}, "down": {1, 1 + 0x1p-22, inf, -inf, 0}, "empty": {},
	} {
		x, err := Read[float64](f, name)
		if err != nil || !slices.Equal(x.Data(), want) {
			t.Errorf("%s: %v, %v, want %v", name, x, err, want)
		}
	}
	if x, err := ReadRounded[float32](f, "up"); err != nil || !slices.Equal(x.Data(), long.Data()) {
		t.Errorf("up and down again: %v, %v", x, err)
	}
	x, err := Read[float32](f, "long")
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range x.Data() {
		if e := math.Abs(float64(v - long.Data()[i])); e > 0x1p-11*math.Abs(float64(v))+0x1p-25 {
			t.Fatalf("element %d: %v for %v", i, v, long.Data()[i])
		}
	}
}

func TestWriteRefused(t *testing.T) {
	one := tensor.New[float64](1)
	for _, c := range []struct {
		want     string
		metadata map[string]string
		entries  []Entry
	}{
		{`two tensors are called "a"`, nil, []Entry{Tensor("a", one), Integers("b", []int{1}, 1), Tensor("a", one)}},
		{`two tensors are called "a"`, nil, []Entry{Tensor("a", one), Integers("a", []int8{1}, 1)}},
		{`tensor "__metadata__": the format has this name for something else`, nil, []Entry{Tensor("__metadata__", one)}},
		{`tensor "\xff": the name is not UTF-8`, nil, []Entry{Tensor("\xff", one)}},
		{`the metadata "k" are not UTF-8`, map[string]string{"k": "\xff"}, nil},
		{`tensor "a": F32[2 2] has 16 bytes, 12 are given`, nil, []Entry{Bytes("a", F32, []int{2, 2}, make([]byte, 12))}},
		{`tensor "a": I16[3] has 6 bytes, 4 are given`, nil, []Entry{Integers("a", []int16{1, 2}, 3)}},
		{`tensor "a": negative dimension in the shape [-1]`, nil, []Entry{Bytes("a", F32, []int{-1}, nil)}},
		{`tensor "a": F32[9223372036854775807 4]: the size overflows`, nil, []Entry{Bytes("a", F32, []int{math.MaxInt, 4}, nil)}},
		{`tensor "a": unknown dtype "F31"`, nil, []Entry{Bytes("a", "F31", []int{1}, nil)}},
		{`tensor "a": F64 is not converted to "F16"`, nil, []Entry{TensorAs("a", one, F16)}},
		{`tensor "a": F64 is not converted to "I64"`, nil, []Entry{TensorAs("a", one, I64)}},
		{`tensor "a": 65 axes, want at most 64`, nil, []Entry{Bytes("a", U8, make([]int, 65), nil)}},
	} {
		var b bytes.Buffer
		if math.MaxInt == math.MaxInt32 {
			c.want = strings.ReplaceAll(c.want, "9223372036854775807", "2147483647")
		}
		if err := Write(&b, c.entries, c.metadata); err == nil || err.Error() != "safetensors: "+c.want || b.Len() > 0 {
			t.Errorf("error %v, %d bytes written, want %q", err, b.Len(), c.want)
		}
	}
}

// full takes no more than n bytes.
type full struct{ n int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.n {
		return 0, errFull
	}
	f.n -= len(p)
	return len(p), nil
}

func TestWriteError(t *testing.T) {
	e := []Entry{Tensor("a", tensor.New[float64](3*piece/8))}
	for _, n := range []int{0, 70, piece, 2 * piece, 3 * piece} {
		if err := Write(&full{n}, e, nil); !errors.Is(err, errFull) {
			t.Errorf("room for %d bytes: %v", n, err)
		}
	}
}

// The header and the data begin at multiples of 8 bytes, and metadata are sorted.
func TestWriteLayout(t *testing.T) {
	b := encoded(t, nil, map[string]string{"b": "2", "a": "1\t\b\f\r\x1f", "c": ""})
	if want := "\x38\x00\x00\x00\x00\x00\x00\x00" + `{"__metadata__":{"a":"1\t\b\f\r\u001f","b":"2","c":""}}`; !bytes.HasPrefix(b, []byte(want)) || len(b) != 64 || strings.TrimRight(string(b), " ") != want {
		t.Errorf("%q", b)
	}
	if b := encoded(t, nil, nil); string(b) != "\x08\x00\x00\x00\x00\x00\x00\x00{}      " {
		t.Errorf("%q", b)
	}
	if b := encoded(t, nil, map[string]string{}); string(b) != "\x18\x00\x00\x00\x00\x00\x00\x00"+`{"__metadata__":{}}     ` {
		t.Errorf("%q", b)
	}
}
