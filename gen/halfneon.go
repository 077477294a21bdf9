package main

import "github.com/lanes-go/lanes/gen/a64"

func init() { families = append(families, halfNEON) }

func halfNEON() ([]file, error) {
	f := newNEONFile("half")
	const dst, x, blocks, tmp a64.R = 0, 1, 2, 3
	kernel := func(name string, before, pair func(t *a64.Func, lo, hi a64.V)) {
		t := f.fn(f32, halfName(name, "NEON"), halfSignature(name), halfDoc(name, "NEON"))
		t.Param("dst", dst)
		t.Param("x", x)
		t.Param("blocks", blocks)
		before(t, 0, 0)
		t.Align(32)
		t.Label("block")
		for i := range a64.V(halfBlock / 8) {
			pair(t, 2*i, 2*i+1)
		}
		t.SubsI(blocks, blocks, 1)
		t.BIf("ne", "block")
		t.Ret()
	}
	none := func(*a64.Func, a64.V, a64.V) {}
	widen := func(first, second a64.OpLong, then func(t *a64.Func, v a64.V)) func(t *a64.Func, lo, hi a64.V) {
		return func(t *a64.Func, lo, hi a64.V) {
			t.Load(16, hi+16, x, 0)
			t.AddI(x, x, 16)
			t.VLong(first, lo, hi+16)
			t.VLong(second, hi, hi+16)
			then(t, lo)
			then(t, hi)
			t.StorePairP(lo, hi, dst, 32)
		}
	}
	narrow := func(first, second a64.OpLong, before func(t *a64.Func, v a64.V)) func(t *a64.Func, lo, hi a64.V) {
		return func(t *a64.Func, lo, hi a64.V) {
			t.LoadPairP(lo, hi, x, 32)
			before(t, lo)
			before(t, hi)
			t.VLong(first, hi+16, lo)
			t.VLong(second, hi+16, hi)
			t.Store(16, hi+16, dst, 0)
			t.AddI(dst, dst, 16)
		}
	}
	same := func(*a64.Func, a64.V) {}
	kernel("FromF16", none, widen(a64.FCVTL, a64.FCVTL2, same))
	kernel("FromBF16", none, widen(a64.UXTL, a64.UXTL2, func(t *a64.Func, v a64.V) { t.VLeft(a64.SHL, v, v, 16) }))
	kernel("ToF16", none, narrow(a64.FCVTN, a64.FCVTN2, same))
	// (bits + 0x7fff + (bits>>16 & 1)) >> 16, but of a NaN bits>>16 | 0x40.
	const one, round, quiet, high, sum, ordered a64.V = 31, 30, 29, 28, 27, 26
	kernel("ToBF16", func(t *a64.Func, _, _ a64.V) {
		for _, c := range []struct {
			v    a64.V
			bits uint64
		}{{one, 1}, {round, 0x7fff}, {quiet, 0x40}} {
			t.Const(tmp, c.bits)
			t.DupR(c.v, tmp)
		}
	}, narrow(a64.XTN, a64.XTN2, func(t *a64.Func, v a64.V) {
		t.VRight(a64.USHR, high, v, 16)
		t.VBits3(a64.AND, sum, high, one)
		t.V3(a64.ADD, sum, sum, round)
		t.V3(a64.ADD, sum, sum, v)
		t.VRight(a64.USHR, sum, sum, 16)
		t.VBits3(a64.ORR, high, high, quiet)
		t.V3(a64.FCMEQ, ordered, v, v)
		t.VMov(v, high)
		t.VBits3(a64.BIT, v, sum, ordered)
	}))
	f.foot = append(f.foot, halfSource("NEON"))
	return f.render()
}
