package asm_test

import (
	"fmt"

	"github.com/lanes-go/lanes/asm"
)

// A table is a value: every one that this CPU runs gives the same bits.
func Example() {
	x, dst := []float32{-1, 0, 1, 2}, make([]float32, 4)
	same := true
	for _, k := range asm.Tables[float32]() { // the plain Go bodies first
		k.Exp(dst, x)
		same = same && dst[3] == 7.389056
	}
	fmt.Println(dst, same)
	// Output: [0.36787945 1 2.7182817 7.389056] true
}
