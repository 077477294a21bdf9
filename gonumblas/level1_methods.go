package gonumblas

// Ddot computes
func (f Float64) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if r, ok := dot(f.SameBits, n, x, incX, y, incY); ok {
		return r
	}
	return f.Implementation.Ddot(n, x, incX, y, incY)
}

// Dasum computes
func (f Float64) Dasum(n int, x []float64, incX int) float64 {
	if r, ok := asum(f.SameBits, n, x, incX); ok {
		return r
	}
	return f.Implementation.Dasum(n, x, incX)
}

// Dnrm2 computes
func (f Float64) Dnrm2(n int, x []float64, incX int) float64 {
	if r, ok := nrm2(f.SameBits, n, x, incX); ok {
		return r
	}
	return f.Implementation.Dnrm2(n, x, incX)
}

// Idamax computes
func (f Float64) Idamax(n int, x []float64, incX int) int {
	if r, ok := iamax(n, x, incX); ok {
		return r
	}
	return f.Implementation.Idamax(n, x, incX)
}

// Daxpy computes
func (f Float64) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	if !axpy(f.SameBits, n, alpha, x, incX, y, incY) {
		f.Implementation.Daxpy(n, alpha, x, incX, y, incY)
	}
}

// Dscal computes
func (f Float64) Dscal(n int, alpha float64, x []float64, incX int) {
	if !scal(n, alpha, x, incX) {
		f.Implementation.Dscal(n, alpha, x, incX)
	}
}

// Drot computes
func (f Float64) Drot(n int, x []float64, incX int, y []float64, incY int, c, s float64) {
	if !rot(f.SameBits, n, x, incX, y, incY, c, s) {
		f.Implementation.Drot(n, x, incX, y, incY, c, s)
	}
}

// Dswap computes
func (f Float64) Dswap(n int, x []float64, incX int, y []float64, incY int) {
	if !swap(n, x, incX, y, incY) {
		f.Implementation.Dswap(n, x, incX, y, incY)
	}
}

// Dcopy computes
func (f Float64) Dcopy(n int, x []float64, incX int, y []float64, incY int) {
	if !copyVector(n, x, incX, y, incY) {
		f.Implementation.Dcopy(n, x, incX, y, incY)
	}
}

// Sdot is Ddot in float32.
func (f Float32) Sdot(n int, x []float32, incX int, y []float32, incY int) float32 {
	if r, ok := dot(f.SameBits, n, x, incX, y, incY); ok {
		return r
	}
	return f.Implementation.Sdot(n, x, incX, y, incY)
}

// Sasum is Dasum in float32.
func (f Float32) Sasum(n int, x []float32, incX int) float32 {
	if r, ok := asum(f.SameBits, n, x, incX); ok {
		return r
	}
	return f.Implementation.Sasum(n, x, incX)
}

// Snrm2 is Dnrm2 in float32.
func (f Float32) Snrm2(n int, x []float32, incX int) float32 {
	if r, ok := nrm2(f.SameBits, n, x, incX); ok {
		return r
	}
	return f.Implementation.Snrm2(n, x, incX)
}

// Isamax is Idamax in float32.
func (f Float32) Isamax(n int, x []float32, incX int) int {
	if r, ok := iamax(n, x, incX); ok {
		return r
	}
	return f.Implementation.Isamax(n, x, incX)
}

// Saxpy is Daxpy in float32.
func (f Float32) Saxpy(n int, alpha float32, x []float32, incX int, y []float32, incY int) {
	if !axpy(f.SameBits, n, alpha, x, incX, y, incY) {
		f.Implementation.Saxpy(n, alpha, x, incX, y, incY)
	}
}

// Sscal is Dscal in float32.
func (f Float32) Sscal(n int, alpha float32, x []float32, incX int) {
	if !scal(n, alpha, x, incX) {
		f.Implementation.Sscal(n, alpha, x, incX)
	}
}

// Srot is Drot in float32.
func (f Float32) Srot(n int, x []float32, incX int, y []float32, incY int, c, s float32) {
	if !rot(f.SameBits, n, x, incX, y, incY, c, s) {
		f.Implementation.Srot(n, x, incX, y, incY, c, s)
	}
}

// Sswap is Dswap in float32.
func (f Float32) Sswap(n int, x []float32, incX int, y []float32, incY int) {
	if !swap(n, x, incX, y, incY) {
		f.Implementation.Sswap(n, x, incX, y, incY)
	}
}

// Scopy is Dcopy in float32.
func (f Float32) Scopy(n int, x []float32, incX int, y []float32, incY int) {
	if !copyVector(n, x, incX, y, incY) {
		f.Implementation.Scopy(n, x, incX, y, incY)
	}
}
