package main

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"
)

// amd64ISA is one amd64 instruction set as the emitters see it.
type amd64ISA struct {
	name   string // file name part: avx2, avx512
	suffix string // symbol suffix: AVX2, AVX512
	bytes  int    // vector length
	nregs  int
}

var (
	avx2   = amd64ISA{"avx2", "AVX2", 32, 16}
	avx512 = amd64ISA{"avx512", "AVX512", 64, 32}
)

// dtype is an element type.
type dtype struct {
	goName string // float32
	suffix string // F32
	size   int
	shift  uint64 // log2 size
}

var (
	f32    = dtype{"float32", "F32", 4, 2}
	f64    = dtype{"float64", "F64", 8, 3}
	dtypes = []dtype{f32, f64}
)

// amd64File collects functions of one instruction set and renders the pair of
// generated files <stem>_<isa>_amd64.{s,go}.
type amd64File struct {
	*build.Context
	stem  string
	isa   amd64ISA
	d     dtype      // of the function being written
	table *codeTable // functions that are called by address
	asm   []string   // assembly after the functions
	foot  []string   // Go source after the declarations

	constants map[dtype][]uint64 // in memory, see pool
}

func newAMD64File(stem string, isa amd64ISA) *amd64File {
	c := build.NewContext()
	c.ConstraintExpr("amd64,!purego")
	return &amd64File{Context: c, stem: stem, isa: isa, table: newCodeTable(stem, isa.suffix, loadAMD64), constants: map[dtype][]uint64{}}
}

// pool is the place of a constant in memory: a vector of it, or one element where
// instructions can broadcast that.
func (f *amd64File) pool(bits uint64) operand.Mem {
	list := f.constants[f.d]
	i := slices.Index(list, bits)
	if i < 0 {
		i = len(list)
		f.constants[f.d] = append(list, bits)
	}
	return operand.NewDataAddr(operand.NewStaticSymbol(f.poolName(f.d)), i*f.constantBytes(f.d))
}

func (f *amd64File) poolName(d dtype) string { return f.stem + "Constants" + d.suffix + f.isa.suffix }

func (f *amd64File) constantBytes(d dtype) int {
	if f.isa.bytes == 64 {
		return d.size
	}
	return f.isa.bytes
}

// writePool writes the constants that were asked for.
func (f *amd64File) writePool() {
	for _, d := range dtypes {
		if len(f.constants[d]) == 0 {
			continue
		}
		f.StaticGlobal(f.poolName(d))
		f.DataAttributes(attr.RODATA | attr.NOPTR)
		for _, bits := range f.constants[d] {
			for range f.constantBytes(d) / d.size {
				if d.size == 4 {
					f.AppendDatum(operand.U32(bits))
				} else {
					f.AppendDatum(operand.U64(bits))
				}
			}
		}
	}
}

func (f *amd64File) render() ([]file, error) {
	f.writePool()
	res, err := f.Result()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", f.stem, f.isa.name, err)
	}
	if err := pass.Compile.Execute(res); err != nil {
		return nil, fmt.Errorf("%s %s: %w", f.stem, f.isa.name, err)
	}
	cfg := printer.Config{Name: "lanes/gen", Pkg: "asm", Argv: []string{"lanes/gen"}}
	s, err := printer.NewGoAsm(cfg).Print(res)
	if err != nil {
		return nil, err
	}
	g, err := printer.NewStubs(cfg).Print(res)
	if err != nil {
		return nil, err
	}
	s, g = f.table.finish(s, g)
	for _, text := range f.asm {
		s = append(s, text...)
	}
	for _, line := range f.foot {
		g = append(g, line...)
		g = append(g, '\n')
	}
	base := f.stem + "_" + f.isa.name + "_amd64"
	return []file{{base + ".s", withHeader(joinLines(s))}, {base + ".go", withHeader(g)}}, nil
}

// joinLines puts up to eight instructions that follow each other on one line. A
// binary carries a table of the line of every instruction, unstripped or not, which
// would be a quarter of what these files add to it. Branches and arguments, which
// vet looks at, keep lines of their own.
func joinLines(s []byte) []byte {
	var out bytes.Buffer
	n := 0 // instructions on the line in hand
	for line := range bytes.Lines(s) {
		op, rest, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if line[0] != '\t' || op[0] == 'J' || bytes.HasSuffix(op, []byte("RET")) || bytes.Equal(op, []byte("PCALIGN")) || bytes.Contains(rest, []byte("(FP)")) {
			if n > 0 {
				out.WriteByte('\n')
			}
			out.Write(line)
			n = 0
			continue
		}
		switch n {
		case 0:
			out.WriteByte('\t')
		case 8:
			out.WriteString("\n\t")
			n = 0
		default:
			out.WriteString("; ")
		}
		out.Write(op)
		if rest = bytes.TrimSpace(rest); len(rest) > 0 {
			out.WriteByte(' ')
			out.Write(rest)
		}
		n++
	}
	return out.Bytes()
}

// withHeader replaces the printer's first line, which names the command, by ours.
func withHeader(b []byte) []byte {
	i := bytes.IndexByte(b, '\n')
	return append([]byte(header), bytes.TrimLeft(b[i+1:], "\n")...)
}

// fn starts a function of the current dtype's assembly.
func (f *amd64File) fn(name, signature, doc string) {
	f.Function(name)
	f.Pragma("noescape")
	f.Attributes(attr.NOSPLIT)
	f.SignatureExpr(signature)
	f.Doc(doc)
}

// vec returns vector register i of the instruction set's full length.
func (f *amd64File) vec(i int) reg.VecPhysical {
	if f.isa.bytes == 64 {
		return zmm[i]
	}
	return ymm[i]
}

// lanes is the number of elements in a full vector.
func (f *amd64File) lanes() int { return f.isa.bytes / f.d.size }

// op emits the instruction base+PS or base+PD for the current dtype; operands in
// Go order (sources first, destination last).
func (f *amd64File) op(base string, ops ...operand.Op) {
	f.raw(base+map[int]string{4: "PS", 8: "PD"}[f.d.size], ops...)
}

// scalar emits base+SS or base+SD.
func (f *amd64File) scalar(base string, ops ...operand.Op) {
	f.raw(base+map[int]string{4: "SS", 8: "SD"}[f.d.size], ops...)
}

// raw emits an instruction by the name of avo's constructor for it (VMOVUPS_Z is
// VMOVUPS.Z), so that emitters can choose mnemonics by dtype.
func (f *amd64File) raw(name string, ops ...operand.Op) {
	m := reflect.ValueOf(f.Context).MethodByName(name)
	if !m.IsValid() {
		panic("no such instruction: " + name)
	}
	in := make([]reflect.Value, len(ops))
	for i, o := range ops {
		in[i] = reflect.ValueOf(o)
	}
	m.Call(in)
}

// jump emits a branch.
func (f *amd64File) jump(op, label string) { f.raw(op, operand.LabelRef(label)) }

// arg is the memory slot of a parameter.
func (f *amd64File) arg(name string) operand.Mem {
	b, err := f.Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// align emits PCALIGN, for which avo has no builder.
func (f *amd64File) align(n int) {
	f.Instruction(&ir.Instruction{Opcode: "PCALIGN", Operands: []operand.Op{operand.Imm(uint64(n))}})
}

var (
	zmm = vecs(func(r reg.VecPhysical) reg.VecPhysical { return r.AsZ().(reg.VecPhysical) })
	ymm = vecs(func(r reg.VecPhysical) reg.VecPhysical { return r.AsY().(reg.VecPhysical) })
	xmm = vecs(func(r reg.VecPhysical) reg.VecPhysical { return r })
)

func vecs(as func(reg.VecPhysical) reg.VecPhysical) (v [32]reg.VecPhysical) {
	x := []reg.VecPhysical{
		reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
		reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
		reg.X16, reg.X17, reg.X18, reg.X19, reg.X20, reg.X21, reg.X22, reg.X23,
		reg.X24, reg.X25, reg.X26, reg.X27, reg.X28, reg.X29, reg.X30, reg.X31,
	}
	for i := range v {
		v[i] = as(x[i])
	}
	return v
}
