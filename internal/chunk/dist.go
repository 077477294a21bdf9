package chunk

import "github.com/lanes-go/lanes/asm"

// DistRows is dst[i] = the sum that a kernel of asm.DistKernels is, for rows of any
// length: chunk by chunk, the chunks combined pairwise.
func DistRows[T asm.Float](kernel func(dst, a []T, lda int, x []T), dst, a []T, lda int, x []T) {
	if len(x) <= asm.Chunk {
		kernel(dst, a, lda, x)
		return
	}
	for i := range dst {
		var p Pairwise[T]
		for lo := 0; lo < len(x); lo += asm.Chunk {
			hi := min(lo+asm.Chunk, len(x))
			kernel(dst[i:i+1:i+1], a[i*lda+lo:], hi-lo, x[lo:hi:hi])
			p.Add(dst[i])
		}
		dst[i] = p.Sum()
	}
}
