package safetensors_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lanes-go/lanes/nn/safetensors"
	"github.com/lanes-go/lanes/tensor"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "model.safetensors")

	weight := tensor.From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	err = safetensors.WriteFile(path, []safetensors.Entry{
		safetensors.Tensor("layer1.weight", weight),
		safetensors.TensorAs("layer1.bias", tensor.From([]float32{0.5, -1}, 2), safetensors.F16),
		safetensors.Integers("steps", []int{1000}),
	}, map[string]string{"format": "pt"})
	if err != nil {
		log.Fatal(err)
	}

	f, err := safetensors.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		fmt.Println(name, info.DType, info.Shape)
	}
	bias, err := safetensors.Read[float32](f, "layer1.bias")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bias)
	// Output:
	// layer1.bias F16 [2]
	// layer1.weight F32 [2 3]
	// steps I64 []
	// float32[2]{0.5, -1}
}

// What comes from outside is checked before anything is made of it.
func ExampleParse() {
	header := `{"w":{"dtype":"F32","shape":[1000000,1000000],"data_offsets":[0,4000000000000]}}`
	file := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header...)
	_, err := safetensors.Parse(file)
	fmt.Println(err)
	// Output:
	// safetensors: tensor "w": its data end at 4000000000000, but there are 0 bytes: the file is cut off
}
