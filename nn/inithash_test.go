package nn

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/lanes-go/lanes/tensor"
)

// initHash is the start of the SHA-256 of a parameter that i fills.
func initHash[T tensor.Float](i Init, shape ...int) string {
	p := initParam[T](shape...)
	Initialize(p, i, 11, 3)
	h := sha256.New()
	writeTensor(h, Entry[T]{Value: p.Value})
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Every initialiser has the same bits on every target: these.
func TestInitHashes(t *testing.T) {
	for _, c := range []struct {
		init     Init
		f32, f64 string
	}{
		{Zeros(), "ab99c14af92f0afc", "84d036c65492ef84"},
		{Constant(0.01), "fa00c0555bd07b5b", "1e64ce8df6148925"},
		{Normal(0, 0.01), "c3d4fe3a43ca9125", "7812b3337e113b3d"},
		{Normal(0, 1), "39c36b1b31cb5356", "13a73814913b150d"},
		{TruncatedNormal(0.1, 0.5), "173a9522603413dc", "e7be3e5d45d1af49"},
		{Uniform(-0.3, 0.7), "84140d5d5db16215", "0bdafdc3bd31c748"},
		{Xavier(), "e1ab96cf02d67ef0", "79d7473077263c74"},
		{LeCunUniform(), "51f5b32015f825e3", "f6620135f9c05cd1"},
		{GlorotNormal(), "fd154c9b1c16b9b7", "38c80efc1d8e23b2"},
		{GlorotUniform().Gain(GainTanh), "ab3c3d808f319c6c", "b9734ad8eb8ad49f"},
		{HeNormal(), "154c941dc98ead65", "315b9560f69e6b5e"},
		{HeNormal().FanOut().Gain(GainLeakyReLU(0.2)), "ddff7a9f7502cbc3", "0f92ffb5d6d63df9"},
		{HeUniform(), "3f83d9d52fd80835", "820bf992973d50e2"},
		{GlorotNormal().Truncated(), "f43b06f79a4c96de", "973c8f2c32628892"},
		{PyTorchDefault(), "a89e0861f9243b88", "d96f8c7412ee635f"},
		{Sparse(10, 1), "8c7bc8d4b5bc72a1", "0c512ff6b17865a0"},
		{Orthogonal(), "036d7ec9575ddbea", "58d1e746d0ee8efc"},
		{Orthogonal().Gain(GainReLU), "cd467f0aa37ec67b", "a9db96ed6c2f50ee"},
	} {
		if h := initHash[float32](c.init, 24, 5, 7); h != c.f32 {
			t.Errorf("%v, float32: %s", c.init, h)
		}
		if h := initHash[float64](c.init, 24, 5, 7); h != c.f64 {
			t.Errorf("%v, float64: %s", c.init, h)
		}
	}
}
