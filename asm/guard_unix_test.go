//go:build linux || darwin

package asm

import (
	"math/bits"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"
	"unsafe"
)

// guards are some areas of memory between unreadable pages, which take turns.
type guards[T Float] struct {
	t     *testing.T
	atEnd bool // slices are flush with the page after, else with the one before
	areas [8][]byte
	next  int
}

func newGuards[T Float](t *testing.T, atEnd bool) *guards[T] {
	const size = 1 << 17
	page := syscall.Getpagesize()
	g := &guards[T]{t: t, atEnd: atEnd}
	for i := range g.areas {
		mem, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Munmap(mem) })
		for _, p := range [][]byte{mem[:page], mem[page+size:]} {
			if err := syscall.Mprotect(p, syscall.PROT_NONE); err != nil {
				t.Fatal(err)
			}
		}
		g.areas[i] = mem[page : page+size]
	}
	return g
}

// slice returns n elements, good until eight more slices are asked for.
func (g *guards[T]) slice(n int) []T {
	size := n * int(unsafe.Sizeof(T(0)))
	area := g.areas[g.next%len(g.areas)]
	g.next++
	if size > len(area) {
		g.t.Fatalf("%d elements are too many", n)
	}
	if n == 0 {
		return nil
	}
	if g.atEnd {
		area = area[len(area)-size:]
	}
	return unsafe.Slice((*T)(unsafe.Pointer(&area[0])), n)
}

func (g *guards[T]) copyOf(x []T) []T {
	y := g.slice(len(x))
	copy(y, x)
	return y
}

// gemm runs one call with every operand between the pages.
func (g *guards[T]) gemm(k *Kernels[T], c GemmArgs[T]) {
	g.t.Helper()
	want := c
	want.C = append([]T(nil), c.C...)
	refGemm(&want, k.GemmNR)
	c.A, c.B, c.C, c.Bias, c.Init, c.Pack = g.copyOf(c.A), g.copyOf(c.B), g.copyOf(c.C), g.copyOf(c.Bias), g.copyOf(c.Init), g.copyOf(c.Pack)
	if !k.Gemm(&c) {
		g.t.Fatalf("%+v: refused", c)
	}
	if i := firstDifference(c.C, want.C); i >= 0 {
		g.t.Fatalf("m %d n %d k %d A(%d,%d) tile %d B(%d,%d) out %05b: C[%d] = %v, want %v", c.M, c.N, c.K, c.ARow, c.ACol, c.ATile, c.BPanel, c.BRow, c.Out, i, c.C[i], want.C[i])
	}
	for p := 0; p < c.K && len(c.Pack) > 0; p++ {
		for j := range c.N {
			if got, want := c.Pack[j/k.GemmNR*c.PackPanel+p*k.GemmNR+j%k.GemmNR], c.B[p*c.BRow+j]; !sameBits(got, want) {
				g.t.Fatalf("m %d n %d k %d: B(%d,%d) packed as %v, want %v", c.M, c.N, c.K, p, j, got, want)
			}
		}
	}
}

// products runs every class of shapes of Gemm.
func (g *guards[T]) products(k *Kernels[T], r *rand.Rand) {
	nr, mr := k.GemmNR, k.GemmMR
	ns := []int{1, 2, 3, 5, nr/2 - 1, nr / 2, nr/2 + 1, nr - 1, nr, nr + 3, 2*nr + 1, 9 * nr, 17*nr - 2}
	for i, n := range ns {
		for _, m := range []int{1, 2, 3, 4, 5, mr - 1, mr, mr + 1, 17} {
			for mode := range 4 {
				out := gemmOuts[(i+m+mode)%len(gemmOuts)]
				g.gemm(k, gemmCase[T](r, m, n, 1+(m+n+mode)%9, nr, mode&1 != 0, mode&2 != 0, out, false))
			}
			// A in tiles, the last as short as it may be.
			h, w := 1+r.IntN(mr), mr+r.IntN(3)
			c := gemmCase[T](r, m, n, 1+(m+n)%7, nr, true, i%2 == 0, gemmOuts[(i+m)%len(gemmOuts)], false)
			c.ACol, c.ATile, c.TileRows = w, w*c.K, h
			last := c.rowOffset(m - 1)
			if m >= h {
				last = max(last, (m/h-1)*c.ATile+h-1)
			}
			c.A = operands[T](r, last+(c.K-1)*w+1, false)
			g.gemm(k, c)
			// Chains that go on.
			if k.GemmChunk > 0 {
				c := gemmCase[T](r, m, n, 1+(m+n)%7, nr, i%2 == 0, true, gemmOuts[(i+2*m)%len(gemmOuts)], false)
				c.Init = operands[T](r, len(c.C), false)
				g.gemm(k, c)
			}
			// B as it is stored when transposed.
			if n%nr == 0 && m <= k.GemmTransRows {
				c := gemmCase[T](r, m, n, 1+(5*m+n)%(2*nr+1), nr, false, false, gemmOuts[(i+m)%len(gemmOuts)], false)
				c.BTrans, c.BRow = true, c.K+m%3
				c.B = operands[T](r, (n-1)*c.BRow+c.K, false)
				g.gemm(k, c)
			}
			// B packed on the way.
			if n%nr == 0 && m > 1 && m <= mr {
				c := gemmCase[T](r, m, n, 1+(m+n)%7, nr, true, false, gemmOuts[(i+m)%len(gemmOuts)], false)
				c.PackPanel = nr * (c.K + m%2)
				c.Pack = make([]T, (n/nr-1)*c.PackPanel+nr*c.K)
				g.gemm(k, c)
			}
		}
	}
}

// packs runs the packing kernels.
func (g *guards[T]) packs(k *Kernels[T], r *rand.Rand) {
	for w := 1; w <= k.GemmNR; w++ {
		for _, n := range []int{w, 1 + r.IntN(w)} {
			kk, gap := 1+(w+n)%9, r.IntN(3)
			for ; kk < 40; kk += 10 {
				src, dst, want := g.copyOf(operands[T](r, (kk-1)*(n+gap)+n, false)), g.slice(w*kk), make([]T, w*kk)
				k.PackN(dst, w, src, n+gap, n, kk)
				packNGeneric(want, w, src, n+gap, n, kk)
				for p := range kk { // what is beyond n is not specified
					if i := firstDifference(dst[p*w:p*w+n], want[p*w:p*w+n]); i >= 0 {
						g.t.Fatalf("PackN w %d n %d k %d: row %d differs", w, n, kk, p)
					}
				}
			}
		}
	}
	w := 1 << bits.Len(uint(k.GemmMR-1))
	for h := 1; h <= k.GemmMR; h++ {
		for _, n := range []int{1, h, w - 1, w, w + 1, 3*h + 1, 6*w - 1} {
			kk, lds, atile := 1+(h+n)%9, n+h%3, 0
			atile = w*kk + n%3
			src := g.copyOf(operands[T](r, (kk-1)*lds+n, false))
			dst := g.slice((n-1)/h*atile + w*kk)
			k.PackTiles(dst, atile, w, src, lds, h, n, kk)
			for p := range kk {
				for i := range n {
					if !sameBits(dst[i/h*atile+p*w+i%h], src[p*lds+i]) {
						g.t.Fatalf("PackTiles h %d n %d k %d: row %d column %d differs", h, n, kk, p, i)
					}
				}
			}
		}
	}
	// PackT also moves blocks of C, whose rows may be long.
	for _, w := range []int{1, 3, k.GemmNR / 2, k.GemmNR - 1, k.GemmNR, k.GemmNR + 5, 100} {
		for n := 1; n <= min(w, 40); n++ {
			for kk := 1 + n%5; kk < 40; kk += 5 {
				lds := kk + r.IntN(3)
				src := g.copyOf(operands[T](r, (n-1)*lds+kk, false))
				dst, want := g.copyOf(make([]T, (kk-1)*w+n)), make([]T, (kk-1)*w+n)
				k.PackT(dst, w, src, lds, n, kk)
				packTGeneric(want, w, src, lds, n, kk)
				if i := firstDifference(dst, want); i >= 0 {
					g.t.Fatalf("PackT w %d n %d k %d: [%d] = %v, want %v", w, n, kk, i, dst[i], want[i])
				}
			}
		}
	}
}

// others runs the kernels of one length n.
func (g *guards[T]) others(k *Kernels[T], r *rand.Rand, n int) {
	for _, c := range calls[T]() {
		var in, ref [][]T
		for range c.inputs {
			x := operands[T](r, n, true)
			in, ref = append(in, g.copyOf(x)), append(ref, x)
		}
		got, want := g.copyOf(make([]T, n)), make([]T, n)
		result, wanted := c.run(k, got, in), c.run(Tables[T]()[0], want, ref)
		for i := range ref {
			if firstDifference(in[i], ref[i]) >= 0 {
				g.t.Fatalf("%s n %d: input %d differs", c.name, n, i)
			}
		}
		if firstDifference(got, want) >= 0 || !sameBits(result, wanted) {
			g.t.Fatalf("%s n %d: the result differs", c.name, n)
		}
	}
	for _, c := range rowCalls[T]() {
		rows, ld := 1+n%11, n+n%3
		a, v, w := operands[T](r, (rows-1)*ld+n, false), operands[T](r, n, false), operands[T](r, rows, false)
		ga, gv, gw := g.copyOf(a), g.copyOf(v), g.copyOf(w)
		c.run(k, ga, ld, rows, gv, gw)
		c.run(Tables[T]()[0], a, ld, rows, v, w)
		if firstDifference(ga, a) >= 0 || firstDifference(gv, v) >= 0 || firstDifference(gw, w) >= 0 {
			g.t.Fatalf("%s, %d rows of %d, %d apart, differs", c.name, rows, n, ld)
		}
	}
}

// probes read and write memory too.
func probesAtGuards(t *testing.T, k *Kernels[float64], atEnd bool) {
	g := newGuards[float64](t, atEnd)
	bytes := func(n int) []byte {
		if n == 0 {
			return nil
		}
		return unsafe.Slice((*byte)(unsafe.Pointer(&g.slice((n + 7) / 8)[0])), n)
	}
	for n := 0; n <= 1024; n += 8 {
		k.ProbeRead(bytes(n))
		k.ProbeWrite(bytes(n))
		k.ProbeCopy(bytes(n), bytes(n))
	}
}

// halvesAtGuards runs the conversions between the pages.
func halvesAtGuards(t *testing.T, k *Kernels[float32], atEnd bool) {
	g := newGuards[float32](t, atEnd)
	halves := func(n int) []uint16 {
		if n == 0 {
			return nil
		}
		b := g.slice((n + 1) / 2)
		return unsafe.Slice((*uint16)(unsafe.Pointer(&b[0])), 2*len(b))[2*len(b)-n:]
	}
	if !atEnd { // flush with the page before
		halves = func(n int) []uint16 {
			if n == 0 {
				return nil
			}
			return unsafe.Slice((*uint16)(unsafe.Pointer(&g.slice((n + 1) / 2)[0])), n)
		}
	}
	for n := range 100 {
		k.FromF16(g.slice(n), halves(n))
		k.FromBF16(g.slice(n), halves(n))
		k.ToF16(halves(n), g.slice(n))
		k.ToBF16(halves(n), g.slice(n))
	}
}

func testGuard[T Float](t *testing.T) {
	for _, k := range Tables[T]() {
		t.Run("isa="+k.ISA, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			for _, atEnd := range []bool{false, true} {
				g := newGuards[T](t, atEnd)
				plain := k.ISA == "generic" // whose bounds Go checks
				if !plain || !testing.Short() {
					g.products(k, r)
					g.packs(k, r)
				}
				for _, n := range lengths(plain) {
					g.others(k, r, n)
					if k.NT != k {
						g.others(k.NT, r, n)
					}
				}
			}
		})
	}
}

// TestKernelsAtUnreadablePages runs every kernel with all operands flush with
// unreadable pages: a read or write outside them faults.
func TestKernelsAtUnreadablePages(t *testing.T) {
	t.Run("float32", testGuard[float32])
	t.Run("float64", testGuard[float64])
	for _, k := range Tables[float64]() {
		for _, atEnd := range []bool{false, true} {
			probesAtGuards(t, k, atEnd)
		}
	}
	for _, k := range Tables[float32]() {
		for _, atEnd := range []bool{false, true} {
			halvesAtGuards(t, k, atEnd)
		}
	}
}

// TestGuardsCoverKernels: a new kernel needs a place among those above.
func TestGuardsCoverKernels(t *testing.T) {
	covered := map[string]bool{
		"Gemm": true, "PackN": true, "PackT": true, "PackTiles": true,
		"ProbeFMA": true /* no operands */, "ProbeRead": true, "ProbeWrite": true, "ProbeCopy": true,
		"FromF16": true, "FromBF16": true, "ToF16": true, "ToBF16": true,
	}
	for _, c := range calls[float32]() {
		covered[c.name] = true
	}
	for _, c := range rowCalls[float32]() {
		covered[c.name] = true
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Kernels[float32]]()) {
		if f.Type.Kind() == reflect.Func && !covered[f.Name] {
			t.Errorf("%s does not run at unreadable pages", f.Name)
		}
	}
}
