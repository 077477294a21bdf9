package nn

import (
	"fmt"
	"strings"
	"time"

	"github.com/lanes-go/lanes/tensor"
)

// Profile is a network with clocks: a layer that does what the network does, with the same
// bits, and measures how long each of its layers takes. Train it, or whatever shall be
// measured, in place of the network:
//
//	p := nn.NewProfile(net)
//	defer p.Stop()
//	for x, labels := range batches {
//		train.Step(p, opt, x, labels)
//	}
//	fmt.Print(p.Table())
//
// Only passes through the Profile are measured; Summary, Fuse and NewPredictor take it for the
// network, without. A clock costs about 0.1 µs for each layer
// and pass; a network that is not profiled has none.
type Profile[T tensor.Float] struct {
	net     Layer[T]
	restore func()
	running bool
	clocks  []*clock[T]
	parents []int

	whole               Times // all passes together, as in the clocks
	forwards, backwards int
	others              []other
}

// Times is how long something takes.
type Times struct {
	Forward, Backward time.Duration
	Other             time.Duration // of what is neither: the loss, the update
}

// Sum returns all of it.
func (t Times) Sum() time.Duration { return t.Forward + t.Backward + t.Other }

func (t *Times) add(u Times, sign time.Duration) {
	t.Forward += sign * u.Forward
	t.Backward += sign * u.Backward
	t.Other += sign * u.Other
}

// other is a thing that Time measures.
type other struct {
	row   ProfileRow
	total time.Duration
	calls int
}

// NewProfile gives a network clocks, until Stop. It panics if it has some.
func NewProfile[T tensor.Float](net Layer[T]) *Profile[T] {
	p := &Profile[T]{net: net}
	p.restore = rewire(net, false, func(at *place[T]) Layer[T] {
		c := &clock[T]{standIn: standIn[T]{at.step}, profile: p, row: ProfileRow{Name: at.name, Depth: at.depth, Layer: description(at.step), Kind: kindOf(at.step.layer)}}
		p.clocks = append(p.clocks, c)
		p.parents = append(p.parents, at.parent)
		return c
	})
	return p
}

// Stop takes the clocks out of the network. What was measured stays.
func (p *Profile[T]) Stop() {
	if p.restore != nil {
		p.restore()
		p.restore = nil
	}
}

// Reset forgets what was measured, as after some steps to warm up.
func (p *Profile[T]) Reset() {
	for _, c := range p.clocks {
		c.total = Times{}
	}
	p.whole, p.forwards, p.backwards, p.others = Times{}, 0, 0, nil
}

// Forward is that of the network.
func (p *Profile[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	start := p.begin()
	y := p.net.Forward(x, mode)
	p.whole.Forward += p.end(start)
	p.forwards++
	return y
}

// Backward is that of the network.
func (p *Profile[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	start := p.begin()
	dx := p.net.Backward(dy)
	p.whole.Backward += p.end(start)
	p.backwards++
	return dx
}

func (p *Profile[T]) backwardParams(dy *tensor.Tensor[T]) {
	start := p.begin()
	BackwardParams(p.net, dy)
	p.whole.Backward += p.end(start)
	p.backwards++
}

func (p *Profile[T]) begin() time.Time {
	p.running = true
	return time.Now()
}

func (p *Profile[T]) end(start time.Time) time.Duration {
	p.running = false
	return time.Since(start)
}

// Params returns those of the network.
func (p *Profile[T]) Params() []*Param[T] { return p.net.Params() }

// Buffers returns those of the network.
func (p *Profile[T]) Buffers() []*Buffer[T] { return buffersOf(p.net) }

// Counters returns those of the network.
func (p *Profile[T]) Counters() []*Counter { return countersOf(p.net) }

// over makes a predictor of a Profile one of its network.
func (p *Profile[T]) over(f func(Layer[T]) Layer[T]) Layer[T] { return f(p.net) }

// Time calls f and counts how long it takes as a row of its own, below those of the
// layers: what belongs to a step but not to the network, as the loss and the update. What
// f does through the Profile is not part of the row. Every row has one kind.
func (p *Profile[T]) Time(name, kind string, f func()) {
	inside := p.whole.Sum()
	start := time.Now()
	f()
	spent := time.Since(start) - (p.whole.Sum() - inside)
	for i := range p.others {
		if o := &p.others[i]; o.row.Name == name {
			o.total += spent
			o.calls++
			return
		}
	}
	p.others = append(p.others, other{ProfileRow{Name: name, Kind: kind}, spent, 1})
}

// clock stands in for a layer and measures it.
type clock[T tensor.Float] struct {
	standIn[T]
	profile *Profile[T]
	row     ProfileRow
	total   Times // of all passes
}

func (c *clock[T]) Forward(x *tensor.Tensor[T], mode Mode) *tensor.Tensor[T] {
	if !c.profile.running {
		return c.forward(x, mode)
	}
	start := time.Now()
	y := c.forward(x, mode)
	c.total.Forward += time.Since(start)
	return y
}

func (c *clock[T]) Backward(dy *tensor.Tensor[T]) *tensor.Tensor[T] {
	if !c.profile.running {
		return c.backward(dy)
	}
	start := time.Now()
	dx := c.backward(dy)
	c.total.Backward += time.Since(start)
	return dx
}

func (c *clock[T]) backwardParams(dy *tensor.Tensor[T]) {
	start := time.Now()
	c.step.backwardParams(dy)
	if c.profile.running {
		c.total.Backward += time.Since(start)
	}
}

// ProfileTable tells how long the layers of a network take. Times are means over the
// passes.
type ProfileTable struct {
	Rows                []ProfileRow // the layers, containers before theirs, then what Time measured
	Network             Times        // all layers together
	Forwards, Backwards int          // passes measured
}

// ProfileRow is a layer of a network, or two that a Sequential does in one, as Linear and
// ReLU.
type ProfileRow struct {
	Name  string // within the network: "1.body.0", "0+1" for two; "" for a network of one layer
	Depth int    // containers around it, without the network
	Layer string // "Linear(784 -> 256) + ReLU"
	Kind  string // what most of its work is: KindProducts, …

	Times       // of a container, with its layers
	Own   Times // of a container, without them
}

// Table returns what was measured so far.
func (p *Profile[T]) Table() *ProfileTable {
	mean := func(t Times) Times {
		return Times{t.Forward / time.Duration(max(1, p.forwards)), t.Backward / time.Duration(max(1, p.backwards)), 0}
	}
	t := &ProfileTable{Network: mean(p.whole), Forwards: p.forwards, Backwards: p.backwards}
	for _, c := range p.clocks {
		row := c.row
		row.Times = mean(c.total)
		row.Own = row.Times
		t.Rows = append(t.Rows, row)
	}
	for i, parent := range p.parents {
		if parent >= 0 {
			t.Rows[parent].Own.add(t.Rows[i].Times, -1)
		}
	}
	if len(t.Rows) == 0 {
		t.Rows = []ProfileRow{{Layer: describeLayer(p.net), Kind: kindOf(p.net), Times: t.Network, Own: t.Network}}
	}
	for _, o := range p.others {
		row := o.row
		row.Other = o.total / time.Duration(o.calls)
		row.Own = row.Times
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Total returns the time of a step: the network and what Time measured.
func (t *ProfileTable) Total() Times {
	sum := t.Network
	for _, r := range t.Rows {
		sum.Other += r.Other
	}
	return sum
}

// KindTimes is how long all work of a kind takes.
type KindTimes struct {
	Kind string
	Times
}

// Kinds returns the time of a step by the kind of its work: products, normalisation,
// activations, loss, update, other, then other names in the order of the rows; those that
// occur. Together they are Total: what the network does between its layers is other.
func (t *ProfileTable) Kinds() []KindTimes {
	all := make([]KindTimes, len(kinds))
	for i, k := range kinds {
		all[i].Kind = k
	}
	of := func(kind string) *Times {
		for i := range all {
			if all[i].Kind == kind {
				return &all[i].Times
			}
		}
		all = append(all, KindTimes{Kind: kind})
		return &all[len(all)-1].Times
	}
	rest := t.Network
	for _, r := range t.Rows {
		of(r.Kind).add(r.Own, 1)
		rest.add(Times{r.Own.Forward, r.Own.Backward, 0}, -1)
	}
	of(KindOther).add(rest, 1)
	var out []KindTimes
	for _, k := range all {
		if k.Times != (Times{}) {
			out = append(out, k)
		}
	}
	return out
}

// String returns a table of milliseconds and percent of a step: the rows, then the kinds.
func (t *ProfileTable) String() string {
	total := t.Total()
	line := func(name, what string, u Times) []string {
		return []string{name, what, millis(u.Forward), millis(u.Backward), millis(u.Sum()), percent(u.Sum(), total.Sum())}
	}
	lines := [][]string{{"layer", "type", "forward ms", "backward ms", "all ms", "%"}}
	for _, r := range t.Rows {
		lines = append(lines, line(strings.Repeat("  ", r.Depth)+r.Name, r.Layer, r.Times))
	}
	lines = append(lines, line("step", "", total), nil)
	for _, k := range t.Kinds() {
		lines = append(lines, line(k.Kind, "", k.Times))
	}
	return columns(lines, 2)
}

// millis writes milliseconds, and nothing for none.
func millis(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f", float64(d)/float64(time.Millisecond))
}

func percent(part, whole time.Duration) string {
	return fmt.Sprintf("%.1f", 100*float64(part)/float64(max(1, whole)))
}
