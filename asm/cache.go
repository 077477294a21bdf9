package asm

import "github.com/klauspost/cpuid/v2"

// CacheSizes are the data cache sizes in bytes that one core may count on.
type CacheSizes struct{ L1, L2, L3 int }

var caches = func() CacheSizes {
	// A machine that does not say (emulators, some ARM systems) gets the sizes of
	// a small server core.
	c := CacheSizes{32 << 10, 512 << 10, 4 << 20}
	set := func(dst *int, n int) {
		if n > 0 {
			*dst = n
		}
	}
	set(&c.L1, cpuid.CPU.Cache.L1D)
	set(&c.L2, cpuid.CPU.Cache.L2)
	set(&c.L3, cpuid.CPU.Cache.L3)
	return c
}()

// Caches returns the cache sizes of this machine, with defaults for what the CPU
// does not report.
func Caches() CacheSizes { return caches }
