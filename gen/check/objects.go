package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// instr is one instruction of a disassembly.
type instr struct {
	symbol   string
	addr     string // hexadecimal, no prefix
	bytes    string // hexadecimal, in memory order; empty if not asked for
	mnemonic string
}

var (
	gnuSymbol = regexp.MustCompile(`^[0-9a-f]+ <(.*)>:$`)
	gnuInstr  = regexp.MustCompile(`^ *([0-9a-f]+):\t([0-9a-f ]+)\t(?:\{\w+\} )?(\S+)`)
)

// parseGNU reads the output of GNU objdump -d -w.
func parseGNU(out []byte, wanted func(symbol string) bool, each func(instr)) {
	symbol, use := "", false
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if m := gnuSymbol.FindStringSubmatch(lines.Text()); m != nil {
			symbol = m[1]
			use = wanted(symbol)
		} else if use {
			if m := gnuInstr.FindStringSubmatch(lines.Text()); m != nil {
				each(instr{symbol, m[1], strings.TrimSpace(m[2]), m[3]})
			}
		}
	}
}

func gnuObjdump(path string) ([]byte, error) {
	return command(".", nil, "objdump", "-d", "-w", path)
}

// evexIn returns the EVEX instructions of a binary in functions whose name ends
// in AVX2, and the names of those functions. In 64-bit code an instruction that
// starts with 0x62 is EVEX and nothing else; no prefix may stand before it.
func evexIn(path string) (bad []string, funcs map[string]bool, err error) {
	out, err := gnuObjdump(path)
	if err != nil {
		return nil, nil, err
	}
	funcs = map[string]bool{}
	isAVX2 := func(s string) bool { return strings.HasSuffix(strings.TrimSuffix(s, ".abi0"), "AVX2") }
	parseGNU(out, isAVX2, func(in instr) {
		name := strings.TrimSuffix(in.symbol, ".abi0")
		funcs[name[strings.LastIndex(name, ".")+1:]] = true
		if strings.HasPrefix(in.bytes, "62") || in.mnemonic == "(bad)" {
			bad = append(bad, fmt.Sprintf("%s at %s: %s %s", name, in.addr, in.bytes, in.mnemonic))
		}
	})
	return bad, funcs, nil
}

// checkObjects looks for EVEX in the AVX2 kernels as linked: what the assembler
// made of them, however they are spelled.
func checkObjects(root string, _ []string) error {
	tmp, err := os.MkdirTemp("", "lanes-objects")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	env := []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}

	planted := filepath.Join(tmp, "planted")
	if _, err := command(".", env, "go", "build", "-o", planted, "./check/testdata/evex"); err != nil {
		return err
	}
	bad, _, err := evexIn(planted)
	if err != nil {
		return err
	}
	if len(bad) != 1 || !strings.Contains(bad[0], "plantedAVX2") {
		return fmt.Errorf("the planted EVEX instruction gave %q", bad)
	}

	binary := filepath.Join(tmp, "asm.test")
	if _, err := command(root, env, "go", "test", "-c", "-o", binary, "./asm"); err != nil {
		return err
	}
	bad, funcs, err := evexIn(binary)
	if err != nil {
		return err
	}
	paths, err := filepath.Glob(filepath.Join(root, "asm", "*_avx2_amd64.s"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, f := range parseAsm(string(src)) {
			if !funcs[f.name] {
				bad = append(bad, f.name+": in no table, the linker left it out of the test binary")
			}
		}
	}
	if len(funcs) == 0 {
		bad = append(bad, "no AVX2 function in the test binary")
	}
	slices.Sort(bad)
	if err := report(bad); err != nil {
		return err
	}
	fmt.Printf("objects: %d AVX2 functions, no EVEX\n", len(funcs))
	return nil
}
