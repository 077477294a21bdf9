package vec

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

// mapCase is a function func(dst, x …, a …) with its forms and the kernel that it is,
// called on a whole slice.
type mapCase struct {
	name         string
	f            any
	inPlace, new any // or nil
	scalars      []any
	want         func(dst []float64, in [][]float64)
}

func kernels() *asm.Kernels[float64] { return asm.Tables[float64]()[0] }

var k64 = kernels()

// two and three make a want of a kernel.
func one(f func(dst, x []float64)) func([]float64, [][]float64) {
	return func(dst []float64, in [][]float64) { f(dst, in[0]) }
}
func two(f func(dst, x, y []float64)) func([]float64, [][]float64) {
	return func(dst []float64, in [][]float64) { f(dst, in[0], in[1]) }
}
func three(f func(dst, x, y, z []float64)) func([]float64, [][]float64) {
	return func(dst []float64, in [][]float64) { f(dst, in[0], in[1], in[2]) }
}

// each makes a want of what happens to an element.
func each(f func(x float64) float64) func([]float64, [][]float64) {
	return func(dst []float64, in [][]float64) {
		for i, v := range in[0] {
			dst[i] = f(v)
		}
	}
}

func mapCases() []mapCase {
	return []mapCase{
		{"Add", Add[float64], AddInPlace[float64], AddNew[float64], nil, two(k64.Add)},
		{"Sub", Sub[float64], SubInPlace[float64], SubNew[float64], nil, two(k64.Sub)},
		{"Mul", Mul[float64], MulInPlace[float64], MulNew[float64], nil, two(k64.Mul)},
		{"Div", Div[float64], DivInPlace[float64], DivNew[float64], nil, two(k64.Div)},
		{"FMA", FMA[float64], FMAInPlace[float64], FMANew[float64], nil, three(k64.FMA)},
		{"AddScalar", AddScalar[float64], AddScalarInPlace[float64], AddScalarNew[float64], []any{0.3}, each(func(x float64) float64 { return x + 0.3 })},
		{"SubScalar", SubScalar[float64], SubScalarInPlace[float64], SubScalarNew[float64], []any{0.3}, each(func(x float64) float64 { return x - 0.3 })},
		{"ScalarSub", ScalarSub[float64], ScalarSubInPlace[float64], ScalarSubNew[float64], []any{0.3}, each(func(x float64) float64 { return 0.3 - x })},
		{"Affine", Affine[float64], AffineInPlace[float64], AffineNew[float64], []any{0.3, 7.0}, each(func(x float64) float64 { return asm.FMA(x, 0.3, 7) })},
		{"Scale", Scale[float64], ScaleInPlace[float64], ScaleNew[float64], []any{0.3}, each(func(x float64) float64 { return 0.3 * x })},
		{"DivScalar", DivScalar[float64], DivScalarInPlace[float64], DivScalarNew[float64], []any{0.3}, each(func(x float64) float64 { return x / 0.3 })},
		{"ScalarDiv", ScalarDiv[float64], ScalarDivInPlace[float64], ScalarDivNew[float64], []any{0.3}, each(func(x float64) float64 { return 0.3 / x })},
		{"Neg", Neg[float64], NegInPlace[float64], NegNew[float64], nil, each(func(x float64) float64 { return -x })},
		{"Abs", Abs[float64], AbsInPlace[float64], AbsNew[float64], nil, one(k64.Abs)},
		{"Square", Square[float64], SquareInPlace[float64], SquareNew[float64], nil, each(func(x float64) float64 { return x * x })},
		{"Sqrt", Sqrt[float64], SqrtInPlace[float64], SqrtNew[float64], nil, one(k64.Sqrt)},
		{"Maximum", Maximum[float64], MaximumInPlace[float64], MaximumNew[float64], nil, two(k64.Maximum)},
		{"Minimum", Minimum[float64], MinimumInPlace[float64], MinimumNew[float64], nil, two(k64.Minimum)},
		{"Clamp", Clamp[float64], ClampInPlace[float64], ClampNew[float64], []any{-0.2, 0.4}, each(func(x float64) float64 { return min(max(x, -0.2), 0.4) })},
		{"Copy", Copy[float64], nil, nil, nil, each(func(x float64) float64 { return x })},
		{"Eq", Eq[float64], nil, EqNew[float64], nil, two(k64.Eq)},
		{"Ne", Ne[float64], nil, NeNew[float64], nil, two(k64.Ne)},
		{"Lt", Lt[float64], nil, LtNew[float64], nil, two(k64.Lt)},
		{"Le", Le[float64], nil, LeNew[float64], nil, two(k64.Le)},
		{"Gt", Gt[float64], nil, GtNew[float64], nil, two(func(dst, x, y []float64) { k64.Lt(dst, y, x) })},
		{"Ge", Ge[float64], nil, GeNew[float64], nil, two(func(dst, x, y []float64) { k64.Le(dst, y, x) })},
		{"Select", Select[float64], nil, SelectNew[float64], nil, three(k64.Select)},
	}
}

// callMap calls a function on slices and scalars; it returns its result, if any.
func callMap(f any, slices [][]float64, scalars []any) []float64 {
	var in []reflect.Value
	for _, s := range slices {
		in = append(in, reflect.ValueOf(s))
	}
	for _, s := range scalars {
		in = append(in, reflect.ValueOf(s))
	}
	if out := reflect.ValueOf(f).Call(in); len(out) > 0 {
		return out[0].Interface().([]float64)
	}
	return nil
}

func TestMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(61, 62))
	sizes := []int{0, 1, 7, 100, short, short + 1, 5*short + 3}
	if testing.Short() {
		sizes = []int{0, 1, 7, 100, short + 1}
	}
	for _, c := range append(mapCases(), tensorCases()...) {
		t.Run(c.name, func(t *testing.T) {
			inputs := reflect.TypeOf(c.f).NumIn() - 1 - len(c.scalars)
			for _, n := range sizes {
				var in [][]float64
				for range inputs {
					x := make([]float64, n)
					for i := range x {
						x[i] = float64(r.IntN(41)-20) / 16
					}
					in = append(in, x)
				}
				want := make([]float64, n)
				c.want(want, in)
				check := func(how string, got []float64) {
					t.Helper()
					for i, v := range got {
						if v != want[i] && (v == v || want[i] == want[i]) || len(got) != n {
							t.Fatalf("%s, n %d: element %d is %v, want %v", how, n, i, v, want[i])
						}
					}
				}
				dst := make([]float64, n)
				callMap(c.f, append([][]float64{dst}, in...), c.scalars)
				check("dst", dst)
				for j := range in {
					mine := slices.Clone(in)
					mine[j] = slices.Clone(in[j])
					callMap(c.f, append([][]float64{mine[j]}, mine...), c.scalars)
					check(fmt.Sprint("dst is input ", j), mine[j])
				}
				if c.inPlace != nil {
					mine := slices.Clone(in)
					mine[0] = slices.Clone(in[0])
					callMap(c.inPlace, mine, c.scalars)
					check("in place", mine[0])
				}
				if c.new != nil {
					check("new", callMap(c.new, in, c.scalars))
				}
			}
			// Misuse, and what it allocates.
			args := make([][]float64, 1+inputs)
			memory := make([]float64, 2*short)
			for i := range args {
				args[i] = memory[:10]
			}
			for i := range args {
				bad := slices.Clone(args)
				bad[i] = memory[:9]
				wantError(t, c.name, func() { callMap(c.f, bad, c.scalars) })
				if i > 0 {
					bad[i] = memory[5:15]
					wantError(t, c.name, func() { callMap(c.f, bad, c.scalars) })
				}
			}
		})
	}
}

func TestFillAxpy(t *testing.T) {
	for _, n := range []int{0, 3, short + 5} {
		x, y := make([]float32, n), make([]float32, n)
		Fill(x, 3)
		Fill(y, 1)
		Axpy(y, 2, x)
		for i, v := range y {
			if v != 7 {
				t.Fatalf("n %d: element %d is %v", n, i, v)
			}
		}
	}
	wantError(t, "Axpy", func() { Axpy(make([]float32, 3), 1, make([]float32, 2)) })
}

func TestMapAllocs(t *testing.T) {
	for _, n := range []int{100, 3 * short} {
		x, y, z := make([]float32, n), make([]float32, n), make([]float32, n)
		if a := steady.Allocs(5, func() {
			Add(x, y, z)
			AddScalarInPlace(x, 1)
			Clamp(x, y, -1, 1)
			FMA(x, x, y, z)
			Abs(x, y)
			Axpy(x, 2, y)
			Fill(y, 0)
		}); a != 0 {
			t.Errorf("n %d: %v allocations", n, a)
		}
	}
}
