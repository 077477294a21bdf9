package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// message writes fields: a number is a varint, a float32 four bytes, the rest bytes.
func message(fields ...any) (b []byte) {
	for i := 0; i < len(fields); i += 2 {
		num := uint64(fields[i].(int))
		switch v := fields[i+1].(type) {
		case int:
			b = binary.AppendUvarint(binary.AppendUvarint(b, num<<3), uint64(v))
		case float32:
			b = binary.LittleEndian.AppendUint32(binary.AppendUvarint(b, num<<3|5), math.Float32bits(v))
		case string:
			b = append(binary.AppendUvarint(binary.AppendUvarint(b, num<<3|2), uint64(len(v))), v...)
		case []byte:
			b = append(binary.AppendUvarint(binary.AppendUvarint(b, num<<3|2), uint64(len(v))), v...)
		}
	}
	return b
}

func floats(v ...float32) (b []byte) {
	for _, v := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

var (
	weight = message(1, 2, 1, 1, 2, 1, 8, "w", 9, floats(1, float32(math.Inf(-1)))) // shape unpacked, data raw
	bias   = message(1, []byte{2}, 2, 1, 8, "b", 4, floats(3, 4))                   // shape packed, data as floats
	node   = message(1, "x", 1, "w", 1, "b", 2, "y", 4, "Gemm",
		5, message(1, "alpha", 2, float32(0.1), 20, 1), 5, message(1, "transB", 3, 1), 5, message(1, "pads", 8, []byte{1, 2}),
		5, message(1, "mode", 4, "edge"))
	graph = message(1, node, 2, "g", 5, weight, 5, bias, 11, message(1, "x"), 11, message(1, "w"), 11, message(1, "b"), 12, message(1, "y"))
	model = message(1, 3, 2, "pytorch", 7, graph)
)

func TestRun(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "test_Linear", "test_data_set_0")
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	for path, b := range map[string][]byte{
		"../model.onnx": model,
		"input_0.pb":    message(1, 1, 1, 1, 2, 1, 9, floats(5)),
		"output_0.pb":   message(1, 1, 1, 2, 2, 1, 9, floats(8, 9)),
	} {
		if err := os.WriteFile(filepath.Join(data, path), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := run(&out, dir, nil); err != nil {
		t.Fatal(err)
	}
	var cases []Case
	if err := json.Unmarshal(out.Bytes(), &cases); err != nil {
		t.Fatal(err)
	}
	data64 := func(v ...float32) string { return base64.StdEncoding.EncodeToString(floats(v...)) }
	want := []Case{{
		Name: "Linear", In: "x", Out: "y",
		Nodes: []Node{{Op: "Gemm", In: []string{"x", "w", "b"}, Out: []string{"y"},
			Attributes: map[string]any{"alpha": 0.1, "transB": 1.0, "pads": []any{1.0, 2.0}, "mode": "edge"}}},
		Values: map[string]*Tensor{"w": {[]int64{2, 1}, data64(1, float32(math.Inf(-1)))}, "b": {[]int64{2}, data64(3, 4)}},
		X:      &Tensor{[]int64{1, 1}, data64(5)},
		Y:      &Tensor{[]int64{1, 2}, data64(8, 9)},
	}}
	if !reflect.DeepEqual(cases, want) {
		t.Errorf("%s", &out)
	}
	if err := run(&out, dir, []string{"test_Conv"}); err == nil || !strings.HasPrefix(err.Error(), "test_Conv: ") {
		t.Error(err)
	}
	if err := run(&out, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "no test_*") {
		t.Error(err)
	}
}

// TestBad: what is cut or makes no sense is an error, not a panic.
func TestBad(t *testing.T) {
	for n := range graph {
		if _, err := parseModel(message(7, graph[:n])); err == nil {
			t.Errorf("a graph of %d bytes of %d is taken", n, len(graph))
		}
	}
	for want, b := range map[string][]byte{
		"data type 7":         message(1, 1, 2, 7, 9, floats(1)),
		"and 1 values":        message(1, 2, 2, 1, 9, floats(1)),
		"has shape [-1]":      message(1, -1, 2, 1, 9, floats(1)),
		"1048577":             message(1, 1<<20+1, 2, 1),
		"ends inside a field": {9<<3 | 2, 200},
		"wire type 3":         {1<<3 | 3},
		"the message ends":    message(1, 1, 2, 1, 9, "abc"),
	} {
		_, _, err := parseTensor(b)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	if _, err := parseModel(message(1, 3)); err == nil {
		t.Error("a model without a graph is taken")
	}
}

func FuzzModel(f *testing.F) {
	f.Add(model)
	f.Fuzz(func(t *testing.T, b []byte) {
		parseModel(b)
		parseTensor(b)
	})
}
