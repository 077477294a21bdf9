// Command onnxnodes writes nn/testdata/onnx/nodes.json: layers with their inputs and the
// outputs that PyTorch gave for them, from the directory backend/test/data/pytorch-converted
// of github.com/onnx/onnx (Apache-2.0):
//
//	GOWORK=off go -C gen run ./onnxnodes .../pytorch-converted TEST... >nn/testdata/onnx/nodes.json
//
// Without the names of tests it takes every test_* that is there. Each has model.onnx,
// test_data_set_0/input_0.pb and output_0.pb. The file holds every float32 with its bits,
// and is read with encoding/json alone.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// Case is a small graph, its input and its output.
type Case struct {
	Name   string             `json:"name"`
	Nodes  []Node             `json:"nodes"`
	Values map[string]*Tensor `json:"values"` // inputs of nodes that are constants: weights
	In     string             `json:"in"`     // names of input and output in the graph
	Out    string             `json:"out"`
	X      *Tensor            `json:"x"`
	Y      *Tensor            `json:"y"`
}

// Node is an operation of ONNX.
type Node struct {
	Op         string         `json:"op"`
	In         []string       `json:"in"`
	Out        []string       `json:"out"`
	Attributes map[string]any `json:"attributes,omitempty"` // numbers, strings, lists of them
}

// Tensor is an array of float32.
type Tensor struct {
	Shape []int64 `json:"shape"`
	Data  string  `json:"data"` // base64 of the little-endian elements
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: onnxnodes DIRECTORY [TEST...]")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "onnxnodes:", err)
		os.Exit(1)
	}
}

func run(w io.Writer, dir string, names []string) error {
	if len(names) == 0 {
		all, err := filepath.Glob(filepath.Join(dir, "test_*"))
		if err != nil {
			return err
		}
		for _, path := range all {
			names = append(names, filepath.Base(path))
		}
	}
	if len(names) == 0 {
		return fmt.Errorf("no test_* in %s", dir)
	}
	// A line for each case, so that a change of one shows as one.
	for i, name := range names {
		c, err := read(filepath.Join(dir, name))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		c.Name = strings.TrimPrefix(name, "test_")
		line, err := json.Marshal(c)
		if err != nil {
			return err
		}
		before, after := ",\n", ""
		if i == 0 {
			before = "[\n"
		}
		if i == len(names)-1 {
			after = "\n]\n"
		}
		if _, err := fmt.Fprint(w, before, string(line), after); err != nil {
			return err
		}
	}
	return nil
}

func read(dir string) (*Case, error) {
	model, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		return nil, err
	}
	c, err := parseModel(model)
	if err != nil {
		return nil, err
	}
	for file, to := range map[string]**Tensor{"input_0.pb": &c.X, "output_0.pb": &c.Y} {
		b, err := os.ReadFile(filepath.Join(dir, "test_data_set_0", file))
		if err != nil {
			return nil, err
		}
		if _, *to, err = parseTensor(b); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return c, nil
}

// Numbers of fields are those of onnx.proto.

func parseModel(b []byte) (*Case, error) {
	all, err := fields(b)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		if f.num == 7 { // graph
			return parseGraph(f.bytes)
		}
	}
	return nil, fmt.Errorf("no graph")
}

func parseGraph(b []byte) (*Case, error) {
	all, err := fields(b)
	if err != nil {
		return nil, err
	}
	c := &Case{Values: map[string]*Tensor{}}
	var inputs, outputs []string
	for _, f := range all {
		switch f.num {
		case 1: // node
			n, err := parseNode(f.bytes)
			if err != nil {
				return nil, err
			}
			c.Nodes = append(c.Nodes, n)
		case 5: // initializer
			name, t, err := parseTensor(f.bytes)
			if err != nil {
				return nil, err
			}
			c.Values[name] = t
		case 11, 12: // input, output
			info, err := fields(f.bytes)
			if err != nil {
				return nil, err
			}
			for _, g := range info {
				if g.num == 1 && f.num == 11 {
					inputs = append(inputs, string(g.bytes))
				} else if g.num == 1 {
					outputs = append(outputs, string(g.bytes))
				}
			}
		}
	}
	for _, name := range inputs { // initialisers are inputs too
		if c.Values[name] == nil {
			if c.In != "" {
				return nil, fmt.Errorf("inputs %s and %s", c.In, name)
			}
			c.In = name
		}
	}
	if c.In == "" || len(outputs) != 1 {
		return nil, fmt.Errorf("the graph has inputs %v and outputs %v: want one of each beside the constants", inputs, outputs)
	}
	c.Out = outputs[0]
	return c, nil
}

func parseNode(b []byte) (n Node, err error) {
	all, err := fields(b)
	if err != nil {
		return n, err
	}
	for _, f := range all {
		switch f.num {
		case 1:
			n.In = append(n.In, string(f.bytes))
		case 2:
			n.Out = append(n.Out, string(f.bytes))
		case 4:
			n.Op = string(f.bytes)
		case 5:
			name, v, err := parseAttribute(f.bytes)
			if err != nil {
				return n, err
			}
			if n.Attributes == nil {
				n.Attributes = map[string]any{}
			}
			n.Attributes[name] = v
		}
	}
	return n, nil
}

func parseAttribute(b []byte) (name string, v any, err error) {
	all, err := fields(b)
	if err != nil {
		return "", nil, err
	}
	var floats []float32
	var ints []int64
	for _, f := range all {
		switch f.num {
		case 1:
			name = string(f.bytes)
		case 2:
			v = math.Float32frombits(uint32(f.n))
		case 3:
			v = int64(f.n)
		case 4:
			v = string(f.bytes)
		case 5:
			if _, v, err = parseTensor(f.bytes); err != nil {
				return "", nil, err
			}
		case 7:
			if floats, err = f.floats(floats); err != nil {
				return "", nil, err
			}
			v = floats
		case 8:
			if ints, err = f.ints(ints); err != nil {
				return "", nil, err
			}
			v = ints
		}
	}
	if v == nil {
		return "", nil, fmt.Errorf("attribute %s has no value", name)
	}
	return name, v, nil
}

func parseTensor(b []byte) (name string, t *Tensor, err error) {
	all, err := fields(b)
	if err != nil {
		return "", nil, err
	}
	t = &Tensor{Shape: []int64{}}
	kind := uint64(0)
	var values []float32
	for _, f := range all {
		switch f.num {
		case 1:
			t.Shape, err = f.ints(t.Shape)
		case 2:
			kind = f.n
		case 4:
			values, err = f.floats(values)
		case 8:
			name = string(f.bytes)
		case 9:
			values, err = field{wire: 2, bytes: f.bytes}.floats(values)
		}
		if err != nil {
			return "", nil, err
		}
	}
	if kind != 1 {
		return "", nil, fmt.Errorf("tensor %s has data type %d: want 1, float32", name, kind)
	}
	n := int64(1)
	for _, d := range t.Shape {
		if d < 0 || d > 1<<20 || n > 1<<20 {
			return "", nil, fmt.Errorf("tensor %s has shape %v", name, t.Shape)
		}
		n *= d
	}
	if n != int64(len(values)) {
		return "", nil, fmt.Errorf("tensor %s has shape %v and %d values", name, t.Shape, len(values))
	}
	raw := make([]byte, 0, 4*len(values))
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	t.Data = base64.StdEncoding.EncodeToString(raw)
	return name, t, nil
}
