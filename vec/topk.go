package vec

import "github.com/lanes-go/lanes/internal/scratch"

// topK keeps the best k of x seen so far in a heap whose root is the worst of them, and
// sorts them in the end.
func topK[T Float](h []Match[T], x []T, k int, least bool) []Match[T] {
	k = min(k, len(x))
	if k == 0 {
		return h
	}
	for i, v := range x {
		if v != v {
			continue
		}
		m := Match[T]{i, v}
		switch {
		case len(h) < k:
			h = append(h, m)
			for j := len(h) - 1; j > 0 && better(h[(j-1)/2], h[j], least); j = (j - 1) / 2 {
				h[j], h[(j-1)/2] = h[(j-1)/2], h[j]
			}
		case better(m, h[0], least):
			h[0] = m
			sink(h, least)
		}
	}
	for end := len(h) - 1; end > 0; end-- { // the worst to the end
		h[0], h[end] = h[end], h[0]
		sink(h[:end], least)
	}
	return h
}

func better[T Float](a, b Match[T], least bool) bool {
	if a.Score != b.Score {
		return (a.Score > b.Score) != least
	}
	return a.Row < b.Row
}

// sink moves the root down to its place: a parent is worse than its children.
func sink[T Float](h []Match[T], least bool) {
	for j := 0; ; {
		c := 2*j + 1
		if c >= len(h) {
			return
		}
		if c+1 < len(h) && better(h[c], h[c+1], least) {
			c++
		}
		if !better(h[j], h[c], least) {
			return
		}
		h[j], h[c] = h[c], h[j]
		j = c
	}
}

// scores is memory for the score of every row.
type scores[T Float] struct{ buf, x []T }

var (
	scores32 scratch.Store[scores[float32]]
	scores64 scratch.Store[scores[float64]]
)

func getScores[T Float](n int) *scores[T] {
	var z T
	var s *scores[T]
	if _, ok := any(z).(float32); ok {
		s = any(scores32.Get()).(*scores[T])
	} else {
		s = any(scores64.Get()).(*scores[T])
	}
	s.x = scratch.Grow(&s.buf, n)
	return s
}

func putScores[T Float](s *scores[T]) {
	switch s := any(s).(type) {
	case *scores[float32]:
		scores32.Put(s)
	case *scores[float64]:
		scores64.Put(s)
	}
}
