package main

import (
	"fmt"

	"github.com/lanes-go/lanes/tensor"
	"gonum.org/v1/gonum/blas"
)

// vectors are the operands of level 1 and what it returns.
type vectors[T tensor.Float] struct {
	n    int
	x, y []T
	r    T
}

// level1 lists the routines. reads and writes are vectors, for the bytes; the limit
// is the probe that moves as many: reads alone, or stores beside loads.
var level1 = []struct {
	name          string
	reads, writes int
	flops         float64 // an element
	f32           func(b blas.Float32, v *vectors[float32], iters int)
	f64           func(b blas.Float64, v *vectors[float64], iters int)
}{
	{"dot", 2, 0, 2, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			v.r = b.Sdot(v.n, v.x, 1, v.y, 1)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			v.r = b.Ddot(v.n, v.x, 1, v.y, 1)
		}
	}},
	{"axpy", 2, 1, 2, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			b.Saxpy(v.n, 0.25, v.x, 1, v.y, 1)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			b.Daxpy(v.n, 0.25, v.x, 1, v.y, 1)
		}
	}},
	{"nrm2", 1, 0, 2, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			v.r = b.Snrm2(v.n, v.x, 1)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			v.r = b.Dnrm2(v.n, v.x, 1)
		}
	}},
	{"asum", 1, 0, 1, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			v.r = b.Sasum(v.n, v.x, 1)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			v.r = b.Dasum(v.n, v.x, 1)
		}
	}},
	{"iamax", 1, 0, 1, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			v.r = float32(b.Isamax(v.n, v.x, 1))
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			v.r = float64(b.Idamax(v.n, v.x, 1))
		}
	}},
	{"scal", 1, 1, 1, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			b.Sscal(v.n, -1, v.y, 1) // no growth
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			b.Dscal(v.n, -1, v.y, 1)
		}
	}},
	{"copy", 1, 1, 0, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			b.Scopy(v.n, v.x, 1, v.y, 1)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			b.Dcopy(v.n, v.x, 1, v.y, 1)
		}
	}},
	{"swap", 2, 2, 0, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			b.Sswap(v.n, v.x, 1, v.y, 1)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			b.Dswap(v.n, v.x, 1, v.y, 1)
		}
	}},
	{"rot", 2, 2, 6, func(b blas.Float32, v *vectors[float32], iters int) {
		for range iters {
			b.Srot(v.n, v.x, 1, v.y, 1, 0.6, 0.8)
		}
	}, func(b blas.Float64, v *vectors[float64], iters int) {
		for range iters {
			b.Drot(v.n, v.x, 1, v.y, 1, 0.6, 0.8)
		}
	}},
}

func level1Jobs[T tensor.Float](sizes []int) (jobs []job) {
	letter, dtype, eps := prefix[T]()
	size := len(bytesOf(make([]T, 1)))
	for _, l := range level1 {
		for _, n := range sizes {
			j := job{op: "level1", name: letter + l.name, dtype: dtype, shape: fmt.Sprintf("%d", n), n: n,
				flops: l.flops * float64(n), bytes: float64(l.reads+l.writes) * float64(n*size), tol: 64 * eps * float64(n)}
			if l.name == "iamax" {
				j.name, j.tol = "I"+map[string]string{"S": "s", "D": "d"}[letter]+"amax", 0
			}
			j.make = func(b backend) *contestant {
				v := &vectors[T]{n: n, x: aligned[T](n, 0), y: aligned[T](n, 5)}
				c := &contestant{name: b.name, reset: func() { fill(v.x, 1); fill(v.y, 2) }}
				c.reset()
				switch v := any(v).(type) {
				case *vectors[float32]:
					c.run = func(iters int) { l.f32(b.f32, v, iters) }
				case *vectors[float64]:
					c.run = func(iters int) { l.f64(b.f64, v, iters) }
				}
				c.out = func() any { return append(append([]T{v.r}, v.x...), v.y...) }
				if l.writes == 0 {
					c.out = func() any { return []T{v.r} }
				}
				return c
			}
			j.limit = func() *contestant {
				x, y := bytesOf(aligned[T](n, 0)), bytesOf(aligned[T](n, 5))
				switch {
				case l.writes == 0 && l.reads == 1:
					return limitOf(func() { probeRead(x) })
				case l.writes == 0:
					return limitOf(func() { probeRead(x); probeRead(y) })
				case l.writes == 2:
					return limitOf(func() { probeCopy(x, x); probeCopy(y, y) })
				case l.name == "scal":
					return limitOf(func() { probeCopy(y, y) })
				}
				return limitOf(func() { probeCopy(y, x) })
			}
			jobs = append(jobs, j)
		}
	}
	return jobs
}
