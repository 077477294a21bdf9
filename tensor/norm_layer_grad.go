package tensor

import (
	"math/bits"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/internal/chunk"
)

// gradRows is the backward pass of a group of rows, the sums of whose columns it leaves
// in its part of parts.
func (c *layerCall[T]) gradRows(lo, hi int, ws *workspace[T], group int) {
	n, blocks := c.w, (hi-lo+asm.BlockRows-1)/asm.BlockRows
	g := grow(&ws.a, c.n)
	if !c.columns {
		for ; lo < hi; lo++ {
			c.gradRow(lo, g, nil, nil)
		}
		return
	}
	mem := grow(&ws.sum, 2*n+treeLen(blocks, n, false))
	node := mem[: 2*n : 2*n]
	tree := colTree[T]{k: c.k, w: n, levels: mem[2*n:]}
	for ; lo < hi; lo += asm.BlockRows {
		end := min(lo+asm.BlockRows, hi)
		clear(node)
		for i := lo; i < end; i++ {
			c.gradRow(i, g, node[:n:n], node[n:])
		}
		tree.add(node, end-lo)
	}
	tree.sum(c.sums[group*2*n : (group+1)*2*n])
}

// gradRow writes dx of row i and adds it to the sums of the columns for beta and gamma, if
// there are any; g is memory for a part of a row.
func (c *layerCall[T]) gradRow(i int, g, beta, gamma []T) {
	if c.parts == 1 {
		c.gradPart(i, g, c.gamma(), beta, gamma)
		return
	}
	for p := range c.parts {
		at, end := p*c.n, (p+1)*c.n
		if beta != nil {
			c.gradPart(i*c.parts+p, g, c.gamma()[at:end:end], beta[at:end:end], gamma[at:end:end])
		} else {
			c.gradPart(i*c.parts+p, g, c.gamma()[at:end:end], nil, nil)
		}
	}
}

// gradPart is gradRow of part i of all; factors are those of its columns.
func (c *layerCall[T]) gradPart(i int, g, factors, beta, gamma []T) {
	n, k := c.n, c.k
	dx, dy, x := c.dst[i*n:][:n], c.dy[i*n:][:n], c.x[i*n:][:n]
	mean, rstd, q := c.mean()[i], c.rstd()[i], negZero[T]()
	if c.exact {
		q = T(c.much()[i] * rstd)
	}
	for j := 0; j < n; j += chunk.Piece {
		h := min(j+chunk.Piece, n)
		k.Mul(g[j:h:h], dy[j:h:h], factors[j:h:h])
		if beta != nil {
			k.NormRowAdd(beta[j:h:h], gamma[j:], dy[j:h:h], x[j:h:h], mean, rstd, q)
		}
	}
	s1, s2 := rowSums(k, g, x, g, mean, 1)
	if c.exact {
		s2 = asm.FMA(c.much()[i], s1, s2)
	}
	f := -rstd / T(n)
	b, t := T(T(f*rstd)*T(s2*rstd)), T(f*s1)
	switch {
	case c.rms:
		t = negZero[T]()
	case c.exact:
		t = asm.FMA(c.much()[i], b, t)
	}
	for j := 0; j < n; j += chunk.Piece {
		h := min(j+chunk.Piece, n)
		c.wide.NormGrad(dx[j:h:h], g[j:h:h], x[j:h:h], g[j:h:h], mean, rstd, b, t, 1)
	}
}

// joinColumns leaves the sums of the columns of all groups in the places of gamma, dbeta,
// and of beta, dgamma.
func (c *layerCall[T]) joinColumns() {
	n := c.w
	groups := (c.m + c.group - 1) / c.group
	ws := getWorkspace[T]()
	tree := colTree[T]{k: c.k, w: n, levels: grow(&ws.sum, bits.Len(uint(groups))*2*n)}
	for g := range groups {
		tree.add(c.sums[g*2*n:(g+1)*2*n], min(c.group, c.m-g*c.group))
	}
	tree.sum(c.buf[:2*n])
	putWorkspace(ws)
}
