package golden

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/tensor"
)

// wide runs the wide job and asserts that it exercised what it is made for.
func wide[T tensor.Float](t *testing.T, want string, threads int) {
	t.Helper()
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(threads))
	before := tensor.ReadStats()
	if got := Wide[T](); got != want {
		t.Errorf("wide, isa %s, %d threads: weights %s, want %s", asm.Selection().ISA, threads, got, want)
	}
	now := tensor.ReadStats()
	if now.Packs == before.Packs {
		t.Error("nothing was packed")
	}
	// Workers may be late on a machine that is busy; not for ever.
	for began := time.Now(); threads > 1 && runtime.GOMAXPROCS(0) > 1 && tensor.ReadStats().Workers == before.Workers; {
		if time.Since(began) > time.Minute {
			t.Errorf("%d threads: no worker came to help", threads)
			break
		}
		if got := Wide[T](); got != want {
			t.Errorf("wide again, %d threads: weights %s, want %s", threads, got, want)
		}
	}
	if n := (wideIn - 1) / asm.KBlockLen(wideIn); n < 2 || now.KBlocks-before.KBlocks < int64(n*wideSteps) {
		t.Errorf("%d k-blocks after the first, want %d in each of %d steps", now.KBlocks-before.KBlocks, n, wideSteps)
	}
}

func digits[T tensor.Float](t *testing.T, want string, epochs, threads int) {
	t.Helper()
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(threads))
	if got := Digits[T](epochs); got != want {
		t.Errorf("digits, isa %s, %d threads: weights %s, want %s", asm.Selection().ISA, threads, got, want)
	}
}

func layers[T tensor.Float](t *testing.T, want string, threads int) {
	t.Helper()
	defer tensor.SetMaxThreads(tensor.SetMaxThreads(threads))
	if got := Layers[T](); got != want {
		t.Errorf("layers, isa %s, %d threads: weights %s, want %s", asm.Selection().ISA, threads, got, want)
	}
}

// TestWeights runs the jobs on the table in use; 0.7 GFLOP with -short.
func TestWeights(t *testing.T) {
	t.Logf("isa %s, %s/%s", asm.Selection().ISA, runtime.GOOS, runtime.GOARCH)
	digits[float32](t, DigitsShortF32, 1, 1)
	digits[float64](t, DigitsShortF64, 1, 7)
	wide[float32](t, WideF32, 7)
	wide[float64](t, WideF64, 2)
	layers[float32](t, LayersF32, 7)
	layers[float64](t, LayersF64, 1)
	if testing.Short() {
		return
	}
	digits[float32](t, DigitsF32, DigitsEpochs, 2)
	digits[float64](t, DigitsF64, DigitsEpochs, 2)
	for _, threads := range []int{1, 2} {
		layers[float32](t, LayersF32, threads)
		layers[float64](t, LayersF64, threads)
		wide[float32](t, WideF32, threads)
	}
	for _, threads := range []int{1, 7} {
		wide[float64](t, WideF64, threads)
	}
}

// TestWeightsOtherTables runs TestWeights again on every other table of this
// machine. With -short that is left to the lanes that set LANES_ISA.
func TestWeightsOtherTables(t *testing.T) {
	if testing.Short() {
		t.Skip("short: each table has a lane of its own")
	}
	for _, isa := range asm.Selection().Available {
		if isa == asm.Selection().ISA {
			continue
		}
		t.Run("isa="+isa, func(t *testing.T) {
			c := exec.Command(os.Args[0], "-test.run=^TestWeights$", "-test.v")
			c.Env = append(os.Environ(), "LANES_ISA="+isa, "LANES_EXPECT_ISA="+isa)
			out, err := c.CombinedOutput()
			if errors.Is(err, syscall.ENOEXEC) {
				t.Skip("an emulator runs this test and the kernel cannot run it again")
			}
			if err != nil || !strings.Contains(string(out), "--- PASS: TestWeights ") || !strings.Contains(string(out), "isa "+isa+",") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
