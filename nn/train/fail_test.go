package train

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/lanes-go/lanes/internal/steady"
	"github.com/lanes-go/lanes/nn/optim"
)

// state is all that a checkpoint holds of a job.
func (j *job[T]) state(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state")
	if err := SaveCheckpoint(path, j.net, j.opt, Run{}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A step that fails leaves running statistics and counters too as they were after the step
// before it: NaN in an example, which batch norm sees first, and in a gradient.
func TestFailedStepLeavesAll(t *testing.T) {
	for _, failing := range []int{1, 2, 5} {
		want := newJob[float32]("adam", false)
		if _, err := want.fit(Config[float32]{}, failing-1); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for _, c := range []struct {
			what string
			set  func(j *job[float32])
			is   func(err error) bool
		}{
			{"a NaN example", func(j *job[float32]) { j.ds.X.Fill(float32(math.NaN())) }, func(err error) bool { return errors.Is(err, ErrDiverged) }},
			{"a NaN gradient", func(j *job[float32]) { j.net.Params()[0].Grad.Fill(float32(math.NaN())) }, func(err error) bool {
				e := (*optim.GradError)(nil)
				return errors.As(err, &e) && e.Step == failing
			}},
		} {
			j := newJob[float32]("adam", false)
			if failing == 1 {
				c.set(j)
			}
			_, err := Fit(context.Background(), j.net, j.ds, j.opt, Config[float32]{Epochs: 3, Batch: 7, Progress: func(p Progress) {
				if p.Step == failing-1 {
					c.set(j)
				}
			}})
			if !c.is(err) {
				t.Errorf("%s at step %d: error %v", c.what, failing, err)
			}
			if !bytes.Equal(j.state(t), want.state(t)) {
				t.Errorf("%s at step %d: the network is not as before", c.what, failing)
			}
		}
	}
}

func TestSnapshotAllocates(t *testing.T) {
	j := newJob[float32]("sgd", false)
	s := newSnapshot[float32](j.net)
	if len(s.buffers) != 2 || len(s.counters) != 3 {
		t.Fatalf("%d buffers, %d counters", len(s.buffers), len(s.counters))
	}
	if n := steady.Allocs(10, func() { s.take(); s.restore() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if s := newSnapshot[float64](identity{}); len(s.buffers)+len(s.counters) != 0 {
		t.Errorf("%+v", s)
	}
}
