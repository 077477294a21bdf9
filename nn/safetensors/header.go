package safetensors

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/lanes-go/lanes/internal/short"
)

// metadataKey is the one key of a header that is no tensor.
const metadataKey = "__metadata__"

// rawTensor is an entry of a header as it stands there.
type rawTensor struct {
	name       string
	dtype      DType
	shape      []uint64
	begin, end uint64
}

type rawHeader struct {
	metadata map[string]string
	tensors  []rawTensor
}

// layOut checks the tensors of a header against the size of the data and against each
// other and returns them in the order of their data, which must follow one another
// without a gap.
func layOut(raw []rawTensor, size uint64) ([]Info, error) {
	slices.SortFunc(raw, func(a, b rawTensor) int {
		switch {
		case a.begin < b.begin || a.begin == b.begin && a.end < b.end:
			return -1
		case a.begin == b.begin && a.end == b.end:
			return 0
		}
		return 1
	})
	infos := make([]Info, 0, len(raw))
	at := uint64(0)
	for i, t := range raw {
		switch {
		case t.begin > t.end:
			return nil, fmt.Errorf("tensor %q: its data end, at %d, before they begin, at %d", short.Text(t.name), t.end, t.begin)
		case t.end > size:
			return nil, fmt.Errorf("tensor %q: its data end at %d, but there are %d bytes: the file is cut off", short.Text(t.name), t.end, size)
		case t.begin < at:
			return nil, fmt.Errorf("tensors %q and %q overlap: the data of the first end at %d, those of the second begin at %d", short.Text(raw[i-1].name), short.Text(t.name), at, t.begin)
		case t.begin > at:
			return nil, fmt.Errorf("bytes %d to %d of the data, before tensor %q, belong to no tensor", at, t.begin, short.Text(t.name))
		}
		want, problem := dataSize(t.dtype, t.shape)
		if problem != "" {
			return nil, fmt.Errorf("tensor %q: %s%v: %s", short.Text(t.name), t.dtype, t.shape, problem)
		}
		if t.end-t.begin != want {
			return nil, fmt.Errorf("tensor %q: %s%v has %d bytes, its data %d", short.Text(t.name), t.dtype, t.shape, want, t.end-t.begin)
		}
		if want > math.MaxInt {
			return nil, fmt.Errorf("tensor %q: %d bytes are more than this machine can address", short.Text(t.name), want)
		}
		info := Info{Name: t.name, DType: t.dtype, Shape: make([]int, len(t.shape)), Bytes: int(want), begin: t.begin}
		for i, d := range t.shape {
			info.Shape[i] = int(d)
		}
		infos = append(infos, info)
		at = t.end
	}
	if at != size {
		return nil, fmt.Errorf("bytes %d to %d of the data, the last ones, belong to no tensor", at, size)
	}
	return infos, nil
}

func parseHeader(b []byte) (h rawHeader, err error) {
	if len(b) == 0 || b[0] != '{' {
		return h, errors.New("it does not begin with {")
	}
	if !utf8.Valid(b) {
		return h, errors.New("it is not UTF-8")
	}
	p := &parser{b: b}
	seen := map[string]bool{}
	p.object(func(key string) {
		if seen[key] {
			p.fail("the name %q appears twice", key)
			return
		}
		seen[key] = true
		if key == metadataKey {
			h.metadata = p.metadata()
		} else {
			h.tensors = append(h.tensors, p.tensor(key))
		}
	})
	if p.blanks(); p.err == nil && p.i < len(p.b) {
		p.fail("more after its end")
	}
	return h, p.err
}

func (p *parser) metadata() map[string]string {
	if p.accept('n') { // null: none, as in the reference
		p.i--
		p.literal()
		return nil
	}
	m := map[string]string{}
	p.object(func(key string) {
		if _, ok := m[key]; ok {
			p.fail("the key %q of the metadata appears twice", key)
		}
		if p.peek() != '"' {
			p.fail("the metadata %q are not a text", key)
		}
		m[key] = p.text()
	})
	return m
}

// tensor reads the entry of a tensor. Fields that the format does not know are ignored, as
// in the reference.
func (p *parser) tensor(name string) rawTensor {
	t := rawTensor{name: name}
	var dtype, shape, offsets bool
	once := func(field string, seen *bool) {
		if *seen {
			p.fail("tensor %q: %s appears twice", name, field)
		}
		*seen = true
	}
	p.object(func(key string) {
		switch key {
		case "dtype":
			once(key, &dtype)
			d := DType(p.text())
			if i := d.rank(); i >= 0 {
				t.dtype = dtypes[i].name // not a copy for each tensor
			} else {
				p.fail("tensor %q: unknown dtype %q", name, string(d))
			}
		case "shape":
			once(key, &shape)
			p.list(func() {
				if len(t.shape) == maxRank {
					p.fail("tensor %q: more than %d axes", name, maxRank)
				}
				t.shape = append(t.shape, p.number())
			})
		case "data_offsets":
			once(key, &offsets)
			var v []uint64
			p.list(func() {
				if len(v) == 2 {
					p.fail("tensor %q: more than two data_offsets", name)
				}
				v = append(v, p.number())
			})
			if p.err == nil && len(v) != 2 {
				p.fail("tensor %q: %d data_offsets, want 2", name, len(v))
			}
			if p.err == nil {
				t.begin, t.end = v[0], v[1]
			}
		default:
			p.ignore(0)
		}
	})
	switch {
	case !dtype:
		p.fail("tensor %q has no dtype", name)
	case !shape:
		p.fail("tensor %q has no shape", name)
	case !offsets:
		p.fail("tensor %q has no data_offsets", name)
	}
	return t
}
