//go:build amd64 && !purego

package asm

import "github.com/klauspost/cpuid/v2"

// archISAs lists what this CPU runs, worst first. AVX2 needs FMA3 as well: each
// can be present without the other.
func archISAs() []archISA {
	var l []archISA
	return l
}

func cpuName() string {
	if n := cpuid.CPU.BrandName; n != "" {
		return n
	}
	return cpuid.CPU.VendorString
}
