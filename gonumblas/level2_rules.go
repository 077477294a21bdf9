package gonumblas

import "github.com/lanes-go/lanes/tensor"

// Which shapes gonum does faster, or no slower: a rule on the shape alone. Measured on
// an AMD Zen 5 with AVX-512; the comments are gonum's nanoseconds over ours.

// gemvIsSmall: A·x of a 16 x 16 matrix 0.97 (float32 1.85), 24 x 24 1.3 (1.9), 100 x 8
// 0.93 (2.2), 100 x 16 1.5 (2.9), 4 x 100 1.1 (1.3), 1 x 100 0.96 (0.77);
// Aᵀ·x 16 x 16 0.8 (1.7), 24 x 24 1.2 (2.3), 1000 x 8 0.99 (2.8), 4 x 100 0.8 (0.95),
// 8 x 100 1.06 (1.5), 1 x 1000 1.2 (0.64), 4 x 1000 1.6 (1.6). An element to be copied
// takes 1 ns, one of the matrix then 0.04 ns (0.35) less than in gonum.
func gemvIsSmall[T tensor.Float](t bool, m, n, incX, incY int) bool {
	work := float64(float64(m) * float64(n)) // no overflow: the arguments are not checked yet
	single := sizeOf[T]() == 4
	if incX != 1 || incY != 1 {
		copied := float64(strided(n, incX) + 2*strided(m, incY))
		if t {
			copied = float64(strided(m, incX) + 2*strided(n, incY))
		}
		if single {
			work -= float64(3*copied) + 100
		} else {
			work -= float64(25*copied) + 450
		}
	}
	switch {
	case !t && single:
		return work < 64 || m == 1 && n < 400
	case !t:
		return n < 12 || work < 256
	case single:
		return m < 3 || work < 100 || m < 6 && work < 2000
	}
	return n < 12 || work < 500
}

// gerIsSmall: 24 x 24 0.96 (float32 0.5), 32 x 32 1.5 (0.85), 64 x 64 2.2 (2.0), 100 x 8
// 0.76 (0.4), 100 x 16 1.3 (0.9), 1000 x 16 1.7 (1.4), 1 x 1000 3.1 (1.4). An element to
// be copied takes 1 ns, one of the matrix 0.06 ns (0.04) less than in gonum.
func gerIsSmall[T tensor.Float](m, n, incX, incY int) bool {
	work := float64(float64(m) * float64(n))
	copied := float64(strided(m, incX) + strided(n, incY))
	if sizeOf[T]() == 4 {
		work -= float64(28 * copied)
		return n < 16 || work < 3000 && (n < 500 || work < 1000)
	}
	return n < 12 || work < 700+float64(16*copied)
}

// fewer tells at less cost that a matrix has fewer than work elements.
func fewer(m, n, work int) bool { return uint(m|n) < 1<<15 && m*n < work }

// strided is n where the elements of a vector lie apart.
func strided(n, inc int) int {
	if inc == 1 {
		return 0
	}
	return n
}

// The least n of what is one triangle. symv: 32: 0.9 (float32 0.9), 64: 2.6 (2.4);
// trmv: 100: 0.93 to 1.2 (0.7), 300: 1.4 (1.03); trsv: 32: 0.7 to 1.1 (0.7 to 1.15), 64:
// 1.2 to 1.8 (1.2 to 1.9); syr: 16: 0.7 (1.05), 32: 1.2 (1.2); syr2: 32: 0.7 (1.5).
const (
	minSymv   = 40
	min64Trmv = 112
	min32Trmv = 256
	minTrsv   = 48
	minSyr    = 32
	minSyr2   = 48
)
