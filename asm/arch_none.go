//go:build purego || (!amd64 && !arm64)

package asm

import "runtime"

func archISAs() []archISA { return nil }

func cpuName() string { return runtime.GOARCH }
