package nn_test

import (
	"fmt"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/tensor"
)

func ExampleCrossEntropy() {
	logits := tensor.From([]float32{
		2, 1, 0,
		0, 0, 0,
		0, 1, 2,
	}, 3, 3)
	labels := []int{0, 1, tensor.IgnoreIndex}

	o := tensor.LabelOptions[float32]{Ignore: true, IgnoreIndex: tensor.IgnoreIndex}
	loss, d := nn.CrossEntropy(logits, labels, o)
	fmt.Printf("%.4f\n%.4f\n", loss, d.Data())

	// The loss of every row.
	o.Reduction, o.Losses = tensor.LossSum, make([]float32, 3)
	nn.CrossEntropy(logits, labels, o)
	fmt.Printf("%.4f\n", o.Losses)
	// Output:
	// 0.7531
	// [-0.1674 0.1224 0.0450 0.1667 -0.3333 0.1667 0.0000 0.0000 0.0000]
	// [0.4076 1.0986 0.0000]
}

func ExampleHingeLoss() {
	scores := tensor.From([]float32{3.2, 5.1, -1.7}, 1, 3) // the cat of CS231n
	loss, d := nn.HingeLoss(scores, []int{0}, tensor.LabelOptions[float32]{})
	fmt.Printf("%.1f %v\n", loss, d.Data())
	// Output: 2.9 [-1 1 0]
}
