package scratch

import (
	"sync"
	"testing"
)

func TestStore(t *testing.T) {
	var s Store[int]
	a, b := s.Get(), s.Get()
	if a == b {
		t.Fatal("one object handed out twice")
	}
	s.Put(a)
	if s.Get() != a {
		t.Error("an object put back was not reused")
	}
	for range 300 { // more than it holds
		s.Put(new(int))
	}
}

func TestStoreManyGoroutines(t *testing.T) {
	var s Store[int]
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 1000 {
				p := s.Get()
				*p = i // a second owner is a race
				if *p != i {
					t.Error("two owners")
				}
				s.Put(p)
			}
		})
	}
	wg.Wait()
}

func TestGrow(t *testing.T) {
	var buf []float32
	x := Grow(&buf, 100)
	if y := Grow(&buf, 50); len(x) != 100 || len(y) != 50 || &x[0] != &y[0] {
		t.Error("memory was not reused")
	}
	if y := Grow(&buf, 1000); len(y) != 1000 || cap(y) != 1000 {
		t.Errorf("len %d, cap %d", len(y), cap(y))
	}
}
