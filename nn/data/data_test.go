package data

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// numbered is a data set whose example i holds i and has label i mod 7.
func numbered(n, features int) *Dataset[float32] {
	x, labels := tensor.New[float32](n, features), make([]int, n)
	for i := range n {
		labels[i] = i % 7
		for j := range features {
			x.Set(float32(i), i, j)
		}
	}
	return New(x, labels, 7)
}

// pass returns the examples in the order of one pass, and the sizes of the batches.
func pass(t *testing.T, d *Dataset[float32], batch int) (order, sizes []int) {
	t.Helper()
	for x, labels := range d.Batches(batch) {
		if x.Dim(0) != len(labels) || x.Dim(1) != d.Features() {
			t.Fatalf("x %v and %d labels", x.Shape(), len(labels))
		}
		sizes = append(sizes, len(labels))
		for i, l := range labels {
			row := x.Select(0, i).Data()
			v := int(row[0])
			if slices.ContainsFunc(row, func(w float32) bool { return int(w) != v }) || l != v%7 {
				t.Fatalf("row %v with label %d", row, l)
			}
			order = append(order, v)
		}
	}
	return order, sizes
}

func TestBatches(t *testing.T) {
	d := numbered(10, 3)
	for range 2 {
		order, sizes := pass(t, d, 4)
		if !slices.Equal(order, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) || !slices.Equal(sizes, []int{4, 4, 2}) {
			t.Errorf("order %v in batches of %v", order, sizes)
		}
	}
	d.Shuffle(3)
	first, _ := pass(t, d, 4)
	second, _ := pass(t, d, 3)
	for _, order := range [][]int{first, second} {
		sorted := slices.Sorted(slices.Values(order))
		if slices.Equal(order, sorted) || !slices.Equal(sorted, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
			t.Errorf("shuffled order %v", order)
		}
	}
	if slices.Equal(first, second) {
		t.Error("two passes have one order")
	}
	if o := d.Order(); o != (Order{true, 3, 2}) {
		t.Errorf("after two passes %+v", o)
	}
	d.SetOrder(Order{true, 3, 1})
	if again, _ := pass(t, d, 10); !slices.Equal(again, second) {
		t.Errorf("pass 1 again: %v, not %v", again, second)
	}
	if other, _ := pass(t, numbered(10, 3).Shuffle(4), 4); slices.Equal(other, first) {
		t.Error("two seeds have one order")
	}
	for range d.Batches(3) {
		break // an interrupted pass counts as one
	}
	if d.Order().Pass != 3 {
		t.Errorf("pass %d", d.Order().Pass)
	}
	for from := range 6 { // the rest of a pass
		d.SetOrder(Order{true, 3, 1})
		var rest []int
		for x := range d.BatchesFrom(4, from) {
			for i := range x.Dim(0) {
				rest = append(rest, int(x.At(i, 0)))
			}
		}
		all := second[min(4*from, len(second)):]
		if !slices.Equal(rest, all) || d.Order().Pass != 2 {
			t.Errorf("from batch %d: %v, not %v", from, rest, all)
		}
	}
	if order, _ := pass(t, numbered(0, 3), 4); order != nil {
		t.Error("an empty data set has batches")
	}
}

func TestBatchesAllocate(t *testing.T) {
	d := numbered(100, 3).Shuffle(1)
	n := 0
	all := func() {
		for x := range d.Batches(7) {
			n += x.Dim(0)
		}
	}
	all()
	if a := testing.AllocsPerRun(10, all); a > 3 { // the iterator and the body of the loop
		t.Errorf("%v allocations a pass of 15 batches", a)
	}
}

func TestSplit(t *testing.T) {
	head, tail := numbered(10, 2).Split(6)
	if head.Len() != 6 || tail.Len() != 4 || tail.Labels[0] != 6 || tail.X.At(0, 1) != 6 || tail.Classes != 7 {
		t.Errorf("%v %v", head, tail)
	}
}

func TestDatasetMisuse(t *testing.T) {
	d := numbered(10, 2)
	for name, f := range map[string]func(){
		"data.New: want":                               func() { New(tensor.New[float32](3, 2), []int{1}, 2) },
		"data.New: label 2 of":                         func() { New(tensor.New[float32](1, 2), []int{2}, 2) },
		"data.New: label -1":                           func() { New(tensor.New[float32](1, 2), []int{-1}, 2) },
		"data.Split: row 11":                           func() { d.Split(11) },
		"data.Batches: batches of 0":                   func() { d.Batches(0) },
		"data.Batches: batches of 1, from batch -1 on": func() { d.BatchesFrom(1, -1) },
	} {
		func() {
			defer func() {
				if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), name) {
					t.Errorf("%s: %v", name, err)
				}
			}()
			f()
		}()
	}
}

func TestDigits(t *testing.T) {
	sum := sha256.Sum256(digitsFile)
	if hex.EncodeToString(sum[:8]) != "46abec6b12486ad9" {
		t.Errorf("the embedded file has SHA-256 %x", sum)
	}
	train, val, test := Digits[float64]()
	if train.Len() != 1200 || val.Len() != 300 || test.Len() != 297 || train.Features() != 64 || train.Classes != 10 {
		t.Errorf("%d, %d, %d examples of %d pixels, %d classes", train.Len(), val.Len(), test.Len(), train.Features(), train.Classes)
	}
	file, labels, err := readDigits[float64](digitsFile)
	if err != nil {
		t.Fatal(err)
	}
	// Every example of the file is in the split, once.
	count := map[string]int{}
	key := func(x []float64, l int) string {
		b := []byte{byte(l)}
		for _, v := range x {
			b = append(b, byte(v*16))
		}
		return string(b)
	}
	for i, l := range labels {
		count[key(file[i*64:i*64+64], l)]++
	}
	for _, d := range []*Dataset[float64]{train, val, test} {
		classes := make([]int, 10)
		for i, l := range d.Labels {
			count[key(d.X.Data()[i*64:i*64+64], l)]--
			classes[l]++
		}
		if slices.Min(classes) < d.Len()/20 {
			t.Errorf("of %d examples: %v", d.Len(), classes)
		}
	}
	for _, c := range count {
		if c != 0 {
			t.Fatal("the split is not the file")
		}
	}
	for _, v := range train.X.Data() {
		if v < 0 || v > 1 {
			t.Fatalf("pixel %v", v)
		}
	}
}
