package asm

// rowsTogether tells whether a kernel of rows does better with several rows at a time
// than with one after the other, which caches beyond the first and memory like more.
// Rows are n bytes and ld bytes apart; a call is all there is to know, so a matrix that
// comes in many calls may lie in the first-level cache only if it is seen to be small.
// Rows a multiple of 2 KiB apart collide there.
func rowsTogether(rows, n, ld int) bool {
	return (n <= 256 || rows*n <= 40<<10) && ld%2048 != 0
}
