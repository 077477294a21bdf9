//go:build !race

package asm

const raceEnabled = false

func raceRead[T Float]([]T)  {}
func raceWrite[T Float]([]T) {}

func (g *GemmArgs[T]) race(int) {}

func racePack[T Float]([]T, int, []T, int, int, int, int, int) {}
