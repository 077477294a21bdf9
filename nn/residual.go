package nn

import "github.com/lanes-go/lanes/tensor"

// Residual is y = x + body(x), or shortcut(x) + body(x).
type Residual[T tensor.Float] struct{ sum[T] }

// Residual returns a block of layers with a connection past them, y = x + body(x) (He,
// Zhang, Ren and Sun, Deep Residual Learning for Image Recognition, 2015). The layers of
// the body are applied one after the other, and their result has the shape of x. They are
// named as those of a Sequential called body: body.0.weight.
func (b *Builder[T]) Residual(body ...Layer[T]) *Residual[T] {
	return b.ResidualShortcut(b.Identity(), body...)
}

// ResidualShortcut is Residual with a layer in the connection, where the body changes the
// shape: y = shortcut(x) + body(x), the shortcut being a projection, as
// b.Linear(64, 32). Its parameters are called shortcut.weight and so on.
func (b *Builder[T]) ResidualShortcut(shortcut Layer[T], body ...Layer[T]) *Residual[T] {
	if shortcut == nil {
		panic(misuse("ResidualShortcut", "the shortcut is nil"))
	}
	row := b.Sequential(body...)
	return &Residual[T]{sum[T]{newBranches("Residual", []Layer[T]{b.Named("shortcut", shortcut), b.Named("body", row)})}}
}

func (l *Residual[T]) over(f func(Layer[T]) Layer[T]) Layer[T] {
	return &Residual[T]{sum[T]{l.branches.over(f)}}
}
