package asm

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// Selected tells which table runs and why.
type Selected struct {
	CPU       string   // brand string, or the architecture where there is none
	ISA       string   // the table in use
	Available []string // every table this machine can run, worst first
	Requested string   // LANES_ISA as given
	Reason    string   // why ISA was chosen
	Warned    bool     // Requested is an unknown word, which a line on standard error says already
}

// What every table this machine can run has for products, worst first, and which of
// them is in use. They never change.
var (
	products32, products64 = buildProducts()
	selection              Selected
	active                 int
)

// The tables, which only who asks for one makes a program contain.
var (
	tables32   []*Kernels[float32]
	tables64   []*Kernels[float64]
	tablesDone atomic.Bool
	tablesOnce sync.Once
)

// knownISAs are the words LANES_ISA may hold, on any architecture.
var knownISAs = []string{"generic", "avx2", "avx512", "neon"}

func buildProducts() (p32 []*Products[float32], p64 []*Products[float64]) {
	k32, k64 := genericProducts[float32](), genericProducts[float64]()
	add := func(k32 Products[float32], k64 Products[float64]) {
		p32, p64 = append(p32, &k32), append(p64, &k64)
	}
	add(k32, k64)
	for _, isa := range archISAs() { // worst to best: each starts from the one before
		k32.ISA, k64.ISA = isa, isa
		useArchProducts(isa, &k32, &k64)
		add(k32, k64)
	}
	return p32, p64
}

func buildTables() {
	k32, k64 := genericKernels(products32[0]), genericKernels(products64[0])
	for i, p := range products32 {
		k32.Products, k64.Products = *p, *products64[i]
		if i > 0 {
			useArch(p.ISA, &k32, &k64)
		}
		t32, t64 := k32, k64
		nt32, nt64 := k32, k64
		t32.NT, t64.NT, nt32.NT, nt64.NT = &nt32, &nt64, &nt32, &nt64
		if i == 0 || !useArchNT(p.ISA, &nt32, &nt64) {
			t32.NT, t64.NT = &t32, &t64
		}
		tables32, tables64 = append(tables32, &t32), append(tables64, &t64)
	}
	tablesDone.Store(true)
}

// tables has them made.
func tables() {
	if !tablesDone.Load() {
		tablesOnce.Do(buildTables)
	}
}

func init() {
	names := make([]string, len(products32))
	for i, k := range products32 {
		names[i] = k.ISA
	}
	want, set := os.LookupEnv("LANES_ISA")
	i, reason, warn := chooseISA(names, want)
	if set && warn {
		// Programs stop here, others go on: the line serves both.
		fmt.Fprintf(os.Stderr, "lanes: %v\n", checkISA(names, want))
	}
	active = i
	selection = Selected{CPU: cpuName(), ISA: names[i], Available: names, Requested: want, Reason: reason, Warned: set && warn}
}

// chooseISA returns the index of the table to use: the best present, unless want
// names a lower one. What is higher than the best present, or of another
// architecture, means the best present; an unknown word too, with a warning.
func chooseISA(present []string, want string) (index int, reason string, warn bool) {
	best := len(present) - 1
	if want == "" {
		return best, "best this CPU runs", false
	}
	for i, n := range present {
		if n == want {
			return i, "LANES_ISA", false
		}
	}
	for _, n := range knownISAs {
		if n == want {
			return best, "LANES_ISA=" + want + " is not present; best this CPU runs", false
		}
	}
	return best, "LANES_ISA not understood; best this CPU runs", true
}

// Selection reports the CPU, the table in use and the reason for it.
func Selection() Selected { return selection }

// Active returns the table in use.
func Active[T Float]() *Kernels[T] {
	tables()
	if is32[T]() {
		return (*Kernels[T])(unsafe.Pointer(tables32[active]))
	}
	return (*Kernels[T])(unsafe.Pointer(tables64[active]))
}

// ActiveProducts returns what Active's table has for products.
func ActiveProducts[T Float]() *Products[T] {
	if is32[T]() {
		return (*Products[T])(unsafe.Pointer(products32[active]))
	}
	return (*Products[T])(unsafe.Pointer(products64[active]))
}

// Tables returns every table this machine can run, worst (generic) first.
func Tables[T Float]() []*Kernels[T] {
	tables()
	var z T
	if _, ok := any(z).(float32); ok {
		return any(tables32).([]*Kernels[T])
	}
	return any(tables64).([]*Kernels[T])
}

// CheckISA is for programs, which are strict where the library is lenient: it
// returns an error that lists what is available if LANES_ISA names nothing that
// runs here. Where Selection().Warned is set, the same line is on standard error
// already.
func CheckISA() error { return checkISA(selection.Available, os.Getenv("LANES_ISA")) }

func checkISA(present []string, want string) error {
	if want == "" {
		return nil
	}
	for _, n := range present {
		if n == want {
			return nil
		}
	}
	return fmt.Errorf("LANES_ISA=%s: no such instruction set on this machine; available: %s", want, strings.Join(present, ", "))
}
