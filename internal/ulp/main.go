// Command ulp measures the error of elementary functions on every float32, by the
// table in use, against float64 references: the greatest distance in units of the
// true value's last place, and where. It fails if one is above the bound that the
// function's documentation states, or if a special value is wrong.
//
//	go run ./internal/ulp                 every function: some minutes each
//	go run ./internal/ulp -f Exp,Tanh     some
//	go run ./internal/ulp -every 1000     every 1000th block of 4096 numbers
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lanes-go/lanes/asm"
)

// function is one to measure: the kernel, the true values and the greatest error.
type function struct {
	name  string
	run   func(k *asm.Kernels[float32], dst, x []float32)
	ref   func(x float64) float64
	bound float64
}

const block = 4096 // neighbours, in the order of their bits

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ulp:", err)
		os.Exit(1)
	}
}

func run() error {
	names := flag.String("f", "", "functions, comma-separated; all if empty")
	every := flag.Int("every", 1, "measure one block of 4096 numbers in so many")
	threads := flag.Int("threads", runtime.NumCPU(), "")
	flag.Parse()
	if flag.NArg() > 0 || *every < 1 || *every > 1<<20 || *threads < 1 || *threads > 1024 {
		return fmt.Errorf("want -every 1 … %d and -threads 1 … 1024 and no arguments", 1<<20)
	}
	if err := asm.CheckISA(); err != nil {
		return err
	}
	list, err := choose(*names)
	if err != nil {
		return err
	}
	fmt.Printf("cpu %s, table %s, every %d\n", asm.Selection().CPU, asm.Selection().ISA, *every)
	var bad []string
	for _, f := range list {
		w := measure(f, *every, *threads)
		fmt.Printf("%-10s at most %.4f ULP, at %x (bound %v)\n", f.name, w.ulp, w.at, f.bound)
		if !(w.ulp <= f.bound) {
			bad = append(bad, f.name)
		}
	}
	if len(bad) > 0 {
		return fmt.Errorf("above the bound: %s", strings.Join(bad, ", "))
	}
	return nil
}

func choose(names string) ([]function, error) {
	if names == "" {
		return functions, nil
	}
	var list []function
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, f := range functions {
			if strings.EqualFold(f.name, name) {
				list, found = append(list, f), true
			}
		}
		if !found {
			var known []string
			for _, f := range functions {
				known = append(known, f.name)
			}
			return nil, fmt.Errorf("no function %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return list, nil
}

// worst is the greatest error and where it was; of equal ones the lowest bits, so that
// threads do not matter.
type worst struct {
	ulp float64
	at  float32
}

func (w *worst) see(ulp float64, at float32) {
	if !(ulp <= w.ulp) || ulp == w.ulp && ulp > 0 && math.Float32bits(at) < math.Float32bits(w.at) {
		w.ulp, w.at = ulp, at
	}
}

// measure looks at every every-th block of the 2^32 numbers.
func measure(f function, every, threads int) worst {
	const blocks = 1 << 32 / block
	kernels := asm.Active[float32]()
	var next atomic.Int64
	var wait sync.WaitGroup
	found := make([]worst, threads)
	for i := range threads {
		wait.Go(func() {
			x, y := make([]float32, block), make([]float32, block)
			for {
				at := (next.Add(1) - 1) * int64(every)
				if at >= blocks {
					return
				}
				for j := range x {
					x[j] = math.Float32frombits(uint32(at*block) + uint32(j))
				}
				f.run(kernels, y, x)
				for j, v := range x {
					found[i].see(distance(y[j], f.ref(float64(v))), v)
				}
			}
		})
	}
	done := make(chan bool)
	go func() { wait.Wait(); close(done) }()
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			fmt.Fprintf(os.Stderr, "%s: %d %%\n", f.name, min(100, next.Load()*int64(every)*100/blocks))
		case <-done:
			var w worst
			for _, v := range found {
				w.see(v.ulp, v.at)
			}
			return w
		}
	}
}

// distance is |got - want| in units of the last place of a float32 near want, an
// infinity in the place of a number being 2^128; +Inf where a number in the place of
// an infinity, a NaN or the sign of a zero is wrong.
func distance(got float32, want float64) float64 {
	g := float64(got)
	if math.IsInf(g, 0) && math.Abs(want) < 0x1p128 {
		g = math.Copysign(0x1p128, g)
	}
	switch {
	case want != want && g != g:
		return 0
	case want != want || g != g:
		return math.Inf(1)
	case math.Abs(want) > math.MaxFloat32*(1+0x1p-25): // rounds to an infinity
		if math.IsInf(g, 0) && math.Signbit(g) == math.Signbit(want) {
			return 0
		}
		if math.IsInf(want, 0) {
			return math.Inf(1)
		}
	case g == 0 && math.Signbit(g) != math.Signbit(want):
		return math.Inf(1)
	}
	exp := int(math.Float64bits(want)>>52)&0x7ff - 1023
	return math.Abs(g-want) * pow2(-max(exp-23, -149))
}

// pow2 is 2^k for a k that gives a normal number.
func pow2(k int) float64 { return math.Float64frombits(uint64(k+1023) << 52) }
