package gradcheck

import (
	"math"
	"slices"
)

// Entries that sampling left out are checked in blocks, as in group testing: along a
// direction that moves those of one block alone, an entry that is wrong is lost in the slope
// of its block only, not in that of everything.
const (
	blockLen  = 64 // entries of a block,
	maxBlocks = 64 // more if a tensor would have more blocks
)

// blocks checks what entries left out.
func (c *checker) blocks() {
	for k, x := range c.keep {
		rest := make([]int, 0, len(x)-len(c.picks[k]))
		for i, p := 0, c.picks[k]; i < len(x); i++ {
			if len(p) > 0 && p[0] == i {
				p = p[1:]
			} else {
				rest = append(rest, i)
			}
		}
		for i := len(rest) - 1; i > 0; i-- {
			j := int(c.rng.next() % uint64(i+1))
			rest[i], rest[j] = rest[j], rest[i]
		}
		n := min((len(rest)+blockLen-1)/blockLen, maxBlocks)
		for b := range n {
			block := rest[b*len(rest)/n : (b+1)*len(rest)/n]
			slices.Sort(block)
			if !c.block(k, block) {
				break // there is enough to print
			}
		}
	}
	if !c.unmoved() {
		c.r.fault("the function changes x")
	}
}

// block checks entries of Var k along a direction of theirs, and each by itself if they are
// wrong, to name them. Where no direction is smooth they are not checked.
func (c *checker) block(k int, block []int) bool {
	for range 3 {
		// What is allowed grows with the slope: of some directions take the one where it is
		// nearest to half of what is usual.
		var l *line
		var spread float64
		for range 8 {
			u := make([][]float64, len(c.keep))
			u[k] = make([]float64, len(c.keep[k]))
			c.fill(u, k, block, len(block))
			if m, sp := c.along(u); l == nil || math.Abs(math.Abs(m.claim)-float64(sp/2)) < math.Abs(math.Abs(l.claim)-float64(spread/2)) {
				l, spread = m, sp
			}
		}
		used, ok, s := c.compare(l, spread, float64(c.o.Rtol*spread))
		if !used {
			continue
		}
		c.r.Blocks++
		if !ok {
			c.name(k, block, l, s)
		}
		return ok
	}
	return true
}

// name adds the wrong entries of a block to the report of the tensor.
func (c *checker) name(k int, block []int, l *line, s slope) {
	slopes := make([]slope, len(block))
	for j, i := range block {
		slopes[j] = c.entrySlope(k, i)
	}
	var found TensorReport
	c.judge(&found, k, block, slopes, c.largest)
	t := &c.r.Tensors[k]
	t.Checked += found.Checked
	t.Kinks += found.Kinks
	t.Unclear += found.Unclear
	t.WrongLen += found.WrongLen
	t.Bad = append(t.Bad, found.Bad...)
	t.Bad = t.Bad[:min(len(t.Bad), maxBad)]
	if found.Worst.Relative > t.Worst.Relative {
		t.Worst = found.Worst
	}
	if found.WorstAbs.absolute() > t.WorstAbs.absolute() {
		t.WorstAbs = found.WorstAbs
	}
	if found.WrongLen == 0 {
		c.r.fault("along a direction of %d entries of %s: numeric %.8g, by the gradient %.8g, relative %.1e", len(block), c.p.Vars[k].Name, s.d, l.claim, relative(l.claim, s.d))
		return
	}
	t.ratio, t.wholeRatio = found.ratio, false
}
