package main

import (
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/bench/shapes"
	"github.com/lanes-go/lanes/tensor"
)

// partOf are the kernels that bench measures by an operation of another name.
var partOf = []struct {
	kernels *regexp.Regexp
	op      string
}{
	{regexp.MustCompile("^(gemm|pack(n|t|tiles))$"), "gemm"},
	{regexp.MustCompile("^copy$"), "copyelements"},
	{regexp.MustCompile("^axpyrows$"), "axpy"},
	{regexp.MustCompile("^rotrows$"), "rot"},
	{regexp.MustCompile("^probe"), "fma"},
	{regexp.MustCompile("^amax$"), "max"},
	{regexp.MustCompile("moments$"), "moments"},
	{regexp.MustCompile("^col(asum|dot)$"), "colsum"},
	{regexp.MustCompile("^col(min|argmax|argmin)$"), "colmax"},
	{regexp.MustCompile("^diffrows$"), "distl1rows"},
	{regexp.MustCompile("^dotsqrows$"), "cosinerows"},
	{regexp.MustCompile("^dev(sum|sq)rows$"), "batchnorm"},
	{regexp.MustCompile("^norm|^rstd$"), "batchnorm"},
	{regexp.MustCompile("^(max|expsum|scale|shift)rows$"), "softmax"},
	{regexp.MustCompile("^(dots|(log)?softmaxgrad)rows$"), "softmaxgrad"},
	{regexp.MustCompile("^hingerows$"), "hinge"},
	{regexp.MustCompile("^words$"), "uniform"},
}

// TestEveryKernel: every kernel has a line in elementList, or belongs to one.
func TestEveryKernel(t *testing.T) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[asm.Kernels[float32]]()) {
		name := strings.ToLower(f.Name)
		if f.Type.Kind() != reflect.Func || slices.Contains(elementNames, name) {
			continue
		}
		known := false
		for _, p := range partOf {
			known = known || p.kernels.MatchString(name) && (slices.Contains(elementNames, p.op) || slices.Contains(shapes.Ops, p.op))
		}
		if !known {
			t.Errorf("no line for %s in elementList", f.Name)
		}
	}
	seen := map[string]bool{}
	for _, name := range elementNames {
		if seen[name] || slices.Contains(memoryOps, name) || slices.Contains(shapes.Ops, name) || slices.Contains(elementFamilies, name) {
			t.Errorf("%s means two things", name)
		}
		seen[name] = true
	}
}

// smallSize is a size of as many dimensions as the operation's own.
func smallSize(e elementOp[float32]) string {
	return map[int]string{0: "1000", 1: "12x20", 3: "2x3x4x5"}[strings.Count(e.sizes[len(e.sizes)-1], "x")]
}

func TestElements(t *testing.T) {
	t.Run("f32", func(t *testing.T) { testElements[float32](t, "f32") })
	t.Run("f64", func(t *testing.T) { testElements[float64](t, "f64") })
}

// testElements: every operation gives finite results, the same ones again, and from
// another path: the kernel on one thread, tensor on two.
func testElements[T tensor.Float](t *testing.T, dtype string) {
	defer tensor.SetMaxThreads(0)
	for _, e := range elementList[float32]() {
		row := shapes.Row{Op: e.name, DType: dtype, Size: smallSize(e)}
		if len(elementRows(e.name, []string{dtype}, []string{row.Size})) == 0 && e.only32 {
			continue
		}
		bits := map[int]string{}
		before := ""
		for _, threads := range []int{1, 2, 1} {
			a := newElementArena[T]([]shapes.Row{row})
			tensor.SetMaxThreads(threads)
			run, results := a.operation(row, threads)
			before = hash(results()...)
			run(1)
			for _, x := range results() {
				for i, v := range x {
					if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
						t.Fatalf("%s: result %d is %v", e.name, i, v)
					}
				}
			}
			h := hash(results()...)
			if old, ok := bits[threads]; ok && h != old {
				t.Errorf("%s: bits %s, then %s", e.name, old, h)
			}
			bits[threads] = h
		}
		if e.op != nil && bits[1] != bits[2] {
			t.Errorf("%s: bits %s with one thread, %s with two", e.name, bits[1], bits[2])
		}
		if bits[1] == before {
			t.Errorf("%s: nothing has been written", e.name)
		}
	}
}

// TestElementSizes: cases keep to the sizes that an operation has operands for.
func TestElementSizes(t *testing.T) {
	for _, e := range elementList[float32]() {
		for _, s := range append(slices.Clone(e.sizes), smallSize(e)) {
			if _, err := parseSize(s); err != nil || !e.fits(s) {
				t.Errorf("%s %s: %v", e.name, s, err)
			}
		}
		if e.kernel == nil && e.op == nil || e.family == "" || e.reads+e.writes+e.inPlace == 0 {
			t.Errorf("%s: family %q, %d + %d + %d operands", e.name, e.family, e.reads, e.writes, e.inPlace)
		}
	}
	for _, s := range []string{"", "0", "-1", "1x", "x1", "1x2x3x4x5", "1e3", "+1", "01", "134217729", "65536x65536", "99999999999999999999"} {
		if _, err := parseSize(s); err == nil {
			t.Errorf("size %q is taken", s)
		}
	}
	o := options{ops: []string{"relu", "softmax", "gemm"}, shapes: []string{"100", "5x6", "7x8x9"}}
	rows, left := o.rows("avx2")
	var got []string
	for _, r := range rows {
		got = append(got, r.Op+" "+r.Shape())
	}
	if want := []string{"gemm 7x8x9", "relu 100", "softmax 5x6"}; !slices.Equal(got, want) || len(left) > 0 {
		t.Errorf("%q, %q left; want %q", got, left, want)
	}
	for _, args := range [][]string{{"-op", "relu", "-shape", "5x6"}, {"-op", "softmax", "-shape", "100"}, {"-shape", "100"}, {"-op", "rleu"}} {
		if _, _, err := parse(args, []string{"generic"}, 1); err == nil {
			t.Errorf("%q are taken", args)
		}
	}
	if p, _, err := parse([]string{"-op", "update,exp,exp"}, []string{"generic"}, 1); err != nil || !slices.Contains(p.ops, "adam") || len(p.ops) != 9 {
		t.Errorf("%q, %v", p.ops, err)
	}
	o = options{ops: []string{"add"}}
	if rows, left := o.rows("generic"); len(rows) != 2 || len(left) != 1 {
		t.Errorf("plain table: %d cases, %d left out", len(rows), len(left))
	}
}

func TestCompareWithMemory(t *testing.T) {
	var mem []*memory
	for i, f := range []footprint{{"L1", 24 << 10}, {"L2", 512 << 10}, {"L3", 16 << 20}, {"memory", 64 << 20}, {"memory", 128 << 20}} {
		for _, op := range memoryOps {
			rate := 400 / float64(int(1)<<i) // GB/s at best, and half of it
			if past(op) || op == "update" {
				rate *= 0.9
			}
			if past(op) && f.level == "memory" {
				rate *= 1.5
			}
			m := &memory{footprint: f, op: op, threads: 1}
			best := m.moved() / rate
			m.samples = []float64{2 * best, best, 1e9}
			mem = append(mem, m)
		}
	}
	for _, c := range []struct {
		row   shapes.Row
		level string
		rate  float64
	}{
		{shapes.Row{Op: "add", DType: "f32", Size: "4096"}, "L1", 400},
		{shapes.Row{Op: "add", DType: "f64", Size: "4096"}, "L2", 200},
		{shapes.Row{Op: "sgdmomentum", DType: "f32", Size: "65536"}, "L2", 180},
		{shapes.Row{Op: "sum", DType: "f32", Size: "1048576"}, "L3", 100},
		{shapes.Row{Op: "fill", DType: "f32", Size: "1048576"}, "L3", 100},
		// Past the caches, and by the medians.
		{shapes.Row{Op: "relu", DType: "f32", Size: "8388608"}, "memory", 50 * 0.9 * 1.5 / 2},
		{shapes.Row{Op: "relu", DType: "f32", Size: "16777216"}, "memory", 25 * 0.9 * 1.5 / 2},
		{shapes.Row{Op: "sum", DType: "f32", Size: "33554432"}, "memory", 12.5},
	} {
		moved, _ := elementBytes(c.row)
		r := Record{Threads: 1, BestNs: 1000, NsPerOp: 3000}
		r.compareWithMemory(c.row, mem)
		rate := moved / 1000
		if c.level == "memory" {
			rate /= 3
		}
		if r.Level != c.level || r.Bandwidth != digits(c.rate) || r.OfBandwidth != digits(100*rate/c.rate) || r.Elements != digits(float64(elementsOf(c.row.Size))/1000) {
			t.Errorf("%+v: level %s, %v GB/s, %v %%, %v elements/ns", c.row, r.Level, r.Bandwidth, r.OfBandwidth, r.Elements)
		}
	}
	for threads, want := range map[int]string{1: "L3", 4: "L2"} {
		if level, _ := levelOf(4<<20, threads, mem); level != want {
			t.Errorf("4 MiB for %d threads: %s, want %s", threads, level, want)
		}
	}
	for bytes, want := range map[int]int{64 << 20: 64 << 20, 256 << 20: 64 << 20, 257 << 20: 128 << 20, 1 << 30: 128 << 20} {
		if level, size := levelOf(bytes, 4, mem); level != "memory" || size != want {
			t.Errorf("%d bytes for 4 threads: %s, measured at %d", bytes, level, size)
		}
	}
	if moved, footprint := elementBytes(shapes.Row{Op: "axpy", DType: "f32", Size: "100"}); moved != 1200 || footprint != 800 {
		t.Errorf("axpy of 100 moves %v bytes of %v", moved, footprint)
	}
	if moved, footprint := elementBytes(shapes.Row{Op: "tof16", DType: "f32", Size: "100"}); moved != 600 || footprint != 600 {
		t.Errorf("tof16 of 100 moves %v bytes of %v", moved, footprint)
	}
}

// TestElementProgram: the program measures elements on every table, with the same bits.
func TestElementProgram(t *testing.T) {
	cmd, out, errs := program(t, "-quick", "-count", "1", "-op", "exp,dot,softmax,adam", "-shape", "1000,9x33", "-threads", "1,2", "-json", "-")
	start(t, cmd)
	if s := status(t, cmd); s != 0 {
		t.Fatalf("status %d: %s", s, errs)
	}
	rs, err := readRecords(out)
	if err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	found := map[string]string{}
	for _, r := range rs {
		if r.Elements == 0 {
			continue
		}
		if r.Level == "" || r.OfBandwidth <= 0 || r.GBytes <= 0 {
			t.Errorf("%+v", r)
		}
		if old, ok := found[r.Op]; ok && old != r.Bits {
			t.Errorf("%s on %s with %d threads: bits %s, elsewhere %s", r.Op, r.ISA, r.Threads, r.Bits, old)
		}
		found[r.Op] = r.Bits
		found[r.ISA+" "+r.Op] = r.Bits
	}
	for _, isa := range asm.Selection().Available {
		for _, op := range []string{"exp", "dot", "softmax", "adam"} {
			if found[isa+" "+op] == "" {
				t.Errorf("no record of %s on %s", op, isa)
			}
		}
	}
	if !strings.Contains(errs.String(), "elements/ns") {
		t.Errorf("no table of elements in\n%s", errs)
	}
}
