//go:build (amd64 || arm64) && !purego

package asm

import "unsafe"

// The kernels of random numbers draw words into a buffer, which stays in the L1, and
// make numbers of them.

// randomCodes are the addresses of the steps, in assembly; gen/random.go has them.
type randomCodes struct{ words, uniform, normal, bernoulli, dropout uintptr }

// randomParams are what the steps read: low halves of the numbers of blocks in the
// order of the lanes, then the key, the high half of those numbers, the stream, and the
// scalars of the distribution.
type randomParams struct {
	counter    [8]uint64
	key0, key1 uint64
	high       uint64
	stream0    uint64
	stream1    uint64
	scalar     [2]scalarBits
}

// scalarBits holds a scalar at its address.
type scalarBits [8]byte

// randomBuffer is the number of elements drawn at a time.
const randomBuffer = 1024

//go:noescape
func callRandom(dst, x, r unsafe.Pointer, p *randomParams, n int, code uintptr)

// setScalars sets those of the distribution.
func setScalars[T Float](p *randomParams, a, b T) {
	*(*T)(unsafe.Pointer(&p.scalar[0])) = a
	*(*T)(unsafe.Pointer(&p.scalar[1])) = b
}

func (p *randomParams) begin(seed, stream uint64) {
	p.key0, p.key1 = seed&0xffffffff, seed>>32
	p.stream0, p.stream1 = stream&0xffffffff, stream>>32
}

// groupsOfCall bounds the time of a call.
const groupsOfCall = 256

// words draws n groups from g on. The number of a block wraps where that of an element
// does; the steps add to its low half only.
func words[T Float](p *randomParams, dst unsafe.Pointer, g uint64, n int, code uintptr) {
	const half = 1 << 32 / 16
	for {
		g &= ^uint64(0) / uint64(groupLen[T]())
		c := int(min(uint64(n), half-g%half, groupsOfCall))
		block := 16 * g
		p.high = block >> 32
		for i := range p.counter {
			lane := uint64(i)
			if is32[T]() { // lanes 2, 3, 6, 7 … are those of another vector
				lane += lane &^ 1
			}
			p.counter[i] = (block + lane) & 0xffffffff
		}
		callRandom(dst, nil, nil, p, c, code)
		if n -= c; n == 0 {
			return
		}
		dst, g = unsafe.Add(dst, 256*c), g+uint64(c)
	}
}

// draw fills the buffer with what begins with element from: n of at most most elements
// begin at buf[skip].
func draw[T Float](p *randomParams, buf *[randomBuffer]T, from uint64, most int, code uintptr) (skip, n int) {
	l := groupLen[T]()
	skip = int(from % uint64(l))
	n = min(most, randomBuffer-skip)
	words[T](p, unsafe.Pointer(buf), from/uint64(l), (skip+n+l-1)/l, code)
	return skip, n
}

func randomFaces[T Float](c randomCodes) RandomKernels[T] {
	// fill makes numbers of words, element by element.
	fill := func(dst, x []T, a, b T, seed, stream, from uint64, code uintptr) {
		raceWrite(dst)
		raceRead(x)
		var p randomParams
		var buf [randomBuffer]T
		p.begin(seed, stream)
		setScalars(&p, a, b)
		for len(dst) > 0 {
			skip, n := draw(&p, &buf, from, len(dst), c.words)
			var in unsafe.Pointer
			if x != nil {
				in, x = unsafe.Pointer(&x[0]), x[n:]
			}
			callRandom(unsafe.Pointer(&dst[0]), in, unsafe.Pointer(&buf[skip]), &p, n, code)
			dst, from = dst[n:], from+uint64(n)
		}
	}
	return RandomKernels[T]{
		Uniform: func(dst []T, shift, scale T, seed, stream, from uint64) {
			fill(dst, nil, shift, scale, seed, stream, from, c.uniform)
		},
		Bernoulli: func(dst []T, prob, v T, seed, stream, from uint64) {
			fill(dst, nil, prob, v, seed, stream, from, c.bernoulli)
		},
		Dropout: func(dst, x []T, prob, scale T, seed, stream, from uint64) {
			fill(dst, x[:len(dst):len(x)], prob, scale, seed, stream, from, c.dropout)
		},
		Normal: func(dst []T, shift, scale T, seed, stream, from uint64) {
			raceWrite(dst)
			var p randomParams
			var buf [randomBuffer]T
			p.begin(seed, stream)
			setScalars(&p, shift, scale)
			for len(dst) > 0 {
				const pairs = 32 // elements that belong together
				skip, n := draw(&p, &buf, from, len(dst), c.words)
				r := unsafe.Pointer(&buf)
				if skip == 0 && n >= pairs {
					n -= n % pairs
					callRandom(unsafe.Pointer(&dst[0]), nil, r, &p, n/pairs, c.normal)
				} else {
					callRandom(r, nil, r, &p, (skip+n+pairs-1)/pairs, c.normal)
					copy(dst, buf[skip:skip+n])
				}
				dst, from = dst[n:], from+uint64(n)
			}
		},
		Words: func(dst []T, seed, stream, from uint64) {
			raceWrite(dst)
			var p randomParams
			var buf [randomBuffer]T
			p.begin(seed, stream)
			l := groupLen[T]()
			for len(dst) > 0 {
				n := 0
				if from%uint64(l) == 0 && len(dst) >= l {
					n = len(dst) / l * l
					words[T](&p, unsafe.Pointer(&dst[0]), from/uint64(l), n/l, c.words)
				} else {
					var skip int
					skip, n = draw(&p, &buf, from, min(len(dst), l-int(from%uint64(l))), c.words)
					copy(dst, buf[skip:skip+n])
				}
				dst, from = dst[n:], from+uint64(n)
			}
		},
	}
}
