package vec

import (
	"math"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
)

// same reports whether x and y are equal, NaN being equal to NaN.
func same(x, y []float64) bool {
	return slices.EqualFunc(x, y, func(a, b float64) bool { return a == b || a != a && b != b })
}

// column is column j of a matrix of cols columns.
func column(x []float64, cols, j int) []float64 {
	var c []float64
	for i := j; i < len(x); i += cols {
		c = append(c, x[i])
	}
	return c
}

// TestRowColumn compares the reductions of rows and columns with those of each by itself,
// which for up to 64 rows have the same order but for the sums of columns.
func TestRowColumn(t *testing.T) {
	const rows, cols = 5, 7
	x := randomOf(rows*cols, 11)
	x[2*cols+3] = math.NaN()
	x[4*cols+1], x[4*cols+6] = 9, 9
	one := func(f func([]float64) float64) func([]float64) (float64, float64) {
		return func(x []float64) (float64, float64) { return f(x), 0 }
	}
	place := func(f func([]float64) int) func([]float64) (float64, float64) {
		return func(x []float64) (float64, float64) { return float64(f(x)), 0 }
	}
	places := func(f func([]int, []float64)) func(a, b, x []float64) {
		return func(a, _, x []float64) {
			at := make([]int, len(a))
			f(at, x)
			for i, p := range at {
				a[i] = float64(p)
			}
		}
	}
	values := func(f func(a, x []float64)) func(a, b, x []float64) {
		return func(a, _, x []float64) { f(a, x) }
	}
	for _, c := range []struct {
		name     string
		row, col func(a, b, x []float64)
		want     func([]float64) (float64, float64)
	}{
		{"Sums", values(RowSums[float64]), values(ColSums[float64]), one(Sum[float64])},
		{"Means", values(RowMeans[float64]), values(ColMeans[float64]), one(Mean[float64])},
		{"Max", values(RowMax[float64]), values(ColMax[float64]), one(Max[float64])},
		{"Min", values(RowMin[float64]), values(ColMin[float64]), one(Min[float64])},
		{"ArgMax", places(RowArgMax[float64]), places(ColArgMax[float64]), place(ArgMax[float64])},
		{"ArgMin", places(RowArgMin[float64]), places(ColArgMin[float64]), place(ArgMin[float64])},
		{"LogSumExp", values(RowLogSumExp[float64]), nil, one(LogSumExp[float64])},
		{"MeanVar", func(a, b, x []float64) { RowMeanVar(a, b, x, 1) }, func(a, b, x []float64) { ColMeanVar(a, b, x, 1) },
			func(x []float64) (float64, float64) { return MeanVar(x, 1) }},
	} {
		a, b := make([]float64, rows), make([]float64, rows)
		c.row(a, b, x)
		for i := range rows {
			if v, w := c.want(x[i*cols:][:cols]); !same([]float64{a[i], b[i]}, []float64{v, w}) {
				t.Errorf("Row%s, row %d: %v %v, want %v %v", c.name, i, a[i], b[i], v, w)
			}
		}
		if c.col == nil {
			continue
		}
		a, b = make([]float64, cols), make([]float64, cols)
		c.col(a, b, x)
		for j := range cols {
			v, w := c.want(column(x, cols, j))
			if d := math.Abs(a[j]-v) + math.Abs(b[j]-w); d > 1e-14 || (a[j] != a[j]) != (v != v) {
				t.Errorf("Col%s, column %d: %v %v, want %v %v", c.name, j, a[j], b[j], v, w)
			}
		}
	}
	sums := []float64{1, 2, 3}
	if ColSumsAcc(sums, []float64{1, 2, 3, 4, 5, 6}); !slices.Equal(sums, []float64{6, 9, 12}) {
		t.Errorf("ColSumsAcc: %v", sums)
	}
}

func TestSpread(t *testing.T) {
	x, row, col := []float64{1, 2, 3, 4, 5, 6}, []float64{2, 4, 8}, []float64{2, 4}
	for _, c := range []struct {
		name    string
		f       func(dst, x, v []float64)
		inPlace func(x, v []float64)
		new     func(x, v []float64) []float64
		v, want []float64
	}{
		{"AddRow", AddRow[float64], AddRowInPlace[float64], AddRowNew[float64], row, []float64{3, 6, 11, 6, 9, 14}},
		{"SubRow", SubRow[float64], SubRowInPlace[float64], SubRowNew[float64], row, []float64{-1, -2, -5, 2, 1, -2}},
		{"MulRow", MulRow[float64], MulRowInPlace[float64], MulRowNew[float64], row, []float64{2, 8, 24, 8, 20, 48}},
		{"DivRow", DivRow[float64], DivRowInPlace[float64], DivRowNew[float64], row, []float64{0.5, 0.5, 0.375, 2, 1.25, 0.75}},
		{"AddColumn", AddColumn[float64], AddColumnInPlace[float64], AddColumnNew[float64], col, []float64{3, 4, 5, 8, 9, 10}},
		{"SubColumn", SubColumn[float64], SubColumnInPlace[float64], SubColumnNew[float64], col, []float64{-1, 0, 1, 0, 1, 2}},
		{"MulColumn", MulColumn[float64], MulColumnInPlace[float64], MulColumnNew[float64], col, []float64{2, 4, 6, 16, 20, 24}},
		{"DivColumn", DivColumn[float64], DivColumnInPlace[float64], DivColumnNew[float64], col, []float64{0.5, 1, 1.5, 1, 1.25, 1.5}},
	} {
		dst, in := make([]float64, 6), slices.Clone(x)
		c.f(dst, x, c.v)
		c.inPlace(in, c.v)
		for how, got := range map[string][]float64{"dst": dst, "in place": in, "new": c.new(x, c.v)} {
			if !slices.Equal(got, c.want) {
				t.Errorf("%s, %s: %v, want %v", c.name, how, got, c.want)
			}
		}
		wantError(t, c.name, func() { c.f(dst[:5], x, c.v) })
		wantError(t, c.name, func() { c.f(dst, x, make([]float64, 4)) })
		wantError(t, c.name, func() { c.f(dst, x, nil) })
		wantError(t, c.name, func() { c.f(dst, x, dst[:len(c.v)]) })
		wantError(t, c.name, func() { c.f(in[:4], in[2:], c.v[:2]) })
	}
}

func TestTranspose(t *testing.T) {
	x := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
	if got := TransposeNew(x, 3, 4); !slices.Equal(got, []float64{1, 5, 9, 2, 6, 10, 3, 7, 11, 4, 8, 12}) {
		t.Errorf("Transpose: %v", got)
	}
	y := NCHWToNHWCNew(x, 2, 3, 2)
	if !slices.Equal(y, []float64{1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12}) {
		t.Errorf("NCHWToNHWC: %v", y)
	}
	if got := NHWCToNCHWNew(y, 2, 3, 2); !slices.Equal(got, x) {
		t.Errorf("NHWCToNCHW: %v", got)
	}
	const n, c, hw = 3, 64, 900 // long enough for threads
	big := randomOf(n*c*hw, 12)
	z := NCHWToNHWCNew(big, n, c, hw)
	for i, v := range z {
		if img, p, ch := i/(c*hw), i/c%hw, i%c; v != big[(img*c+ch)*hw+p] {
			t.Fatalf("NCHWToNHWC: element %d", i)
		}
	}
	wantError(t, "Transpose", func() { Transpose(y, x, 3, 5) })
	wantError(t, "Transpose", func() { Transpose(y[1:], x, 3, 4) })
	wantError(t, "Transpose", func() { Transpose(x, x, 3, 4) })
	wantError(t, "Transpose", func() { Transpose(y, x, -3, -4) })
	wantError(t, "Transpose", func() { Transpose[float64](nil, nil, math.MaxInt/2+1, 4) })
	wantError(t, "NHWCToNCHW", func() { NHWCToNCHW(y, x, 2, 3, 3) })
	a, b := make([]float64, 4), make([]float64, 4)
	if n := steady.Allocs(5, func() {
		Transpose(y, x, 3, 4)
		NCHWToNHWC(y, x, 2, 3, 2)
		AddRow(y, x, a)
		AddColumn(y, x, a)
		RowMeanVar(a, b, x, 0)
		RowSums(a, x)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
