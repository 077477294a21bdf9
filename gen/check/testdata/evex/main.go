// Command evex holds what a checker must find: an EVEX instruction, spelled like
// AVX2, in a function that says AVX2; and one that is clean.
package main

func plantedAVX2()

func cleanAVX2()

func main() {
	plantedAVX2()
	cleanAVX2()
}
