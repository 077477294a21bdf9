//go:build race

package asm

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestRaceSeesKernels: two goroutines that write one C through a kernel are
// reported. The racing program is this test binary, run again.
func TestRaceSeesKernels(t *testing.T) {
	if os.Getenv("LANES_TEST_RACE") != "" {
		for _, k := range Tables[float32]() {
			if k.ISA != os.Getenv("LANES_TEST_RACE") {
				continue
			}
			c := make([]float32, 16)
			done := make(chan bool)
			for range 2 {
				go func() {
					g := GemmArgs[float32]{C: c, LDC: 4, ARow: 1, ACol: 4, BRow: 4, BPanel: k.GemmNR, M: 4, N: 4, K: 1,
						A: make([]float32, 4), B: make([]float32, 4)}
					k.Gemm(&g)
					done <- true
				}()
			}
			<-done
			<-done
		}
		return
	}
	for _, k := range Tables[float32]() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRaceSeesKernels$")
		cmd.Env = append(os.Environ(), "LANES_TEST_RACE="+k.ISA)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "DATA RACE") {
			t.Errorf("isa=%s: a race on C was not reported (%v)", k.ISA, err)
		}
	}
}
