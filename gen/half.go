package main

import "fmt"

// halfBlock is the number of elements of a round of the half kernels; what is left
// over is converted by the plain bodies.
const halfBlock = 16

// halfSource is the Go code that goes with the kernels of an instruction set.
func halfSource(suffix string) string {
	s := fmt.Sprintf("\nfunc useHalf%s(k *HalfKernels) {\n", suffix)
	for _, c := range []struct{ name, dst, src, plain string }{
		{"FromF16", "float32", "uint16", "fromF16Generic"},
		{"FromBF16", "float32", "uint16", "fromBF16Generic"},
		{"ToF16", "uint16", "float32", "toF16Generic"},
		{"ToBF16", "uint16", "float32", "toBF16Generic"},
	} {
		s += fmt.Sprintf(`	k.%[1]s = func(dst []%[2]s, x []%[3]s) {
		x = x[:len(dst):len(x)]
		if raceEnabled {
			raceWrite(dst)
			raceRead(x)
		}
		n := len(dst) &^ %[4]d
		if n > 0 {
			%[5]s(&dst[0], &x[0], n/%[6]d)
		}
		%[7]s(dst[n:], x[n:])
	}
`, c.name, c.dst, c.src, halfBlock-1, halfName(c.name, suffix), halfBlock, c.plain)
	}
	return s + "}"
}

func halfName(name, suffix string) string {
	return string(name[0]+'a'-'A') + name[1:] + suffix
}

func halfSignature(name string) string {
	if name[0] == 'F' {
		return "func(dst *float32, x *uint16, blocks int)"
	}
	return "func(dst *uint16, x *float32, blocks int)"
}

func halfDoc(name, suffix string) string {
	return fmt.Sprintf("%s converts blocks > 0 blocks of %d elements.", halfName(name, suffix), halfBlock)
}
