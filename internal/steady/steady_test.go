package steady

import "testing"

var sink any

func TestAllocs(t *testing.T) {
	calls := 0
	if n := Allocs(5, func() {
		if calls++; calls < 20 { // settles late
			sink = make([]int, calls)
		}
	}); n != 0 {
		t.Errorf("settled: %v", n)
	}
	if n := Allocs(5, func() { sink = new([100]int) }); n != 1 {
		t.Errorf("one each: %v", n)
	}
}
