package nn_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/safetensors"
	"github.com/lanes-go/lanes/tensor"
)

// saveLayer has a parameter, a buffer and a counter.
type saveLayer[T tensor.Float] struct {
	nn.Layer[T]
	w *nn.Param[T]
	u *nn.Buffer[T]
	c *nn.Counter
}

func newSaveLayer[T tensor.Float](seed uint64) *saveLayer[T] {
	l := &saveLayer[T]{w: &nn.Param[T]{Name: "weight", Value: tensor.New[T](2, 3), Grad: tensor.New[T](2, 3)},
		u: &nn.Buffer[T]{Name: "running_mean", Value: tensor.New[T](3)}, c: &nn.Counter{Name: "num_batches_tracked", N: seed}}
	tensor.Normal(l.w.Value, 0, 1, seed, 0)
	tensor.Normal(l.u.Value, 0, 1, seed, 1)
	return l
}

func (l *saveLayer[T]) Params() []*nn.Param[T]   { return []*nn.Param[T]{l.w} }
func (l *saveLayer[T]) Buffers() []*nn.Buffer[T] { return []*nn.Buffer[T]{l.u} }
func (l *saveLayer[T]) Counters() []*nn.Counter  { return []*nn.Counter{l.c} }

func saveNet[T tensor.Float](seed uint64) *nn.Sequential[T] {
	b := nn.New[T](seed)
	return b.Sequential(b.Named("first", b.Linear(3, 3)), b.ReLU(), newSaveLayer[T](seed))
}

// saveBits are all bits of a network's state, NaNs too, and its counts.
func saveBits[T tensor.Float](net *nn.Sequential[T]) (bits []uint64) {
	for _, e := range nn.StateDict(net) {
		for _, v := range e.Value.Data() {
			bits = append(bits, math.Float64bits(float64(v)))
		}
	}
	for _, c := range net.Counters() {
		bits = append(bits, c.N)
	}
	return bits
}

func TestSaveLoad(t *testing.T) {
	t.Run("f32", testSaveLoad[float32])
	t.Run("f64", testSaveLoad[float64])
}

func testSaveLoad[T tensor.Float](t *testing.T) {
	path := filepath.Join(t.TempDir(), "net.safetensors")
	from, to := saveNet[T](1), saveNet[T](2)
	copy(from.Params()[0].Value.Data(), []T{T(math.Inf(-1)), T(math.Copysign(0, -1)), 1e-45})
	if err := nn.Save(path, from, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	count := to.Counters()[0].N
	report, err := nn.Load(path, to)
	if err != nil || !slices.Equal(report.Loaded, []string{"2.running_mean", "2.weight", "first.bias", "first.weight"}) || report.String() != "loaded: 4 tensors" {
		t.Fatalf("%+v, %v", report, err)
	}
	if nn.Hash(from) != nn.Hash(to) {
		t.Error("the states differ")
	}
	if to.Counters()[0].N != count {
		t.Error("a file without the counter changed it")
	}
	var b bytes.Buffer
	if err := nn.SaveTo(&b, from, map[string]string{"format": "pt"}); err != nil {
		t.Fatal(err)
	}
	if file, err := os.ReadFile(path); err != nil || !bytes.Equal(file, b.Bytes()) {
		t.Errorf("SaveTo writes other bytes than Save; %v", err)
	}
	f, err := safetensors.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nn.LoadFrom(f, saveNet[T](3)); err != nil || f.Metadata()["format"] != "pt" {
		t.Error(err)
	}
	to = saveNet[T](4)
	if report, err := nn.LoadState(to, nn.StateDict(from)); err != nil || len(report.Loaded) != 4 || nn.Hash(from) != nn.Hash(to) {
		t.Errorf("from memory: %v, %v", report, err)
	}
	from.Params()[0].Value.Data()[3] += 1
	if nn.Hash(from) == nn.Hash(to) {
		t.Error("LoadState did not copy")
	}
}

// saveFile is a file of tensors in memory.
func saveFile(t *testing.T, entries ...safetensors.Entry) *safetensors.File {
	t.Helper()
	var b bytes.Buffer
	if err := safetensors.Write(&b, entries, nil); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// saveEntries are those of a network of float32 but for those named in without, with
// others.
func saveEntries(without string, others ...safetensors.Entry) (entries []safetensors.Entry) {
	for _, e := range nn.StateDict(saveNet[float32](7)) {
		if !slices.Contains(strings.Fields(without), e.Name) {
			entries = append(entries, safetensors.Tensor(e.Name, e.Value))
		}
	}
	return append(entries, others...)
}

// Whatever does not fit is an error with all of the report, and changes no bit.
func TestLoadStrict(t *testing.T) {
	v := func(n ...int) *tensor.Tensor[float32] { return tensor.New[float32](n...) }
	for _, c := range []struct {
		entries []safetensors.Entry
		options []nn.LoadOption
		want    string
	}{
		{saveEntries("first.bias 2.weight"), nil, "missing: 2.weight, first.bias"},
		{saveEntries("", safetensors.Tensor("x", v(1)), safetensors.Tensor("a", v(1))), nil, "unexpected: a, x"},
		{saveEntries("first.bias", safetensors.Tensor("first.bias", v(1, 3))), nil, "wrong shape: first.bias (network [3], file [1 3])"},
		{saveEntries("first.bias", safetensors.Tensor("first.bias", v(1, 3))), []nn.LoadOption{nn.Partial}, "wrong shape: first.bias (network [3], file [1 3])"},
		{saveEntries("2.weight first.bias", safetensors.Tensor("2.weight", v(3, 2)), safetensors.Tensor("3.weight", v(1))), nil,
			"missing: first.bias; unexpected: 3.weight; wrong shape: 2.weight (network [2 3], file [3 2])"},
		{saveEntries("first.bias", safetensors.Tensor("first.bias", tensor.New[float64](3))), nil, "wrong type: first.bias (F64 does not fit in float32: rounding must be asked for)"},
		{saveEntries("first.bias", safetensors.Integers("first.bias", []int8{1, 2, 3}, 3)), nil, "wrong type: first.bias (I8 is not converted to float32)"},
		{saveEntries("", safetensors.Tensor("2.num_batches_tracked", v())), nil, "wrong type: 2.num_batches_tracked (F32 is not an integer)"},
		{saveEntries("", safetensors.Integers("2.num_batches_tracked", []int{1, 2}, 2)), nil, "wrong shape: 2.num_batches_tracked (network [], file [2])"},
		{[]safetensors.Entry{safetensors.Tensor("x", v(1))}, []nn.LoadOption{nn.Partial},
			"no name in the file is that of a parameter or buffer of the network; missing: 2.running_mean, 2.weight, first.bias, first.weight; unexpected: x"},
		{[]safetensors.Entry{safetensors.Tensor("x", v(1)), safetensors.Integers("2.num_batches_tracked", []int64{7})}, []nn.LoadOption{nn.Partial}, // a counter alone is nothing
			"no name in the file is that of a parameter or buffer of the network; missing: 2.running_mean, 2.weight, first.bias, first.weight; unexpected: x"},
		{saveEntries(""), []nn.LoadOption{nn.StripPrefix("first.")}, "missing: first.bias, first.weight; unexpected: first.bias, first.weight"},
	} {
		net := saveNet[float32](1)
		net.Params()[0].Value.Data()[0] = float32(math.NaN())
		before := saveBits(net)
		report, err := nn.LoadFrom(saveFile(t, c.entries...), net, c.options...)
		var e *nn.LoadError
		if !errors.As(err, &e) || err.Error() != "nn.Load: "+c.want || e.Report != report || len(report.Loaded) != 0 {
			t.Errorf("error %v, want %q; report %v", err, c.want, report)
			continue
		}
		if lines := strings.Split(c.want, "; "); !e.None && report.String() != "loaded: 0 tensors\n"+strings.Join(lines, "\n") {
			t.Errorf("report %q", report)
		}
		if !slices.Equal(saveBits(net), before) {
			t.Errorf("%s: the network was changed", c.want)
		}
	}
}

// A tensor that cannot be read after others could leaves those as they were too.
func TestLoadReadError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "net.safetensors")
	from, net := saveNet[float32](1), saveNet[float32](2)
	before := saveBits(net)
	if err := nn.Save(path, from, nil); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if _, err := nn.LoadFrom(f, net); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a closed file: %v", err)
	}
	// a count that no uint64 holds is found after the tensors
	if _, err := nn.LoadFrom(saveFile(t, saveEntries("", safetensors.Integers("2.num_batches_tracked", []int{-1}))...), net); err == nil || !strings.Contains(err.Error(), "-1, does not fit in uint64") {
		t.Errorf("a negative count: %v", err)
	}
	if _, err := nn.Load(filepath.Join(dir, "none"), net); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(path, []byte("nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := nn.Load(path, net); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("nonsense: %v", err)
	}
	if !slices.Equal(saveBits(net), before) {
		t.Error("the network was changed")
	}
}

func TestLoadOptions(t *testing.T) {
	from := saveNet[float32](7)
	want := nn.Hash(from)
	prefixed := func(prefix string) (entries []safetensors.Entry) {
		for _, e := range nn.StateDict(from) {
			entries = append(entries, safetensors.Tensor(prefix+e.Name, e.Value))
		}
		return entries
	}
	extra := safetensors.Tensor("optimizer.x", tensor.New[float32](1))
	for _, c := range []struct {
		what    string
		entries []safetensors.Entry
		options []nn.LoadOption
	}{
		{"a prefix", prefixed("module."), []nn.LoadOption{nn.StripPrefix("module.")}},
		{"two prefixes", prefixed("module.net."), []nn.LoadOption{nn.StripPrefix("module."), nn.StripPrefix("net.")}},
		{"part of a file", append(prefixed("model."), extra), []nn.LoadOption{nn.Only("model.")}},
		{"more than needed", append(prefixed(""), extra), []nn.LoadOption{nn.Partial}},
		{"other names", prefixed("a/"), []nn.LoadOption{nn.Rename(func(name string) string { return name[2:] })}},
	} {
		net := saveNet[float32](8)
		if report, err := nn.LoadFrom(saveFile(t, c.entries...), net, c.options...); err != nil || nn.Hash(net) != want || len(report.Loaded) != 4 {
			t.Errorf("%s: %v, %v", c.what, report, err)
		}
	}
	// a part of the network: the rest stays
	net := saveNet[float32](8)
	other := nn.StateDict(net)[2].Value.Clone()
	report, err := nn.LoadFrom(saveFile(t, saveEntries("first.bias")...), net, nn.Partial)
	if err != nil || !slices.Equal(report.Missing, []string{"first.bias"}) || report.String() != "loaded: 3 tensors\nmissing: first.bias" {
		t.Errorf("%v, %v", report, err)
	}
	if got := nn.StateDict(net); !slices.Equal(got[2].Value.Data(), other.Data()) || !slices.Equal(got[3].Value.Data(), nn.StateDict(from)[3].Value.Data()) {
		t.Error("not the right tensors were loaded")
	}
	// two tensors for one
	_, err = nn.LoadFrom(saveFile(t, append(prefixed(""), prefixed("module.")...)...), net, nn.StripPrefix("module."))
	if err == nil || !strings.Contains(err.Error(), "first.bias and module.first.bias are both for first.bias") {
		t.Errorf("two for one: %v", err)
	}
	_, err = nn.LoadState(net, append(nn.StateDict(from), nn.StateDict(from)[0]))
	if err == nil || !strings.HasPrefix(err.Error(), "nn.LoadState: 2.running_mean and 2.running_mean are both for") {
		t.Errorf("two entries of one name: %v", err)
	}
	// in memory, a count is none of the tensors
	_, err = nn.LoadState(net, append(nn.StateDict(from), nn.Entry[float32]{Name: "2.num_batches_tracked", Value: tensor.New[float32]()}))
	if err == nil || !strings.Contains(err.Error(), "a counter is not set from a tensor of floats") {
		t.Errorf("a count in memory: %v", err)
	}
}

// Types that hold less are converted exactly; more is rounded only if asked for. Files of
// PyTorch have the count of batches as I64.
func TestLoadTypes(t *testing.T) {
	halves := tensor.From([]float32{0.5, -2, 65504}, 3)
	net := saveNet[float32](1)
	if _, err := nn.LoadFrom(saveFile(t, saveEntries("first.bias", safetensors.TensorAs("first.bias", halves, safetensors.F16), safetensors.Integers("2.num_batches_tracked", []int{12}))...), net); err != nil {
		t.Fatal(err)
	}
	if got := nn.StateDict(net)[2].Value.Data(); !slices.Equal(got, halves.Data()) || net.Counters()[0].N != 12 {
		t.Errorf("F16: %v, count %d", got, net.Counters()[0].N)
	}
	// F32 into float64
	wide := saveNet[float64](1)
	if _, err := nn.LoadFrom(saveFile(t, saveEntries("")...), wide); err != nil {
		t.Fatal(err)
	}
	for i, e := range nn.StateDict(saveNet[float32](7)) {
		for j, v := range e.Value.Data() {
			if u := nn.StateDict(wide)[i].Value.Data()[j]; u != float64(v) {
				t.Fatalf("%s: %v, want %v", e.Name, u, v)
			}
		}
	}
	// F64 into float32
	third := tensor.From([]float64{1. / 3, 1e300, -1e-300}, 3)
	if _, err := nn.LoadFrom(saveFile(t, saveEntries("first.bias", safetensors.Tensor("first.bias", third))...), net, nn.Rounded); err != nil {
		t.Fatal(err)
	}
	if got := nn.StateDict(net)[2].Value.Data(); got[0] != float32(1./3) || got[1] != float32(math.Inf(1)) || math.Float32bits(got[2]) != 1<<31 {
		t.Errorf("rounded: %v", got)
	}
}

// A long list is cut in the error and whole in the report.
func TestLoadManyNames(t *testing.T) {
	var entries []safetensors.Entry
	for i := range 25 {
		entries = append(entries, safetensors.Tensor(fmt.Sprintf("x%02d", i), tensor.New[float32](1)))
	}
	report, err := nn.LoadFrom(saveFile(t, saveEntries("", entries...)...), saveNet[float32](1))
	if err == nil || err.Error() != "nn.Load: unexpected: x00, x01, x02, x03, x04, x05, x06, x07, x08, x09 and 15 more" || !strings.HasSuffix(report.String(), "x23, x24") {
		t.Errorf("%v; report %v", err, report)
	}
	// So is a long name, and what is for one tensor.
	long := strings.Repeat("x", 1<<20)
	for i := range entries {
		entries[i] = safetensors.Tensor(fmt.Sprint(i, long), tensor.New[float32](1))
	}
	report, err = nn.LoadFrom(saveFile(t, entries...), saveNet[float32](1))
	if err == nil || len(err.Error()) > 2000 || len(report.Unexpected[0]) < 1<<20 {
		t.Errorf("an error of %d bytes", len(fmt.Sprint(err)))
	}
	same := nn.Rename(func(string) string { return "first.bias" })
	if _, err = nn.LoadFrom(saveFile(t, entries...), saveNet[float32](1), same); err == nil || len(err.Error()) > 4000 || !strings.HasSuffix(err.Error(), "; 14 more") {
		t.Errorf("an error of %d bytes: %.100s", len(fmt.Sprint(err)), err)
	}
}
