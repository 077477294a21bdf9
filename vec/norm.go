package vec

import "github.com/lanes-go/lanes/tensor"

// Normalization of matrices: x holds rows, one after the other.

// BatchNormOptions are the settings of batch norm; see [tensor.BatchNormOptions] and its
// conventions of PyTorch, Keras, ONNX and CS231n.
type BatchNormOptions = tensor.BatchNormOptions

// over makes tensor i one over x, or nil if x is.
func (o *operands[T]) over(i int, x []T, shape ...int) *tensor.Tensor[T] {
	if x == nil {
		return nil
	}
	return o.t[i].Over(x, shape...)
}

// BatchNorm normalizes the columns of rows of len(mean) channels by their mean and
// variance, which it writes to mean and rstd and with which it updates runMean and
// runVar. gamma and beta, or the running statistics, may be nil. See [tensor.BatchNorm].
func BatchNorm[T Float](y, mean, rstd, runMean, runVar, x, gamma, beta []T, opts BatchNormOptions) {
	c := len(mean)
	n := rowsOf("BatchNorm", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.BatchNorm(o.over(0, y, n, c), o.over(1, mean, c), o.over(2, rstd, c), o.over(3, runMean, len(runMean)), o.over(4, runVar, len(runVar)),
		o.over(5, x, n, c), o.over(6, gamma, len(gamma)), o.over(7, beta, len(beta)), opts)
}

// BatchNormInference normalizes the columns by given statistics. See
// [tensor.BatchNormInference].
func BatchNormInference[T Float](y, x, gamma, beta, mean, variance []T, opts BatchNormOptions) {
	c := len(mean)
	n := rowsOf("BatchNormInference", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.BatchNormInference(o.over(0, y, n, c), o.over(1, x, n, c), o.over(2, gamma, len(gamma)), o.over(3, beta, len(beta)),
		o.over(4, mean, c), o.over(5, variance, len(variance)), opts)
}

// BatchNormGrad is the backward pass of BatchNorm. y is wanted with ReLU only. See
// [tensor.BatchNormGrad].
func BatchNormGrad[T Float](dx, dgamma, dbeta, dy, x, y, gamma, mean, rstd []T, opts BatchNormOptions) {
	c := len(mean)
	n := rowsOf("BatchNormGrad", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.BatchNormGrad(o.over(0, dx, n, c), o.over(1, dgamma, len(dgamma)), o.over(2, dbeta, len(dbeta)), o.over(3, dy, n, c), o.over(4, x, n, c),
		o.over(5, y, n, c), o.over(6, gamma, len(gamma)), o.over(7, mean, c), o.over(8, rstd, len(rstd)), opts)
}

// LayerNorm normalizes every row of len(gamma) elements by its own mean and variance.
// mean and rstd have one element for each row, or are nil, as beta may be. See
// [tensor.LayerNorm].
func LayerNorm[T Float](y, mean, rstd, x, gamma, beta []T, eps float64) {
	c := len(gamma)
	n := rowsOf("LayerNorm", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.LayerNorm(o.over(0, y, n, c), o.over(1, mean, len(mean)), o.over(2, rstd, len(rstd)), o.over(3, x, n, c), o.over(4, gamma, c), o.over(5, beta, len(beta)), eps)
}

// LayerNormGrad is the backward pass of LayerNorm. See [tensor.LayerNormGrad].
func LayerNormGrad[T Float](dx, dgamma, dbeta, dy, x, gamma, mean, rstd []T) {
	c := len(gamma)
	n := rowsOf("LayerNormGrad", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.LayerNormGrad(o.over(0, dx, n, c), o.over(1, dgamma, len(dgamma)), o.over(2, dbeta, len(dbeta)), o.over(3, dy, n, c), o.over(4, x, n, c),
		o.over(5, gamma, c), o.over(6, mean, len(mean)), o.over(7, rstd, len(rstd)))
}

// RMSNorm divides every row of len(gamma) elements by its root mean square. See
// [tensor.RMSNorm].
func RMSNorm[T Float](y, rstd, x, gamma []T, eps float64) {
	c := len(gamma)
	n := rowsOf("RMSNorm", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.RMSNorm(o.over(0, y, n, c), o.over(1, rstd, len(rstd)), o.over(2, x, n, c), o.over(3, gamma, c), eps)
}

// RMSNormGrad is the backward pass of RMSNorm. See [tensor.RMSNormGrad].
func RMSNormGrad[T Float](dx, dgamma, dy, x, gamma, rstd []T) {
	c := len(gamma)
	n := rowsOf("RMSNormGrad", len(x), c)
	o := getOperands[T]()
	defer o.put()
	tensor.RMSNormGrad(o.over(0, dx, n, c), o.over(1, dgamma, len(dgamma)), o.over(2, dy, n, c), o.over(3, x, n, c), o.over(4, gamma, c), o.over(5, rstd, len(rstd)))
}
