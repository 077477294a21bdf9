package nn_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

// served is a network of every kind of layer that Fuse treats in its own way, after a
// Train-mode pass, so that its statistics are not those of the start.
func served[T tensor.Float](seed uint64) nn.Layer[T] {
	b := nn.New[T](seed)
	net := b.Sequential(
		b.Linear(37, 50), b.BatchNorm1d(50), b.ReLU(), b.Dropout(0.3),
		b.Sequential(b.Linear(50, 33), b.ReLU(), b.Identity()),
		b.Residual(b.Linear(33, 33), b.BatchNorm1d(33), b.ReLU(), b.Linear(33, 33)),
		b.BatchNorm1d(33), b.ReLU(), b.PReLU(33), b.LayerNorm(33),
		b.Concat(1, b.Linear(33, 9), b.Maxout(33, 8, 2)), b.Tanh(),
		b.Linear(17, 12), b.BatchNorm1d(12), b.Linear(12, 10),
	)
	x := tensor.New[T](64, 37)
	tensor.Normal(x, 0, 1, seed, 1)
	net.Forward(x, nn.Train)
	for _, p := range net.Params() { // no biases of 0, no factors of 1
		for i := range p.Value.Data() {
			p.Value.Data()[i] += T(i%7) * 0.01
		}
	}
	return net
}

// TestFuse: the bits of the network, which stays as it was.
func TestFuse(t *testing.T) {
	t.Run("float32", testFuse[float32])
	t.Run("float64", testFuse[float64])
}

func testFuse[T tensor.Float](t *testing.T) {
	net := served[T](5)
	before := nn.Hash(net)
	fused := nn.Fuse(net)
	for _, n := range []int{1, 2, 7, 64} {
		x := tensor.New[T](n, 37)
		tensor.Normal(x, 0, 1, 9, uint64(n))
		want := net.Forward(x, nn.Eval)
		if got := fused.Forward(x, nn.Eval); !got.SameShape(want) || !slices.Equal(got.Data(), want.Data()) {
			t.Errorf("%d rows: %v, want %v", n, got, want)
		}
		if got := nn.Fuse[T](fused).Forward(x, nn.Eval); !slices.Equal(got.Data(), want.Data()) {
			t.Errorf("%d rows, fused twice: %v, want %v", n, got, want)
		}
	}
	x := tensor.New[T](3, 37)
	if a := steady.Allocs(10, func() { fused.Forward(x, nn.Eval) }); a > 0 {
		t.Errorf("%v allocations", a)
	}
	if nn.Hash(net) != before || len(fused.Params()) != 0 {
		t.Error("the network has changed, or the fused one has parameters")
	}
}

func TestFuseMisuse(t *testing.T) {
	b := nn.New[float32](1)
	fused := nn.Fuse[float32](b.Sequential(b.Linear(3, 2)))
	for what, f := range map[string]func(){
		"has Eval only":        func() { fused.Forward(tensor.New[float32](1, 3), nn.Train) },
		"is for inference":     func() { fused.Backward(tensor.New[float32](1, 2)) },
		"x, weight: [1 4], [2": func() { fused.Forward(tensor.New[float32](1, 4), nn.Eval) },
		"no method Replica":    func() { nn.NewPredictor[float32](b.Sequential(b.Linear(3, 2), own{b.ReLU()})) },
	} {
		misused(t, what, f)
	}
	// A batch norm that wants images is none for rows: left where it is, it says so.
	rows := b.Sequential(b.Linear(3, 2), b.BatchNorm2d(2))
	misused(t, "BatchNorm2d.Forward", func() { nn.Fuse[float32](rows).Forward(tensor.New[float32](1, 3), nn.Eval) })
	// Alone, a layer without the method will do.
	if y := nn.Fuse[float32](b.Sequential(own{b.ReLU()})).Forward(tensor.From([]float32{-1, 2}, 1, 2), nn.Eval); y.At(0, 0) != 0 || y.At(0, 1) != 2 {
		t.Errorf("%v", y)
	}
}

// misused fails unless f panics with an *nn.Error that says what.
func misused(t *testing.T, what string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if err, ok := recover().(*nn.Error); !ok || !strings.Contains(err.Error(), what) {
			t.Errorf("%v does not say %q", err, what)
		}
	}()
	f()
}

// own is a layer of somebody else.
type own struct{ nn.Layer[float32] }

// TestPredictor: 16 goroutines get the bits of one.
func TestPredictor(t *testing.T) {
	net := served[float32](6)
	p := nn.NewPredictor(net)
	const callers, calls = 16, 20
	var x, want [callers]*tensor.Tensor[float32]
	for i := range x {
		x[i] = tensor.New[float32](1+i%3, 37)
		tensor.Normal(x[i], 0, 1, 11, uint64(i))
		want[i] = net.Forward(x[i], nn.Eval).Clone()
	}
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			y := tensor.New[float32](0)
			for range calls {
				if p.Predict(y, x[i]); !y.SameShape(want[i]) || !slices.Equal(y.Data(), want[i].Data()) {
					t.Errorf("goroutine %d: %v, want %v", i, y, want[i])
					return
				}
			}
		})
	}
	wg.Wait()
	y := tensor.New[float32](1, 10)
	if a := steady.Allocs(10, func() { p.Predict(y, x[0]) }); a > 0 {
		t.Errorf("%v allocations", a)
	}
}

// BenchmarkPredictor reports the latencies of one row of 784-512-256-10 under the load of
// so many goroutines: the median and the 99th percentile.
func BenchmarkPredictor(b *testing.B) {
	n := nn.New[float32](1)
	p := nn.NewPredictor[float32](n.Sequential(n.Linear(784, 512), n.BatchNorm1d(512), n.ReLU(), n.Linear(512, 256), n.BatchNorm1d(256), n.ReLU(), n.Linear(256, 10)))
	for _, callers := range []int{1, 2, 16} {
		b.Run("goroutines="+string(rune('0'+callers/10))+string(rune('0'+callers%10)), func(b *testing.B) {
			each := (b.N + callers - 1) / callers
			took := make([]time.Duration, callers*each)
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					x, y := tensor.New[float32](1, 784).Fill(0.5), tensor.New[float32](1, 10)
					for j := range each {
						began := time.Now()
						p.Predict(y, x)
						took[i*each+j] = time.Since(began)
					}
				})
			}
			wg.Wait()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1e3, "µs-median")
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "µs-p99")
		})
	}
}
