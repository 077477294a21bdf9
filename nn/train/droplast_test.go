package train

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lanes-go/lanes/nn"
	"github.com/lanes-go/lanes/nn/optim"
	"github.com/lanes-go/lanes/tensor"
)

// sizes is a layer that notes the sizes of the batches.
type sizes struct {
	nn.Layer[float32]
	seen []int
}

func (s *sizes) Forward(x *tensor.Tensor[float32], mode nn.Mode) *tensor.Tensor[float32] {
	s.seen = append(s.seen, x.Dim(0))
	return s.Layer.Forward(x, mode)
}

func TestDropLast(t *testing.T) {
	for _, c := range []struct {
		n, batch int
		drop     bool
		want     []int // of an epoch
	}{
		{21, 5, true, []int{5, 5, 5, 5}},
		{21, 5, false, []int{5, 5, 5, 5, 1}},
		{20, 5, true, []int{5, 5, 5, 5}},
		{9, 5, true, []int{5}},
		{3, 1, true, []int{1, 1, 1}},
		{4, 5, false, []int{4}},
	} {
		net := &sizes{Layer: mlp[float32](1, 6, 5, 3)}
		opt := optim.NewSGD(net.Params(), optim.SGD{LR: 0.1})
		ds := noise[float32](c.n, 6, 3).Shuffle(1)
		losses := 0.0
		p, err := Fit[float32](context.Background(), net, ds, opt, Config[float32]{Epochs: 2, Batch: c.batch, DropLast: c.drop, Progress: func(p Progress) {
			if !p.EpochDone {
				losses += p.Loss
			} else if mean := losses / float64(len(c.want)); p.Loss != mean {
				t.Errorf("%+v: loss %v of an epoch, want %v", c, p.Loss, mean)
			} else {
				losses = 0
			}
		}})
		if c.want[len(c.want)-1] == 1 { // whether net takes one was tried
			net.seen = net.seen[1:]
		}
		want := append(slices.Clone(c.want), c.want...)
		if err != nil || !slices.Equal(net.seen, want) || p.Step != len(want) || p.Steps != len(want) || ds.Order().Pass != 2 {
			t.Errorf("%+v: batches of %v, %+v, %v", c, net.seen, p, err)
		}
	}
	defer func() {
		if err, ok := recover().(error); !ok || !strings.HasPrefix(err.Error(), "train.Fit: 4 examples do not fill a batch of 5") {
			t.Errorf("too few examples: %v", err)
		}
	}()
	net := mlp[float32](1, 6, 5, 3)
	Fit(context.Background(), net, noise[float32](4, 6, 3), optim.NewSGD(net.Params(), optim.SGD{LR: 0.1}), Config[float32]{Epochs: 1, Batch: 5, DropLast: true})
}

// A run that leaves out the last batch goes on with its bits too.
func TestDropLastResume(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	whole := newJob[float32]("adam", false)
	if _, err := whole.fit(Config[float32]{DropLast: true}, -1); err != nil {
		t.Fatal(err)
	}
	for stop := 1; stop < 6; stop++ { // two steps an epoch
		j := newJob[float32]("adam", false)
		before, err := j.fit(Config[float32]{DropLast: true, Checkpoint: path}, stop)
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		j = newJob[float32]("adam", true)
		run, err := LoadCheckpoint(path, j.net, j.opt)
		if err != nil || !run.DropLast || run.Step != stop || run.Epoch != stop/2 || run.InEpoch != stop%2 {
			t.Fatalf("step %d: %+v, %v", stop, run, err)
		}
		after, err := j.fit(Config[float32]{DropLast: true, Resume: &run}, -1)
		if err != nil || len(before)+len(after) != 9 || nn.Hash(j.net) != nn.Hash(whole.net) {
			t.Errorf("step %d: the run ends elsewhere after %d reports; %v", stop, len(before)+len(after), err)
		}
		if _, err := j.fit(Config[float32]{Resume: &run}, -1); err == nil || !strings.Contains(err.Error(), "has DropLast true, this one false") {
			t.Errorf("with the last batch: %v", err)
		}
	}
}

// A last batch of one example, which batch norm cannot take, is an error before the first
// step, and only then.
func TestLastBatchOfOne(t *testing.T) {
	b := nn.New[float32](1)
	normed := func() *nn.Sequential[float32] {
		return b.Sequential(b.Dropout(0.5), b.Linear(6, 4), b.BatchNorm1d(4), b.Linear(4, 3))
	}
	frozen := normed()
	nn.Freeze(frozen, "2")
	for _, c := range []struct {
		what string
		net  *nn.Sequential[float32]
		n    int
		drop bool
		bad  bool
	}{
		{"one example left", normed(), 11, false, true},
		{"one example left out", normed(), 11, true, false},
		{"two examples left", normed(), 12, false, false},
		{"a frozen batch norm", frozen, 11, false, false},
		{"several values of a channel", b.Sequential(b.Linear(6, 4), b.Reshape(2, 2), b.BatchNorm1d(2), b.Flatten(), b.Linear(4, 3)), 11, false, false},
		{"no batch norm", b.Sequential(b.Dropout(0.5), b.Linear(6, 3)), 11, false, false},
	} {
		opt := optim.NewSGD(c.net.Params(), optim.SGD{LR: 0.1, Momentum: 0.9})
		j := &job[float32]{net: c.net, opt: opt}
		before := string(j.state(t))
		p, err := Fit(context.Background(), c.net, noise[float32](c.n, 6, 3), opt, Config[float32]{Epochs: 2, Batch: 5, DropLast: c.drop})
		if !c.bad {
			if err != nil || p.Step != p.Steps {
				t.Errorf("%s: %+v, %v", c.what, p, err)
			}
			continue
		}
		if e := (*nn.Error)(nil); !errors.As(err, &e) || !strings.Contains(err.Error(), "one example: set DropLast") || p.Step != 0 {
			t.Errorf("%s: %+v, %v", c.what, p, err)
		}
		if string(j.state(t)) != before {
			t.Errorf("%s: the network was changed", c.what)
		}
	}
}
