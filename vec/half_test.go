package vec

import "testing"

func TestHalf(t *testing.T) {
	x := make([]float32, 2*short+77)
	for i := range x {
		x[i] = float32(i%2048) / 8
	}
	h, back := make([]uint16, len(x)), make([]float32, len(x))
	ToF16(h, x)
	FromF16(back, h)
	for i, v := range back { // 11 bits are enough
		if v != x[i] {
			t.Fatalf("binary16: element %d is %v, want %v", i, v, x[i])
		}
	}
	if h[8] != 0x3c00 {
		t.Errorf("1 is %x", h[8])
	}
	ToBF16(h, x)
	FromBF16(back, h)
	for i, v := range back { // 8 bits are
		if d := v - x[i]; d > x[i]/256 || -d > x[i]/256 {
			t.Fatalf("bfloat16: element %d is %v, want %v", i, v, x[i])
		}
	}
	if h[8] != 0x3f80 {
		t.Errorf("1 is %x", h[8])
	}
	wantError(t, "ToF16", func() { ToF16(h, x[1:]) })
	wantError(t, "FromBF16", func() { FromBF16(x, h[1:]) })
}
