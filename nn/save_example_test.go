package nn_test

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/lanes-go/lanes/nn"
)

func ExampleSave() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "digits.safetensors")

	b := nn.New[float32](1)
	net := b.Sequential(b.Named("hidden", b.Linear(64, 32)), b.ReLU(), b.Named("out", b.Linear(32, 10)))
	if err := nn.Save(path, net, map[string]string{"data": "digits"}); err != nil {
		log.Fatal(err)
	}

	// A network of the same layers takes all of it,
	same := b.Sequential(b.Named("hidden", b.Linear(64, 32)), b.ReLU(), b.Named("out", b.Linear(32, 10)))
	if _, err := nn.Load(path, same); err != nil {
		log.Fatal(err)
	}
	fmt.Println(nn.Hash(same) == nn.Hash(net))

	// another one refuses, and stays as it is,
	other := b.Sequential(b.Named("hidden", b.Linear(64, 32)), b.ReLU(), b.Named("head", b.Linear(32, 3)))
	_, err = nn.Load(path, other)
	fmt.Println(err.(*nn.LoadError).Report)

	// unless it is told to take what it can.
	report, err := nn.Load(path, other, nn.Partial)
	fmt.Println(report.Loaded, err)
	// Output:
	// true
	// loaded: 0 tensors
	// missing: head.bias, head.weight
	// unexpected: out.bias, out.weight
	// [hidden.bias hidden.weight] <nil>
}
