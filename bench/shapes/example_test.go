package shapes_test

import (
	"fmt"

	"github.com/lanes-go/lanes/bench/shapes"
)

func ExampleParse() {
	m, n, k, err := shapes.Parse("64x512x784")
	fmt.Println(m, n, k, err)
	r := shapes.Row{Op: "gemm", DType: "f32", Trans: "nt", M: m, N: n, K: k}
	fmt.Printf("%.1f MFLOP\n", r.Flops()/1e6)
	// Output:
	// 64 512 784 <nil>
	// 51.4 MFLOP
}
