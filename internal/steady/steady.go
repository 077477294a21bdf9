// Package steady counts allocations in tests.
package steady

import "testing"

// Allocs returns the allocations per call of f once f has settled: the least of
// several averages over runs calls. A worker that first helps in the middle of a
// measurement, or an item that another thread takes than the time before, still
// grows memory that is kept; what a call allocates always shows in every average. A
// short test has 3 runs at most.
func Allocs(runs int, f func()) float64 {
	if testing.Short() {
		runs = min(runs, 3)
	}
	least := testing.AllocsPerRun(runs, f)
	for try := 1; try < 10 && least > 0; try++ {
		least = min(least, testing.AllocsPerRun(runs, f))
	}
	return least
}
