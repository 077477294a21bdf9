//go:build amd64 && !amd64.v3

package asm

import "github.com/klauspost/cpuid/v2"

// fastFMA says that math.FMA is an instruction: the compiler asks the CPU at each
// use, as here.
var fastFMA = cpuid.CPU.Supports(cpuid.FMA3)
