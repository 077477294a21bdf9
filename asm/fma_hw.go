//go:build amd64.v3 || arm64 || arm || loong64 || ppc64 || ppc64le || riscv64 || s390x

package asm

// fastFMA says that math.FMA is an instruction. (32-bit Arm: from VFPv4 on, that
// is, on all but the oldest cores of GOARM=7.)
const fastFMA = true
