//go:build !amd64 && !arm64 && !arm && !loong64 && !ppc64 && !ppc64le && !riscv64 && !s390x

package asm

// fastFMA says that math.FMA is an instruction.
const fastFMA = false
