package nn

import (
	"fmt"
	"strings"

	"github.com/lanes-go/lanes/tensor"
)

// What Summary and Profile say about layers. A layer may have
//
//	describe() string               // "Linear(784 -> 256)"; else the name of its type
//	flops(in, out []int) int64      // of a forward pass, for shapes of x and y
//	kind() string                   // one of the kinds below
//
// A multiply-add counts as two operations, every other operation and every function of an
// element as one. A container counts what it does itself, without its layers.
type (
	described interface{ describe() string }
	costed    interface {
		flops(in, out []int) int64
	}
	classed interface{ kind() string }
)

// Kinds of work, in the order in which tables have them.
const (
	KindProducts      = "products" // convolutions and dot products
	KindNormalisation = "normalisation"
	KindActivations   = "activations"
	KindLoss          = "loss"
	KindUpdate        = "update" // of the parameters, by an optimiser
	KindOther         = "other"
)

var kinds = []string{KindProducts, KindNormalisation, KindActivations, KindLoss, KindUpdate, KindOther}

// description returns what a layer is, and two layers done in one.
func description[T tensor.Float](s step[T]) string {
	text := describeLayer(s.layer)
	if s.relu != nil {
		text += " + " + describeLayer[T](s.relu)
	}
	return text
}

func describeLayer[T tensor.Float](l Layer[T]) string {
	if d, ok := l.(described); ok {
		return d.describe()
	}
	name, _, _ := strings.Cut(fmt.Sprintf("%T", l), "[") // without the type arguments
	return name[strings.LastIndexByte(name, '.')+1:]
}

func kindOf[T tensor.Float](l Layer[T]) string {
	if k, ok := l.(classed); ok {
		return k.kind()
	}
	return KindOther
}

// elements is the size of a shape.
func elements(shape []int) int64 {
	n := int64(1)
	for _, d := range shape {
		n *= int64(d)
	}
	return n
}

func (l *Linear[T]) describe() string {
	w := l.Weight.Value
	return fmt.Sprintf("Linear(%d -> %d)", w.Dim(1), w.Dim(0))
}
func (l *Linear[T]) flops(in, out []int) int64 {
	return 2*elements(out)*int64(l.Weight.Value.Dim(1)) + elements(out)
}
func (l *Linear[T]) kind() string { return KindProducts }

func (l *packedLinear[T]) describe() string {
	text := fmt.Sprintf("Linear(%d -> %d)", l.in, l.out)
	if l.after.Scale != nil {
		text += " + BatchNorm"
	}
	if l.after.Act == tensor.ActReLU {
		text += " + ReLU"
	}
	return text
}
func (l *packedLinear[T]) flops(in, out []int) int64 {
	n := 2*elements(out)*int64(l.in) + elements(out)
	if l.after.Scale != nil {
		n += 2 * elements(out)
	}
	if l.after.Act != tensor.ActNone {
		n += elements(out)
	}
	return n
}
func (l *packedLinear[T]) kind() string { return KindProducts }

func (l *Fused[T]) flops(in, out []int) int64 { return 0 }

func (l *Activation[T]) describe() string          { return l.name }
func (l *Activation[T]) flops(in, out []int) int64 { return elements(out) }
func (l *Activation[T]) kind() string              { return KindActivations }

func (l *PReLU[T]) describe() string          { return fmt.Sprintf("PReLU(%d)", l.Weight.Value.Dim(0)) }
func (l *PReLU[T]) flops(in, out []int) int64 { return elements(out) }
func (l *PReLU[T]) kind() string              { return KindActivations }

func (l *Dropout[T]) describe() string          { return fmt.Sprintf("Dropout(%v)", l.p) }
func (l *Dropout[T]) flops(in, out []int) int64 { return 0 } // of the pass of Eval mode

func (l *Sequential[T]) flops(in, out []int) int64 { return 0 }
func (l *Identity[T]) flops(in, out []int) int64   { return 0 }

func (l *Concat[T]) describe() string          { return fmt.Sprintf("Concat(axis %d)", l.axis) }
func (l *Concat[T]) flops(in, out []int) int64 { return 0 }

func (l *branches[T]) describe() string          { return l.name }
func (l *branches[T]) flops(in, out []int) int64 { return int64(len(l.kids)-1) * elements(out) }
