package tensor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/steady"
)

func TestCompare(t *testing.T) {
	t.Run("float32", testCompare[float32])
	t.Run("float64", testCompare[float64])
}

func testCompare[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	long := asm.Chunk + 70
	if testing.Short() {
		long = 700
	}
	for _, size := range [][2]int{{0, 3}, {1, 1}, {3, 0}, {7, 5}, {70, 33}, {2, long}, {700, 301}} {
		m, n := size[0], size[1]
		wide := New[T](m, n+3)
		for i := range wide.data {
			wide.data[i] = T(r.IntN(9)-4) / 4
		}
		x := New[T](n)
		for i := range x.data {
			x.data[i] = T(r.IntN(9)-4) / 4
		}
		a := wide.Narrow(1, 2, n)
		packed := a.Clone()
		for metric := DotProduct; metric <= Hamming; metric++ {
			dst, same, several := New[T](m), New[T](m), New[T](m)
			old := SetMaxThreads(1)
			Compare(dst, a, x, metric)
			Compare(same, packed, x, metric)
			SetMaxThreads(3)
			Compare(several, a, x, metric)
			SetMaxThreads(old)
			for i := range m {
				want := 0.0
				var na, nx float64
				for j := range n {
					p, q := float64(a.At(i, j)), float64(x.data[j])
					na, nx = na+p*p, nx+q*q
					switch metric {
					case DotProduct, Cosine:
						want += p * q
					case SquaredL2, L2:
						want += (p - q) * (p - q)
					case L1:
						want += math.Abs(p - q)
					case Hamming:
						if p != q {
							want++
						}
					}
				}
				switch metric {
				case Cosine:
					want /= math.Sqrt(na) * math.Sqrt(nx)
				case L2:
					want = math.Sqrt(want)
				}
				got := float64(dst.data[i])
				if same.data[i] != dst.data[i] && got == got || several.data[i] != dst.data[i] && got == got {
					t.Fatalf("%dx%d metric %d row %d: %v, packed %v, three threads %v", m, n, metric, i, got, same.data[i], several.data[i])
				}
				if !(math.Abs(got-want) <= 1e-5*(1+math.Abs(want))) && !(got != got && want != want) {
					t.Fatalf("%dx%d metric %d row %d: %v, want %v", m, n, metric, i, got, want)
				}
			}
		}
	}
}

func TestCompareMisuse(t *testing.T) {
	a, x, dst := New[float32](4, 3), New[float32](3), New[float32](4)
	for name, f := range map[string]func(){
		"rows":    func() { Compare(New[float32](3), a, x, L2) },
		"columns": func() { Compare(dst, a, New[float32](4), L2) },
		"rank":    func() { Compare(dst, New[float32](12), x, L2) },
		"metric":  func() { Compare(dst, a, x, Hamming+1) },
		"apart":   func() { Compare(dst, New[float32](3, 4).T(), x, L2) },
		"overlap": func() { Compare(From(a.data[:4], 4), a, x, L2) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(*ShapeError); !ok {
					t.Errorf("%s: no *ShapeError", name)
				}
			}()
			f()
		}()
	}
}

func TestCompareAllocates(t *testing.T) {
	a, x, dst := New[float32](1000, 300), New[float32](300), New[float32](1000)
	if n := steady.Allocs(5, func() { Compare(dst, a, x, Cosine) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestOver(t *testing.T) {
	var z Tensor[float64]
	data := []float64{1, 2, 3, 4, 5, 6}
	if got := z.Over(data, 2, 3); got != &z || z.At(1, 0) != 4 || &z.Data()[0] != &data[0] {
		t.Errorf("%v", got)
	}
	if z.Over(data[:2], 2); z.Rank() != 1 || z.At(1) != 2 {
		t.Errorf("%v", z)
	}
	if n := steady.Allocs(5, func() { z.Over(data[:4], 2, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	defer func() {
		if _, ok := recover().(*ShapeError); !ok {
			t.Error("no *ShapeError")
		}
	}()
	z.Over(data, 4, 2)
}
