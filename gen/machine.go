package main

// vreg and ireg number the vector and the integer registers of a machine.
type (
	vreg int
	ireg int
)

// machine is the back end of an instruction set, in one function of one element type.
// A vector operation works on whole vectors, whatever part of them counts.
type machine interface {
	dtype() dtype
	vectorBytes() int
	vectorRegs() int // programs use registers 0 … vectorRegs()-1
	maskRegs() int   // the same of masks; 0 if those are in vector registers

	// has tells whether an operation that others can stand for is an instruction.
	has(opcode) bool
	// calc writes one operation. dst may be a source, but of opFMA only the last, or any
	// if the machine has opFMAFactor. calcBits is calc of an operation that takes bits.
	calc(op opcode, dst vreg, src ...vreg)
	calcBits(op opcode, bits uint64, dst vreg, src ...vreg)
	// fromMemory tells whether an operation can take an operand from memory, and
	// calcMemory writes one that does: operand k, which src lacks. That is the last,
	// of an opFMA with dst as its second factor, or the second factor of an opFMA.
	fromMemory(op opcode) bool
	calcMemory(op opcode, k int, dst vreg, src []vreg, at place)
	// constantsInMemory tells whether constants can be such operands.
	constantsInMemory() bool
	param(dst vreg, name string)               // a scalar parameter of the function in every element
	constant(dst vreg, bits uint64)            // bits in every element
	broadcast(dst vreg, from ireg, offset int) // the element at from + offset in every element
	zero(dst vreg)                             // +0 in every element
	load(dst vreg, from ireg, offset int, part bool)
	store(src vreg, to ireg, offset int, part bool)

	// beginPart says how many elements of a vector count where part is set: n of
	// them, 0 < n < a vector's. n must stay as it is while they are in use. A load of
	// a part gives +0 for the others and reads only those that count.
	beginPart(n ireg)
	// beginLast is beginPart for the last n elements of a vector. It may spoil tmp.
	beginLast(n, tmp ireg)
	// storeExactly is said where memory beside a part will be loaded soon after the part
	// is stored: the store should not hinder that.
	storeExactly(on bool)
	// wholeParts is said where what is stored as a part may be a whole vector.
	wholeParts(on bool)
	// storeStreaming has full vectors stored past the caches, at aligned addresses only.
	// When it ends, who reads next finds what was stored.
	storeStreaming(on bool)
	// flagJump jumps if the sign of an integer parameter is (or is not) set; clearSign
	// clears it in a register.
	flagJump(name string, set bool, label string)
	clearSign(r ireg)
	// toAligned gives the number of elements, and bytes, that are missing from at to an
	// address where vectors are best; false if vectors are well anywhere.
	toAligned(elements, bytes, at ireg) bool
	// merge is dst = src in the elements that count.
	merge(dst, src vreg)

	// fold is lane[j] = op(lane[j], lane[j+h]) for h = half the lanes, …, 1; it leaves
	// lane[0] in the low element of r. tmp is spoilt.
	fold(op opcode, r, tmp vreg)
	// guardJump jumps if one of count vectors has an element that is not easy. It may
	// spoil the part.
	guardJump(g guard, from ireg, count int, label string)
	// half is dst[j] = src[j+h] for the h elements before the middle of 2h, the lowest.
	half(dst, src vreg, h int)
	storeElement(src vreg, to ireg) // the low element
	result(src vreg)                // the low element is what the function returns

	arg(name string) ireg // a parameter, a pointer or an integer, in a register of its own
	ireg() ireg           // a register of its own
	move(dst, src ireg)
	add(dst, src ireg)
	sub(dst, src ireg)
	addImm(dst ireg, n int)
	andImm(dst ireg, n int)
	// addJump adds n and jumps if the sum is (signed) "lt", "ge", "eq" or "ne" 0.
	addJump(dst ireg, n int, cond, label string)
	testJump(r ireg, cond, label string) // addJump of 0
	jump(label string)
	label(name string)
	loop(name string) // the label of a hot loop, aligned
	ret()
}

// place is an operand in memory: of a stream, or a constant.
type place struct {
	from     ireg
	offset   int
	constant bool
	bits     uint64
}

// loopFile collects the functions of one family for one instruction set.
type loopFile interface {
	function(d dtype, name, signature, doc string) machine
	source(goCode string) // Go code to follow the declarations
	codeAddresses() *codeTable
	render() ([]file, error)
}

// target is an instruction set that loops are written for.
type target struct {
	suffix    string // of symbols: AVX2
	bytes     int    // of a vector
	registers int    // vector registers of a program
	streaming bool   // there are stores past the caches
	open      func(stem string) loopFile
}

// targets are added to by the back ends.
var targets []target
