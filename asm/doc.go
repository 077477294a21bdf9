// Package asm holds the kernels of lanes: plain loops over slices, one table of
// them per instruction set.
//
// The generic Go body of a kernel is the specification of its bits. Every other
// variant (AVX2, AVX-512, NEON) returns the same bits for the same input, for
// every length and alignment; NaNs are equal as a class, their sign and payload
// are free. Kernels take slices, destination first, read and write nothing
// outside them, and assume no alignment. A slice ends at its length, whatever its
// capacity: a kernel given one too short for the destination, or for the strides,
// panics before it has written anything (Gemm reports false). Go's x[:n] goes on to
// the capacity, so bodies and faces reslice by x[:len(dst):len(x)], which does not.
//
// Assembly cannot be preempted: while a kernel runs, its thread waits for no other
// goroutine and no collection of garbage starts. Who calls kernels on long slices cuts
// them, as tensor and vec do: 16384 elements of a map of a few operations take 20 µs at
// most, when they come from memory.
//
// The package carries no promise of stability: its tables are for this module
// and its tests. Programs use vec, tensor and nn.
//
// # Names
//
// Symbols are <kernel><type><ISA>: gemm32F32AVX512, packNF64NEON. Plain
// bodies are <kernel>Generic[T]. Table fields are the kernel's name.
//
// # Adding a kernel
//
// Write its struct field with its loop as the doc comment and its generic body in
// asm/<family>.go, its emitter in gen/<family>.go, then run "make generate".
// Tests, benchmarks and fuzzing follow from the table.
//
// # Choice of table
//
// The best table the CPU runs is chosen at start. The environment variable
// LANES_ISA (generic, avx2, avx512, neon) can lower the choice; the build tag
// purego leaves the generic table only.
package asm
