package vec

import "github.com/lanes-go/lanes/tensor"

// along is a reduction of a matrix x along an axis: dst has one element for each row,
// axis 1, or for each column, axis 0.
func along[T Float](op string, dst, x []T, axis int, f func(dst, x *tensor.Tensor[T], axis int)) {
	o := begin(op, dst, x)
	defer o.put()
	if o.matrix(1, x, len(dst), axis) {
		f(&o.t[0], &o.t[1], axis)
	}
}

// find is along for places.
func find[T Float](op string, dst []int, x []T, axis int, f func(dst []int, x *tensor.Tensor[T], axis int)) {
	o := begin(op, nil, x)
	defer o.put()
	o.lens[0] = len(dst)
	if o.matrix(1, x, len(dst), axis) {
		f(dst, &o.t[1], axis)
	}
}

// matrix makes operand i a matrix that has n rows or columns left after a reduction along
// an axis; false if there is nothing to do, n being 0.
func (o *operands[T]) matrix(i int, x []T, n, axis int) bool {
	if axis == 0 {
		o.t[i].Over(x, o.rowsOf(len(x), n), n)
	} else {
		o.t[i].Over(x, n, o.colsOf(len(x), n))
	}
	return n > 0
}

// RowSums computes dst[i] = [Sum] of row i of a matrix x of len(dst) rows, and 0 of rows
// of nothing: the gradient of what [AddColumn] adds. dst shares no memory with x.
func RowSums[T Float](dst, x []T) { along("RowSums", dst, x, 1, tensor.SumAxis[T]) }

// RowMeans computes dst[i] = [Mean] of row i of a matrix x of len(dst) rows. dst shares no
// memory with x.
func RowMeans[T Float](dst, x []T) { along("RowMeans", dst, x, 1, tensor.MeanAxis[T]) }

// RowMax computes dst[i] = [Max] of row i of a matrix x of len(dst) rows. dst shares no
// memory with x.
func RowMax[T Float](dst, x []T) { along("RowMax", dst, x, 1, tensor.MaxAxis[T]) }

// RowMin computes dst[i] = [Min] of row i of a matrix x of len(dst) rows. dst shares no
// memory with x.
func RowMin[T Float](dst, x []T) { along("RowMin", dst, x, 1, tensor.MinAxis[T]) }

// RowArgMax computes dst[i] = [ArgMax] of row i of a matrix x of len(dst) rows: the column
// of its first NaN, else of the first of its greatest elements.
func RowArgMax[T Float](dst []int, x []T) { find("RowArgMax", dst, x, 1, tensor.ArgMaxAxis[T]) }

// RowArgMin computes dst[i] = [ArgMin] of row i of a matrix x of len(dst) rows.
func RowArgMin[T Float](dst []int, x []T) { find("RowArgMin", dst, x, 1, tensor.ArgMinAxis[T]) }

// RowMeanVar computes [MeanVar] of every row of a matrix x of len(mean) rows. mean,
// variance and x share no memory.
func RowMeanVar[T Float](mean, variance, x []T, ddof int) {
	meanVar("RowMeanVar", mean, variance, x, 1, ddof)
}

// RowLogSumExp computes dst[i] = [LogSumExp] of row i of a matrix x of len(dst) rows. dst
// shares no memory with x.
func RowLogSumExp[T Float](dst, x []T) { along("RowLogSumExp", dst, x, 1, tensor.LogSumExp[T]) }

// ColSums computes dst[j] = Σ x[i*len(dst)+j], the sums of the columns of a matrix x, and
// 0 where it has no rows: the gradient of what [AddRow] adds, a bias. Rows are added in
// order in blocks of 64, and the blocks pairwise. dst shares no memory with x.
func ColSums[T Float](dst, x []T) { along("ColSums", dst, x, 0, tensor.SumAxis[T]) }

// ColSumsAcc computes dst[j] += Σ x[i*len(dst)+j]: [ColSums] added to the gradient so far.
// dst shares no memory with x.
func ColSumsAcc[T Float](dst, x []T) {
	along("ColSumsAcc", dst, x, 0, func(dst, x *tensor.Tensor[T], _ int) { tensor.ColSumAcc(dst, x) })
}

// ColMeans computes the means of the columns of a matrix x of len(dst) columns, in the
// order of [ColSums]. dst shares no memory with x.
func ColMeans[T Float](dst, x []T) { along("ColMeans", dst, x, 0, tensor.MeanAxis[T]) }

// ColMax computes the greatest element, as [Max] has it, of every column of a matrix x of
// len(dst) columns. dst shares no memory with x.
func ColMax[T Float](dst, x []T) { along("ColMax", dst, x, 0, tensor.MaxAxis[T]) }

// ColMin computes the least element, as [Min] has it, of every column of a matrix x of
// len(dst) columns. dst shares no memory with x.
func ColMin[T Float](dst, x []T) { along("ColMin", dst, x, 0, tensor.MinAxis[T]) }

// ColArgMax computes the row of the greatest element, as [ArgMax] has it, of every column
// of a matrix x of len(dst) columns.
func ColArgMax[T Float](dst []int, x []T) { find("ColArgMax", dst, x, 0, tensor.ArgMaxAxis[T]) }

// ColArgMin computes the row of the least element, as [ArgMin] has it, of every column of
// a matrix x of len(dst) columns.
func ColArgMin[T Float](dst []int, x []T) { find("ColArgMin", dst, x, 0, tensor.ArgMinAxis[T]) }

// ColMeanVar computes the mean and the variance, see [MeanVar], of every column of a
// matrix x of len(mean) columns. mean, variance and x share no memory.
func ColMeanVar[T Float](mean, variance, x []T, ddof int) {
	meanVar("ColMeanVar", mean, variance, x, 0, ddof)
}

func meanVar[T Float](op string, mean, variance, x []T, axis, ddof int) {
	o := begin(op, mean, variance, x)
	defer o.put()
	if len(mean) != len(variance) {
		o.fail("mean and variance differ in length")
	}
	if o.matrix(2, x, len(mean), axis) {
		tensor.MeanVarAxis(&o.t[0], &o.t[1], &o.t[2], axis, ddof)
	}
}

// spread is dst = f(x, v), where v is broadcast over the matrix x: v has one element for
// each column, axis 1, or for each row, axis 0.
func spread[T Float](op string, dst, x, v []T, axis int, f func(dst, x, y *tensor.Tensor[T])) {
	o := begin(op, dst, x, v)
	defer o.put()
	if len(dst) != len(x) {
		o.fail("dst and x differ in length")
	}
	if axis == 1 {
		n := o.rowsOf(len(x), len(v))
		o.t[0].Over(dst, n, len(v))
		o.t[1].Over(x, n, len(v))
	} else {
		n := o.colsOf(len(x), len(v))
		o.t[0].Over(dst, len(v), n)
		o.t[1].Over(x, len(v), n)
		o.t[2].Over(v, len(v), 1)
	}
	f(&o.t[0], &o.t[1], &o.t[2])
}

// AddRow computes dst[i][j] = x[i][j] + row[j] for a matrix x of len(row) columns: adds a
// bias, whose gradient is [ColSums] of that of dst. dst may be x; row is apart from dst.
//
//forms:inplace new
func AddRow[T Float](dst, x, row []T) { spread("AddRow", dst, x, row, 1, tensor.Add[T]) }

// SubRow computes dst[i][j] = x[i][j] - row[j] for a matrix x of len(row) columns. dst may
// be x; row is apart from dst.
//
//forms:inplace new
func SubRow[T Float](dst, x, row []T) { spread("SubRow", dst, x, row, 1, tensor.Sub[T]) }

// MulRow computes dst[i][j] = x[i][j] * row[j] for a matrix x of len(row) columns: scales
// its columns. dst may be x; row is apart from dst.
//
//forms:inplace new
func MulRow[T Float](dst, x, row []T) { spread("MulRow", dst, x, row, 1, tensor.Mul[T]) }

// DivRow computes dst[i][j] = x[i][j] / row[j] for a matrix x of len(row) columns. dst may
// be x; row is apart from dst.
//
//forms:inplace new
func DivRow[T Float](dst, x, row []T) { spread("DivRow", dst, x, row, 1, tensor.Div[T]) }

// AddColumn computes dst[i][j] = x[i][j] + col[i] for a matrix x of len(col) rows. The
// gradient of col is [RowSums] of that of dst. dst may be x; col is apart from dst.
//
//forms:inplace new
func AddColumn[T Float](dst, x, col []T) { spread("AddColumn", dst, x, col, 0, tensor.Add[T]) }

// SubColumn computes dst[i][j] = x[i][j] - col[i] for a matrix x of len(col) rows. dst may
// be x; col is apart from dst.
//
//forms:inplace new
func SubColumn[T Float](dst, x, col []T) { spread("SubColumn", dst, x, col, 0, tensor.Sub[T]) }

// MulColumn computes dst[i][j] = x[i][j] * col[i] for a matrix x of len(col) rows: scales
// its rows. dst may be x; col is apart from dst.
//
//forms:inplace new
func MulColumn[T Float](dst, x, col []T) { spread("MulColumn", dst, x, col, 0, tensor.Mul[T]) }

// DivColumn computes dst[i][j] = x[i][j] / col[i] for a matrix x of len(col) rows. dst may
// be x; col is apart from dst.
//
//forms:inplace new
func DivColumn[T Float](dst, x, col []T) { spread("DivColumn", dst, x, col, 0, tensor.Div[T]) }

// Transpose computes dst[j][i] = x[i][j], where x is rows x cols and dst cols x rows. dst
// shares no memory with x.
//
//forms:new
func Transpose[T Float](dst, x []T, rows, cols int) {
	turn("Transpose", dst, x, 1, rows, cols)
}

// NCHWToNHWC computes dst[i][p][ch] = x[i][ch][p] for n images of c channels of hw
// elements each: from planes of channels to channels of places. dst shares no memory with
// x.
//
//forms:new
func NCHWToNHWC[T Float](dst, x []T, n, c, hw int) { turn("NCHWToNHWC", dst, x, n, c, hw) }

// NHWCToNCHW is [NCHWToNHWC] the other way, dst[i][ch][p] = x[i][p][ch]: x has n images of
// hw places of c channels. dst shares no memory with x.
//
//forms:new
func NHWCToNCHW[T Float](dst, x []T, n, c, hw int) { turn("NHWCToNCHW", dst, x, n, hw, c) }

// turn transposes n matrices of rows x cols.
func turn[T Float](op string, dst, x []T, n, rows, cols int) {
	o := begin(op, dst, x)
	defer o.put()
	if len(dst) != len(x) {
		o.fail(lengthsDiffer)
	}
	o.is(0, "dst", dst, n, cols, rows).CopyFrom(o.t[1].OverT(x, n, rows, cols))
}
