package asm

import (
	"fmt"
	"os"
	"strings"
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

var (
	tables32, tables64 = buildTables()
	selection          Selected
	active32           *Kernels[float32]
	active64           *Kernels[float64]
)

// knownISAs are the words LANES_ISA may hold, on any architecture.
var knownISAs = []string{"generic", "avx2", "avx512", "neon"}

func buildTables() ([]*Kernels[float32], []*Kernels[float64]) {
	g32, g64 := genericKernels[float32](), genericKernels[float64]()
	g32.NT, g64.NT = &g32, &g64
	t32, t64 := []*Kernels[float32]{&g32}, []*Kernels[float64]{&g64}
	for _, isa := range archISAs() { // worst to best: each starts from the one before
		k32, k64 := *t32[len(t32)-1], *t64[len(t64)-1]
		k32.ISA, k64.ISA = isa.name, isa.name
		isa.use(&k32, &k64)
		nt32, nt64 := k32, k64
		if isa.useNT != nil {
			isa.useNT(&nt32, &nt64)
		}
		k32.NT, k64.NT, nt32.NT, nt64.NT = &nt32, &nt64, &nt32, &nt64
		t32, t64 = append(t32, &k32), append(t64, &k64)
	}
	return t32, t64
}

// archISA is one instruction set of this architecture that this CPU can run.
type archISA struct {
	name  string
	use   func(*Kernels[float32], *Kernels[float64])
	useNT func(*Kernels[float32], *Kernels[float64]) // nil: no such kernels
}

func init() {
	names := make([]string, len(tables32))
	for i, k := range tables32 {
		names[i] = k.ISA
	}
	want, set := os.LookupEnv("LANES_ISA")
	i, reason, warn := chooseISA(names, want)
	if set && warn {
		// Programs stop here, others go on: the line serves both.
		fmt.Fprintf(os.Stderr, "lanes: %v\n", checkISA(names, want))
	}
	active32, active64 = tables32[i], tables64[i]
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
	if is32[T]() {
		return (*Kernels[T])(unsafe.Pointer(active32))
	}
	return (*Kernels[T])(unsafe.Pointer(active64))
}

// Tables returns every table this machine can run, worst (generic) first.
func Tables[T Float]() []*Kernels[T] {
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
