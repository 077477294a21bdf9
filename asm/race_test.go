//go:build race

package asm

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestRaceSeesKernels: a write to any operand of a kernel beside a call of it is
// reported. The racing program is this test binary, run again.
func TestRaceSeesKernels(t *testing.T) {
	if isa := os.Getenv("LANES_TEST_RACE"); isa != "" {
		for _, k := range Tables[float32]() {
			if k.ISA == isa {
				raceKernels(k)
			}
		}
		return
	}
	for _, k := range Tables[float32]() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestRaceSeesKernels$")
		cmd.Env = append(os.Environ(), "LANES_TEST_RACE="+k.ISA, "GORACE=halt_on_error=0 suppress_equal_stacks=0")
		out, _ := cmd.CombinedOutput()
		cases := strings.Split(string(out), raceMark)[1:]
		if len(cases) < 40 {
			t.Errorf("isa=%s: %d cases", k.ISA, len(cases))
		}
		for _, c := range cases {
			if name, rest, _ := strings.Cut(c, "\n"); !strings.Contains(rest, "DATA RACE") {
				t.Errorf("isa=%s: a race was not reported: %s", k.ISA, name)
			}
		}
	}
}

const raceMark = "== race on "

// raceKernels writes to every operand of every kernel beside a call of it.
func raceKernels(k *Kernels[float32]) {
	r := rand.New(rand.NewPCG(71, 72))
	var kept [][]float32 // a race at an address is reported once: no two at one
	operand := func(n int) []float32 {
		x := operands[float32](r, n, false)
		kept = append(kept, x)
		return x
	}
	race := func(name string, at *float32, call func()) {
		fmt.Fprintln(os.Stderr, raceMark+name)
		done := make(chan bool, 2)
		go func() { call(); done <- true }()
		go func() { *at = 1; done <- true }()
		<-done
		<-done
	}
	const n = 40
	for _, c := range calls[float32]() {
		for j := range c.inputs + 1 {
			if j == 0 && (c.reads || c.writes > 0) {
				continue // has no dst
			}
			s := [][]float32{operand(n)}
			for range c.inputs {
				s = append(s, operand(n))
			}
			race(fmt.Sprintf("operand %d of %s", j, c.name), &s[j][n-1], func() { c.run(k, s[0], s[1:]) })
		}
	}
	for _, c := range rowCalls[float32]() {
		for j := range 3 {
			if j > 0 && c.unused == j {
				continue
			}
			const rows, ld = 5, n + 2
			s := [][]float32{operand(rows * ld), operand(n), operand(rows)}
			at := []int{(rows-1)*ld + n - 1, n - 1, rows - 2}[j]
			race(fmt.Sprintf("operand %d of %s", j, c.name), &s[j][at], func() { c.run(k, s[0], ld, rows, s[1], s[2]) })
		}
	}
	g := GemmArgs[float32]{C: operand(16), LDC: 4, ARow: 1, ACol: 4, BRow: 4, BPanel: k.GemmNR, M: 4, N: 4, K: 1, A: operand(4), B: operand(4)}
	race("C of Gemm", &g.C[15], func() { k.Gemm(&g) })
}
