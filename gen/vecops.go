package main

import "math"

// The operations of programs, as methods of the builder.

func (b *builder) add(x, y val) val    { return b.calc(opAdd, x, y) }
func (b *builder) sub(x, y val) val    { return b.calc(opSub, x, y) }
func (b *builder) mul(x, y val) val    { return b.calc(opMul, x, y) }
func (b *builder) div(x, y val) val    { return b.calc(opDiv, x, y) }
func (b *builder) sqrt(x val) val      { return b.calc(opSqrt, x) }
func (b *builder) fma(x, y, z val) val { return b.calc(opFMA, x, y, z) }
func (b *builder) max(x, y val) val    { return b.calc(opMax, x, y) }
func (b *builder) min(x, y val) val    { return b.calc(opMin, x, y) }
func (b *builder) and(x, y val) val    { return b.calc(opAnd, x, y) }
func (b *builder) or(x, y val) val     { return b.calc(opOr, x, y) }
func (b *builder) xor(x, y val) val    { return b.calc(opXor, x, y) }
func (b *builder) iadd(x, y val) val   { return b.calc(opIAdd, x, y) }
func (b *builder) isub(x, y val) val   { return b.calc(opISub, x, y) }

func (b *builder) shl(x val, k int) val { return b.calcBits(opShl, uint64(k), x) }
func (b *builder) shr(x val, k int) val { return b.calcBits(opShr, uint64(k), x) }

func (b *builder) sign() uint64 { return 1 << (8*b.d.size - 1) }

// bits are those of v as an element.
func (d dtype) bits(v float64) uint64 {
	if d.size == 4 {
		return uint64(math.Float32bits(float32(v)))
	}
	return math.Float64bits(v)
}

func (b *builder) abs(x val) val {
	if b.m.has(opAbs) {
		return b.calc(opAbs, x)
	}
	return b.and(b.constant(b.sign()-1), x)
}

func (b *builder) neg(x val) val {
	if b.m.has(opNeg) {
		return b.calc(opNeg, x)
	}
	return b.xor(b.constant(b.sign()), x)
}

// horner is the polynomial c[0]·x^n + c[1]·x^(n-1) + … by fused steps from the first.
func (b *builder) horner(x val, c ...float64) val {
	p := b.float(c[0])
	for _, v := range c[1:] {
		p = b.fma(p, x, b.float(v))
	}
	return p
}

// mask is the outcome of a comparison, which is computed where it is first used: in
// the sense of the comparison or in the opposite one, as the machine likes it.
type mask struct {
	op   opcode
	x, y val
}

func (b *builder) lt(x, y val) mask  { return mask{opLT, x, y} }
func (b *builder) le(x, y val) mask  { return mask{opLE, x, y} }
func (b *builder) eq(x, y val) mask  { return mask{opEQ, x, y} }
func (b *builder) gt(x, y val) mask  { return mask{opLT, y, x} }
func (b *builder) ge(x, y val) mask  { return mask{opLE, y, x} }
func (b *builder) nle(x, y val) mask { return mask{opNLE, x, y} }
func (b *builder) ne(x, y val) mask  { return mask{opNE, x, y} }

func (b *builder) ord(x, y val) mask { return mask{opOrd, x, y} }

var opposite = map[opcode]opcode{opLT: opNLT, opLE: opNLE, opEQ: opNE, opNLT: opLT, opNLE: opLE, opNE: opEQ}

// turned is whether the opposite of m should be computed, or is there, and that.
func (b *builder) turned(m mask) (mask, bool) {
	n := mask{opposite[m.op], m.x, m.y}
	if n.op == 0 {
		return n, false
	}
	_, have := b.masks[m]
	_, haveN := b.masks[n]
	return n, !have && (haveN || !b.m.has(m.op))
}

func (b *builder) cmp(m mask) val {
	return once(b.masks, m, func() val { return b.calc(m.op, m.x, m.y) })
}

// sel is m ? x : y.
func (b *builder) sel(m mask, x, y val) val {
	if n, ok := b.turned(m); ok {
		m, x, y = n, y, x
	}
	return b.calc(opSel, b.cmp(m), x, y)
}

// keep is m ? x : +0.
func (b *builder) keep(m mask, x val) val {
	if b.m.has(opDrop) {
		if n, ok := b.turned(m); ok {
			return b.calc(opDrop, b.cmp(n), x)
		}
	}
	return b.calc(opKeep, b.cmp(m), x)
}

// drop is m ? +0 : x.
func (b *builder) drop(m mask, x val) val {
	n := mask{opposite[m.op], m.x, m.y}
	switch {
	case b.m.has(opDrop):
		if n, ok := b.turned(m); !ok {
			return b.calc(opDrop, b.cmp(m), x)
		} else {
			return b.calc(opKeep, b.cmp(n), x)
		}
	case n.op == 0:
		return b.calc(opSel, b.cmp(m), b.constant(0), x)
	}
	return b.keep(n, x)
}
