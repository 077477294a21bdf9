//go:build !race

package asm

const raceEnabled = false

func raceRead[T any]([]T)  {}
func raceWrite[T any]([]T) {}

func (g *GemmArgs[T]) race(int) {}

func racePack[T Float]([]T, int, []T, int, int, int, int, int) {}

func raceRows[T Float]([]T, []T, int, int, int) {}
func raceWriteRows[T Float]([]T, int, int, int) {}
