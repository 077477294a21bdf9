// The program that check cost compares with.
package main

import "fmt"

func main() {
	x, y, z := []float32{1, 2, 3, 4}, []float64{1, 2, 3, 4}, []float32{0}
	fmt.Println(x, y, z)
}
