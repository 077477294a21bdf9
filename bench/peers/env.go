package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// cores are the OpenBLAS core types worth a try for an instruction set. On a CPU
// it does not know OpenBLAS 0.3.21 falls to its SSE kernels by itself.
func cores(isa string) []string {
	switch isa {
	case "avx512":
		return []string{"SkylakeX", "Cooperlake", "Sapphirerapids", "Zen", "Haswell"}
	case "avx2":
		return []string{"Haswell", "Zen"}
	case "neon":
		return []string{"NeoverseN1", "NeoverseV1", "Armv8"}
	}
	return nil
}

// bestCore runs this program once for each core type and returns the fastest. A
// type this CPU cannot run dies there and not here.
func bestCore(isa string) (core string, note string) {
	exe, err := os.Executable()
	if err != nil {
		return "", ""
	}
	var best float64
	var notes []string
	for _, c := range cores(isa) {
		cmd := exec.Command(exe, "-probe-core")
		cmd.Env = append(os.Environ(), "OPENBLAS_CORETYPE="+c)
		out, err := cmd.Output()
		f := strings.Fields(string(out))
		if err != nil || len(f) != 2 {
			continue
		}
		rate, err := strconv.ParseFloat(f[0], 64)
		if err != nil {
			continue
		}
		notes = append(notes, fmt.Sprintf("%s %.0f", c, rate))
		if !strings.EqualFold(f[1], c) {
			notes[len(notes)-1] += " (as " + f[1] + ")"
		}
		if rate > best*1.02 {
			best, core = rate, c
		}
	}
	return core, strings.Join(notes, ", ")
}

func probeCore() error {
	if _, err := openOpenBLAS(""); err != nil {
		return err
	}
	cs := gemmCase[float32]([]string{"openblas"}, shape{384, 384, 384}, trans{}, 1, 0)
	sample(cs, 25, time.Second, time.Millisecond, time.Millisecond)
	_, err := fmt.Printf("%.1f %s\n", 2*384*384*384/cs[0].best(), openblasCore())
	return err
}

// limit re-executes the program with the environment that holds every library to
// one instruction set; each reads it as it is loaded.
func limit(isa string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Env = append(os.Environ(), "LANES_ISA="+isa)
	if isa == "avx2" {
		cmd.Env = append(cmd.Env, "DNNL_MAX_CPU_ISA=AVX2", "ONEDNN_MAX_CPU_ISA=AVX2")
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		if cmd.ProcessState != nil {
			os.Exit(cmd.ProcessState.ExitCode())
		}
		return err
	}
	return nil
}
