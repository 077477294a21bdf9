package nn

import (
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// TestDescriptions: what Summary says about layers of every kind, counted by hand.
func TestDescriptions(t *testing.T) {
	b := New[float32](1)
	for _, c := range []struct {
		l     Layer[float32]
		in    []int
		text  string
		flops int64
		kind  string
	}{
		{b.BatchNorm1d(6), []int{4, 6}, "BatchNorm1d(6)", 2 * 24, KindNormalisation},
		{b.BatchNorm(6, tensor.BatchNormKeras()), []int{4, 6}, "BatchNorm(6)", 2 * 24, KindNormalisation},
		{b.LayerNorm(2, 3), []int{4, 2, 3}, "LayerNorm[2 3]", 9 * 24, KindNormalisation},
		{b.RMSNorm(6), []int{4, 6}, "RMSNorm[6]", 4 * 24, KindNormalisation},
		{b.GroupNorm(2, 6), []int{4, 6}, "GroupNorm(2, 6)", 7 * 24, KindNormalisation},
		{b.InstanceNorm1d(6, false), []int{4, 6, 2}, "InstanceNorm1d(6)", 7 * 48, KindNormalisation},
		{b.LocalResponseNorm(tensor.LRNPyTorch(5)), []int{4, 6}, "LocalResponseNorm(5)", 9 * 24, KindNormalisation},
		{b.Maxout(6, 5, 3), []int{4, 6}, "Maxout(6 -> 5, 3 pieces)", 4 * (2*6*15 + 15 + 2*5), KindProducts},
		{b.MaxoutOf(3, 1), []int{4, 6}, "MaxoutOf(3, axis 1)", 2 * 8, KindActivations},
		{b.PReLU(6), []int{4, 6}, "PReLU(6)", 24, KindActivations},
		{b.SELU(), []int{4, 6}, "SELU", 24, KindActivations},
		{b.Dropout(0.25), []int{4, 6}, "Dropout(0.25)", 0, KindOther},
		{b.Flatten(), []int{4, 2, 3}, "Flatten", 0, KindOther},
		{b.Reshape(2, -1), []int{4, 6}, "Reshape[2 -1]", 0, KindOther},
	} {
		rows := Summary(c.l, c.in...).Rows
		if len(rows) != 1 || rows[0].Layer != c.text || rows[0].FLOPs != c.flops || kindOf(c.l) != c.kind {
			t.Errorf("%+v, kind %s, want %s with %d FLOPs of kind %s", rows, kindOf(c.l), c.text, c.flops, c.kind)
		}
	}
}
