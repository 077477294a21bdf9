package main

// A program is the straight-line body of a kernel, on vectors of elements: written
// once against a builder, it serves every element type and instruction set. Loops
// (loop*.go) put it into functions; a machine, the back end of an instruction set,
// turns its operations into instructions.
//
// Adding an operation: an opcode, its method of builder, and a line in each machine.

// val is a value of a program: the register of one vector, or an invariant.
type val int

type opcode int

const (
	opLoad  opcode = iota // next vector of a stream
	opStore               // to the next vector of a stream
	opParam               // a scalar parameter in every element; invariant
	opConst               // the same bits in every element; invariant
	opAcc                 // a running value of a reduction

	opAdd    // x + y
	opSub    // x - y
	opMul    // x * y
	opDiv    // x / y
	opSqrt   // √x
	opFMA    // x*y + z, rounded once
	opMax    // x > y ? x : y, so that y is left where either is NaN
	opMin    // x < y ? x : y, the same
	opAbs    // the sign bit cleared
	opNeg    // the sign bit turned
	opAnd    // bits
	opOr     // bits
	opXor    // bits
	opIAdd   // x + y of integers as wide as an element
	opISub   // x - y of those
	opShl    // bits to the left by a constant
	opShr    // to the right, zeros in
	opScalef // x * 2^floor(y), rounded once; this and the next only where they are instructions

	opGetExp   // floor(log2|x|), subnormal numbers too
	opGetMant  // x * 2^-k with that k which gives 3/4 <= |result| < 3/2
	opFixup    // x, y, z: z, but what y says of x: a table of 4 bits for each kind of number
	opOrMasked // x&y | z

	// Comparisons give masks. NLT … are true where LT … are not: at NaN.
	opLT
	opLE
	opEQ
	opNLT
	opNLE
	opNE
	opOrd  // neither is NaN; only where it is an instruction
	opSel  // mask ? x : y
	opKeep // mask ? x : +0
	opDrop // mask ? +0 : x

	opMaximum // opMax, but NaN if either is, and either zero of two; folds make it +0
	opMinimum

	// Of 64-bit lanes and their 32-bit halves, whatever the elements are.
	opMulLow    // the product of the low halves; y has both alike
	opHigh      // the high half, moved down; any above it
	opLows      // in every 128 bits the low halves of x, then those of y
	opJoin      // the low half of x, and above it that of y
	opXor3      // x ^ y ^ z; only where it is an instruction
	opFromInt   // a signed integer as a float, rounded; not of float64 everywhere
	opBroadcast // an element of a stream that does not move, in every element

	opGuard     // no operation: has(opGuard) is whether there is guardJump
	opFMAFactor // no operation: has(opFMAFactor) is whether opFMA may overwrite a factor
)

// vop is one operation of a program.
type vop struct {
	op   opcode
	dst  val
	src  []val
	name string // stream or parameter
	bits uint64 // of a constant; of a shift, by how much; of memory, bytes beyond the stream
}

type program struct {
	ops       []vop
	invariant []bool // by val: the same in every round, computed before the loop
	mask      []bool // by val: a mask
	acc       []val  // the accumulators
	result    []val  // their new values
}

// builder writes a program.
type builder struct {
	d dtype
	m machine // which operations there are
	program
	loads  map[string]val
	params map[string]val
	consts map[uint64]val
	masks  map[mask]val
}

func newBuilder(m machine) *builder {
	return &builder{d: m.dtype(), m: m, loads: map[string]val{}, params: map[string]val{}, consts: map[uint64]val{}, masks: map[mask]val{}}
}

func (b *builder) emit(o vop, invariant bool) val {
	o.dst = val(len(b.invariant))
	b.invariant = append(b.invariant, invariant)
	b.mask = append(b.mask, o.op >= opLT && o.op <= opOrd)
	b.ops = append(b.ops, o)
	return o.dst
}

// calc is an operation on values: invariant if they all are.
func (b *builder) calc(op opcode, src ...val) val { return b.calcBits(op, 0, src...) }

func (b *builder) calcBits(op opcode, bits uint64, src ...val) val {
	invariant := true
	for _, s := range src {
		invariant = invariant && b.invariant[s]
	}
	return b.emit(vop{op: op, src: src, bits: bits}, invariant)
}

// load is the next vector of a stream; one load, however often it is asked for.
func (b *builder) load(stream string) val {
	v, ok := b.loads[stream]
	if !ok {
		v = b.emit(vop{op: opLoad, name: stream}, false)
		b.loads[stream] = v
	}
	return v
}

func (b *builder) store(stream string, v val) {
	b.ops = append(b.ops, vop{op: opStore, src: []val{v}, name: stream, dst: -1})
}

// param is a scalar parameter; one value, however often it is asked for, as are equal
// constants.
func (b *builder) param(name string) val {
	return once(b.params, name, func() val { return b.emit(vop{op: opParam, name: name}, true) })
}

func (b *builder) constant(bits uint64) val {
	return once(b.consts, bits, func() val { return b.emit(vop{op: opConst, bits: bits}, true) })
}

// float is a constant of the element type.
func (b *builder) float(v float64) val { return b.constant(b.d.bits(v)) }

func once[K comparable](m map[K]val, k K, f func() val) val {
	v, ok := m[k]
	if !ok {
		v = f()
		m[k] = v
	}
	return v
}

// accumulate gives the program a running value: next is its new value from the old, by
// an operation that comes last in it.
func (b *builder) accumulate(next func(old val) val) {
	old := b.emit(vop{op: opAcc}, false)
	b.acc = append(b.acc, old)
	v := next(old)
	if last := b.ops[len(b.ops)-1]; last.dst != v || len(last.src) == 0 {
		panic("the new value of an accumulator is not that of the last operation")
	}
	b.result = append(b.result, v)
}
