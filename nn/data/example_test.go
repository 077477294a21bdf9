package data_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn/data"
	"github.com/lanes-go/lanes/tensor"
)

func Example() {
	train, validation, test := data.Digits[float32]()
	fmt.Println(train.Len(), validation.Len(), test.Len(), "images of", train.Features(), "pixels")

	train.Shuffle(1) // the order of the passes to come: a function of the seed
	for x, labels := range train.Batches(500) {
		fmt.Println(x.Shape(), labels[:5])
	}
	// Output:
	// 1200 300 297 images of 64 pixels
	// [500 64] [6 4 7 9 1]
	// [500 64] [3 1 3 3 6]
	// [200 64] [5 7 9 6 5]
}

// A data set of one's own is a tensor of rows and their labels.
func ExampleNew() {
	x := tensor.From([]float64{0, 0, 0, 1, 1, 0, 1, 1}, 4, 2)
	xor := data.New(x, []int{0, 1, 1, 0}, 2)
	head, tail := xor.Split(3)
	fmt.Println(head.Len(), tail.Len(), tail.Labels)
	// Output: 3 1 [0]
}
