package tensor

import "github.com/lanes-go/lanes/internal/scratch"

// workspace is the scratch memory of one product in flight. Buffers grow to what
// the largest call needed and are kept, so that a steady state allocates nothing.
type workspace[T Float] struct {
	strip strip[T]

	b   []T // packed block of B
	a   []T // packed tile of A
	sum []T // sums over all k-blocks, where C cannot hold them
	sup []T // sum over the superblock in hand

	chains []T // of which a piece is done

	vectors []T // of an epilogue
}

// grow returns (*buf)[:n], enlarging it when it is too short.
func grow[T Float](buf *[]T, n int) []T { return scratch.Grow(buf, n) }

var (
	free32 scratch.Store[workspace[float32]]
	free64 scratch.Store[workspace[float64]]
)

func getWorkspace[T Float]() *workspace[T] {
	var z T
	if _, ok := any(z).(float32); ok {
		return any(free32.Get()).(*workspace[T])
	}
	return any(free64.Get()).(*workspace[T])
}

func putWorkspace[T Float](w *workspace[T]) {
	switch w := any(w).(type) {
	case *workspace[float32]:
		free32.Put(w)
	case *workspace[float64]:
		free64.Put(w)
	}
}
