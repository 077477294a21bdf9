//go:build arm64 && !purego

package asm

import (
	"runtime"

	"github.com/klauspost/cpuid/v2"
)

// archISAs: NEON is part of Go's arm64 port, so there is nothing to detect.
func archISAs() []archISA { return nil }

func cpuName() string {
	if n := cpuid.CPU.BrandName; n != "" {
		return n
	}
	return runtime.GOARCH
}
