package data

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"

	"github.com/lanes-go/lanes/tensor"
)

//go:embed digits/digits.csv.gz
var digitsFile []byte

const digitsPixels = 64

// Digits returns the handwritten digits of E. Alpaydin and C. Kaynak (UCI, CC BY
// 4.0), which are part of the package: 8 x 8 pixels scaled to [0, 1], 10 classes;
// 1200 examples to train on, 300 to validate, 297 to test. The file goes writer by
// writer; the split takes its lines in a random order, always the same.
func Digits[T tensor.Float]() (train, val, test *Dataset[T]) {
	x, labels, err := readDigits[T](digitsFile)
	if err != nil {
		panic(fmt.Errorf("data.Digits: the embedded file: %w", err))
	}
	file := New(tensor.From(x, len(labels), digitsPixels), labels, 10)
	all := New(tensor.New[T](len(labels), digitsPixels), make([]int, len(labels)), 10)
	order := make([]int, len(labels))
	tensor.Permutation(order, 0, streamSplit)
	file.gather(all.X.Data(), all.Labels, order)
	train, rest := all.Split(1200)
	val, test = rest.Split(300)
	return train, val, test
}

func readDigits[T tensor.Float](file []byte) (x []T, labels []int, err error) {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(z)
	r.FieldsPerRecord = digitsPixels + 1
	lines, err := r.ReadAll()
	if err != nil {
		return nil, nil, err
	}
	for _, line := range lines {
		for i, field := range line {
			v, err := strconv.Atoi(field)
			if err != nil {
				return nil, nil, err
			}
			if i < digitsPixels {
				x = append(x, T(v)/16)
			} else {
				labels = append(labels, v)
			}
		}
	}
	return x, labels, nil
}
