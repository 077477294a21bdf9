package gradcheck

import "math"

// line is the function along x + t*u. at returns its value, and t as rounding of
// x + t*u left it.
type line struct {
	at      func(t float64) (f, step float64)
	f0      float64
	noise   float64 // absolute, of one value
	eps     float64
	zero    float64 // distance to where the moved entry is 0; 0 if it is there
	claim   float64
	rtol    float64
	start   float64 // first step
	maxStep float64
	minStep float64
}

// slope is a derivative along a line.
type slope struct {
	d, err      float64 // its value, and how far that can be off
	left, right float64 // slopes from both sides at the smallest step tried
	steep       float64 // the larger of them at the largest step, if above noise
	h           float64
	verdict     Verdict // Right (the number is good), Kink or Unclear
}

// rung is what a step h and a smaller one tell.
type rung struct {
	h           float64
	d           float64 // extrapolated to step 0
	bend        float64 // by how far the two disagree with a smooth function
	grain       float64 // what noise can do to d
	left, right float64
	flat        bool // the function did not move at all
	bad         bool // a value was not finite
}

func (r rung) err() float64 { return r.bend + r.grain }

// sharp tells whether d is known to better than a sixteenth.
func (r rung) sharp() bool { return float64(16*r.err()) <= math.Abs(r.d) }

// steep is how fast the function moves over the step, 0 if that may be noise.
func (r rung) steep() float64 {
	if s := max(math.Abs(r.left), math.Abs(r.right)); s > float64(10*r.grain) {
		return s
	}
	return 0
}

// inner is the smaller step of a rung as a share of h. Halves would do, but for
// waves of which h is a multiple, and the half too: both would miss them.
const inner = 79.0 / 128

func (l *line) rung(h float64) rung {
	fp, hp := l.at(h)
	fm, hm := l.at(-h)
	gp, kp := l.at(inner * h)
	gm, km := l.at(-inner * h)
	r := rung{h: h}
	if !finite(fp) || !finite(fm) || !finite(gp) || !finite(gm) || hp == hm || kp <= 0 || km >= 0 {
		r.bad = true
		return r
	}
	r.flat = fp == l.f0 && fm == l.f0 && gp == l.f0 && gm == l.f0
	d1 := (fp - fm) / (hp - hm)
	d2 := (gp - gm) / (kp - km)
	// The error of a centred difference grows as the square of its step.
	const share = inner * inner / (1 - inner*inner)
	r.d = d2 + float64(share*(d2-d1))
	r.right = (gp - l.f0) / kp
	r.left = (gm - l.f0) / km
	wide := (fp-l.f0)/hp - (fm-l.f0)/hm
	// A smooth function's one-sided slopes come together as h does.
	twist := math.Abs(wide - (r.right-r.left)/inner)
	r.grain = float64(3.3*l.noise) / h
	// The twist is a difference of many values: noise alone makes up to 15*noise/h of it.
	r.bend = max(float64(share*math.Abs(d2-d1)), float64(twist-float64(4*r.grain))/4)
	if !finite(r.d) || !finite(r.bend) {
		r.bad = true
	}
	return r
}

// good tells whether a rung is sharp enough to need no other.
func (l *line) good(r rung) bool {
	return float64(8*r.err()) <= float64(l.rtol*math.Abs(r.d))
}

// sameTwist is the number of steps, each an eighth of the one before, over which
// the one-sided slopes must keep their distance to be called a kink.
const sameTwist = 5

// derive goes to smaller steps while the function's shape decides the error, and
// to larger ones while its noise does.
func (l *line) derive() (s slope) {
	var best, last rung
	have := false
	shrinking, same := false, 0
	var steep float64
	defer func() { s.steep = steep }()
	for h := l.start; h >= l.minStep; {
		r := l.rung(h)
		if r.flat {
			if l.claim == 0 && (!have || !best.sharp()) {
				return slope{h: h}
			}
			if have { // smaller steps show rounding only
				break
			}
		}
		if !r.bad {
			gap := r.right - r.left
			if have && math.Abs(gap-(last.right-last.left)) <= float64(0.05*math.Abs(gap)) && math.Abs(gap) > float64(20*r.grain) {
				same++
			} else {
				same = 0
			}
			// Where two rungs contradict each other the smaller step is right: the
			// larger one spans waves or kinks.
			if !have || r.err() < best.err() || r.sharp() && !agrees(best.d, r.d, 0, best.err()+r.err(), 0) {
				best = r
			}
			if !have {
				steep = r.steep()
			}
			have, last = true, r
			if l.good(r) {
				return l.settle(best, last, have)
			}
			if r.grain > r.bend {
				break
			}
		}
		shrinking = true
		h /= 8
		if same >= sameTwist-1 {
			if l.zero == 0 || l.zero > h {
				return slope{d: r.d, err: r.err(), left: r.left, right: r.right, h: r.h, verdict: Kink}
			}
			h, same = l.zero/8, 0 // a kink at 0 of the entry itself is not at x
		}
	}
	// Noise decides from here, measured or not: larger steps, as long as they help.
	for h := l.start * 8; h <= l.maxStep && (!shrinking || best.h == h/8); h *= 8 {
		r := l.rung(h)
		if r.bad || have && !best.flat && r.err() >= best.err() {
			break
		}
		if have && best.flat && !r.flat && !r.sharp() && !agrees(l.claim, r.d, 0, r.err(), 0) {
			break // something begins at a distance: not the slope at x
		}
		best, last, have, steep = r, r, true, r.steep()
		if l.good(r) {
			break
		}
	}
	return l.settle(best, last, have)
}

// settle gives the verdict on the sharpest rung.
func (l *line) settle(best, last rung, have bool) slope {
	if !have {
		return slope{d: math.NaN(), err: math.Inf(1), verdict: Unclear}
	}
	if best.flat {
		best.grain = max(best.grain, l.hidden(best.h))
	}
	return slope{d: best.d, err: best.err(), left: last.left, right: last.right, h: best.h}
}

// hidden looks at a function that does not move over the step h, whether it moves
// farther away, and returns the slope that rounding would hide, of its values
// there: log(1+exp(-40)) computes as 0, and its gradient does not. A function that
// moves nowhere hides nothing.
func (l *line) hidden(h float64) float64 {
	size, moved := math.Abs(l.f0), 0
	for t := h; moved < 4 && t < float64(h*0x1p30); t *= 4 {
		a, _ := l.at(t)
		b, _ := l.at(-t)
		if a != l.f0 || b != l.f0 {
			moved++
		}
		if finite(a) {
			size = max(size, math.Abs(a))
		}
		if finite(b) {
			size = max(size, math.Abs(b))
		}
	}
	if moved == 0 {
		return 0
	}
	return 16 * l.eps * size / h
}

// secondLook asks again before a claim is called wrong. Smaller steps show whether
// several kinks near x, or waves shorter than h, agreed by chance on a wrong slope;
// no claim that is wrong by more than 5e-5 passes there. Neighbouring steps show
// whether noise is larger than it was measured to be.
func (l *line) secondLook(s slope) slope {
	h := s.h
	for range 6 {
		h /= 16
		if h < l.minStep {
			break
		}
		r := l.rung(h)
		if !r.bad && float64(4*r.err()) <= float64(1e-5*math.Abs(r.d)) && agrees(l.claim, r.d, l.rtol, r.err(), 0) {
			return slope{d: r.d, err: r.err(), left: r.left, right: r.right, h: h}
		}
	}
	for _, by := range []float64{0.625, 0.75, 0.875, 1.125} {
		if r := l.rung(by * s.h); !r.bad {
			s.err = max(s.err, math.Abs(r.d-s.d))
		}
	}
	return s
}

// agrees tells whether a claimed and a measured derivative are equal as far as
// can be seen.
func agrees(a, n, rtol, err, floor float64) bool {
	return math.Abs(a-n) <= float64(rtol*max(math.Abs(a), math.Abs(n)))+float64(4*err)+floor
}

func relative(a, n float64) float64 {
	if a == n {
		return 0
	}
	return math.Abs(a-n) / max(math.Abs(a), math.Abs(n))
}
