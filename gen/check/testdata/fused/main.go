// Command fused holds what a checker must tell apart. On the lines marked FUSED
// the compiler makes one instruction of a product and a sum wherever the target
// has it; on every other line it must not, or was asked to.
package main

import "math"

type float interface{ float32 | float64 }

//go:noinline
func planted[T float](x, y, z T) T {
	return x*y + z // FUSED
}

//go:noinline
func plantedLoop[T float](x []T) T {
	var s T
	for _, v := range x {
		s += v * v // FUSED
	}
	return s
}

func product[T float](x, y T) T { return x * y }

//go:noinline
func plantedInline[T float](x, y, z T) T {
	return product(x, y) + z // FUSED
}

//go:noinline
func plantedBeside(x, y, z float64) float64 {
	return math.FMA(x, y, z)*y + x // FUSED
}

//go:noinline
func plantedTwice[T float](x, y T) T {
	return x * y * 2 // FUSED
}

//go:noinline
func clean[T float](x, y, z T) T {
	return T(x*y) + z
}

//go:noinline
func cleanTwice[T float](x, y T) T {
	return T(x*y) * 2
}

//go:noinline
func asked(x, y, z float64) float64 {
	return math.FMA(x, y, z)
}

func main() {
	println(planted[float32](1, 2, 3), planted[float64](1, 2, 3))
	println(plantedLoop([]float32{1}), plantedLoop([]float64{1}))
	println(plantedInline[float32](1, 2, 3), plantedInline[float64](1, 2, 3))
	println(plantedBeside(1, 2, 3))
	println(plantedTwice[float32](1, 2), plantedTwice[float64](1, 2))
	println(cleanTwice[float32](1, 2), cleanTwice[float64](1, 2))
	println(clean[float32](1, 2, 3), clean[float64](1, 2, 3), asked(1, 2, 3))
}
