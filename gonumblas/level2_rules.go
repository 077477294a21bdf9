package gonumblas

import "github.com/lanes-go/lanes/tensor"

func gemvIsSmall[T tensor.Float](t bool, m, n, incX, incY int) bool { return false }

func gerIsSmall[T tensor.Float](m, n, incX, incY int) bool { return false }
