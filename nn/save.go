package nn

import (
	"fmt"
	"io"

	"github.com/lanes-go/lanes/nn/safetensors"
	"github.com/lanes-go/lanes/tensor"
)

// Save writes the state of a network, the parameters and buffers of StateDict under their
// names, to a safetensors file: complete or not at all, as safetensors.WriteFile does it.
// metadata, texts that stand in the file, may be nil. The elements are F32 or F64, as in
// memory. Counters, as num_batches_tracked, are not written; PyTorch loads the file without
// them, load_state_dict(safetensors.torch.load_file(path)), into a module of the same
// layers. It panics if two tensors have one name.
func Save[T tensor.Float](path string, net Module[T], metadata map[string]string) error {
	return safetensors.WriteFile(path, entriesOf(net), metadata)
}

// SaveTo is Save into w.
func SaveTo[T tensor.Float](w io.Writer, net Module[T], metadata map[string]string) error {
	return safetensors.Write(w, entriesOf(net), metadata)
}

func entriesOf[T tensor.Float](net Module[T]) (entries []safetensors.Entry) {
	for _, e := range StateDict(net) {
		entries = append(entries, safetensors.Tensor(e.Name, e.Value))
	}
	return entries
}

// Load sets the parameters and buffers of a network to the tensors of a safetensors file
// that have their names.
//
// It is strict: if a name is missing in the file or unknown in the network, or a shape or
// a type is another, it changes nothing and returns a *LoadError with the whole report.
// Options allow what is to be allowed; a wrong shape is always an error. F16, BF16 and F32
// are converted exactly, and F64 if the network is of float64; see Rounded. An integer
// under the name of a counter, as PyTorch's num_batches_tracked, sets it; the file need
// not have it. After any error the network is as it was.
func Load[T tensor.Float](path string, net Module[T], options ...LoadOption) (*LoadReport, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return load(path, f, net, options)
}

// LoadFrom is Load from a file that is open.
func LoadFrom[T tensor.Float](f *safetensors.File, net Module[T], options ...LoadOption) (*LoadReport, error) {
	return load("", f, net, options)
}

func load[T tensor.Float](path string, f *safetensors.File, net Module[T], options []LoadOption) (*LoadReport, error) {
	m := newMatch[T](net, options)
	for _, name := range f.Names() {
		info, _ := f.Info(name)
		m.add(name, info.Shape, func(isCounter bool) string {
			if isCounter {
				return counterProblem(info)
			}
			return safetensors.Convertible[T](info.DType, m.options.rounded)
		})
	}
	if err := m.verdict("nn.Load", path); err != nil {
		return &m.report, err
	}
	// Everything is read before anything is changed.
	values, counts := make([]*tensor.Tensor[T], len(m.found)), make([]uint64, len(m.found))
	for i, t := range m.found {
		var err error
		switch {
		case t.counter != nil:
			var n []uint64
			if n, err = safetensors.ReadIntegers[uint64](f, t.source); err == nil {
				counts[i] = n[0]
			}
		case m.options.rounded:
			values[i], err = safetensors.ReadRounded[T](f, t.source)
		default:
			values[i], err = safetensors.Read[T](f, t.source)
		}
		if err != nil {
			return nil, err
		}
	}
	for i, t := range m.found {
		if t.counter != nil {
			t.counter.N = counts[i]
		} else {
			t.value.CopyFrom(values[i])
		}
	}
	return &m.report, nil
}

// counterProblem says why a tensor cannot be a count, or nothing.
func counterProblem(info safetensors.Info) string {
	switch info.DType {
	case safetensors.I8, safetensors.I16, safetensors.I32, safetensors.I64, safetensors.U8, safetensors.U16, safetensors.U32, safetensors.U64:
		return ""
	}
	return fmt.Sprintf("%s is not an integer", info.DType)
}

// LoadState is Load from tensors in memory, which are copied: from the StateDict of
// another network, with other names perhaps. Two entries of one name are an error.
func LoadState[T tensor.Float](net Module[T], entries []Entry[T], options ...LoadOption) (*LoadReport, error) {
	m := newMatch[T](net, options)
	for _, e := range entries {
		m.add(e.Name, e.Value.Shape(), func(isCounter bool) string {
			if isCounter {
				return "a counter is not set from a tensor of floats"
			}
			return ""
		})
	}
	if err := m.verdict("nn.LoadState", ""); err != nil {
		return &m.report, err
	}
	byName := map[string]*tensor.Tensor[T]{}
	for _, e := range entries {
		byName[e.Name] = e.Value
	}
	for _, t := range m.found {
		t.value.CopyFrom(byName[t.source])
	}
	return &m.report, nil
}
