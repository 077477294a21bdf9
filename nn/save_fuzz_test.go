package nn_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/safetensors"
)

// FuzzLoad: no bytes make Load panic, and after an error the network has its bits.
func FuzzLoad(f *testing.F) {
	var b bytes.Buffer
	if err := safetensors.Write(&b, saveEntries("", safetensors.Integers("2.num_batches_tracked", []int16{3}, 1, 1)), nil); err != nil {
		f.Fatal(err)
	}
	good := b.Bytes()
	f.Add(good)
	for i := 8; i < len(good)-4*24; i++ { // the header with a byte changed
		c := slices.Clone(good)
		c[i] ^= 1
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := safetensors.Parse(b)
		if err != nil {
			return
		}
		for _, options := range [][]nn.LoadOption{nil, {nn.Partial}, {nn.Partial, nn.Rounded, nn.StripPrefix("first.")}, {nn.Only("2")}} {
			net := saveNet[float32](1)
			before := saveBits(net)
			report, err := nn.LoadFrom(file, net, options...)
			if err != nil && !slices.Equal(saveBits(net), before) {
				t.Fatalf("%v, and the network was changed", err)
			}
			if err == nil && len(report.Loaded) == 0 {
				t.Fatal("nothing was loaded, without an error")
			}
		}
	})
}
