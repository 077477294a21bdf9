package asm

func colSumGeneric[T Float](dst, x []T, ld, rows int) {
	checkRows("ColSum", x, ld, rows, len(dst))
	clear(dst)
	for i := range rows {
		for j, v := range x[i*ld:][:len(dst)] {
			dst[j] += v
		}
	}
}

func colAsumGeneric[T Float](dst, x []T, ld, rows int) {
	checkRows("ColAsum", x, ld, rows, len(dst))
	clear(dst)
	for i := range rows {
		for j, v := range x[i*ld:][:len(dst)] {
			dst[j] += abs(v)
		}
	}
}

func colDotGeneric[T Float](dst, x []T, ldx int, y []T, ldy, rows int) {
	checkRows("ColDot", x, ldx, rows, len(dst))
	checkRows("ColDot", y, ldy, rows, len(dst))
	clear(dst)
	for i := range rows {
		r := y[i*ldy:][:len(dst)]
		for j, v := range x[i*ldx:][:len(dst)] {
			dst[j] = FMA(v, r[j], dst[j])
		}
	}
}

func momentsGeneric[T Float](x []T) (mean, rest, m2 T) {
	if len(x) == 0 {
		return 0, 0, 0
	}
	inv := 1 / T(len(x))
	mean = T(sumGeneric(x) * inv)
	var c, q lanes[T]
	mask := Lanes[T]() - 1
	for i, v := range x {
		d := v - mean
		c[i&mask] += d
		q[i&mask] = FMA(d, d, q[i&mask])
	}
	rest, m2 = restAndM2(c.fold(), q.fold(), inv)
	return mean, rest, m2
}

// restAndM2 ends Moments, from the sums of the distances from the mean and of their
// squares.
func restAndM2[T Float](c, q, inv T) (rest, m2 T) {
	rest = T(c * inv)
	if m2 = FMA(-c, rest, q); m2 < 0 {
		m2 = 0
	}
	return rest, m2
}

func colMomentsGeneric[T Float](mean, rest, m2, x []T, ld, rows int) {
	rest, m2 = rest[:len(mean):len(rest)], m2[:len(mean):len(m2)]
	colSumGeneric(mean, x, ld, rows)
	clear(rest)
	clear(m2)
	if rows <= 0 {
		return
	}
	inv := 1 / T(rows)
	for j := range mean {
		mean[j] = T(mean[j] * inv)
	}
	for i := range rows {
		for j, v := range x[i*ld:][:len(mean)] {
			d := v - mean[j]
			rest[j] += d
			m2[j] = FMA(d, d, m2[j])
		}
	}
	for j, c := range rest {
		rest[j], m2[j] = restAndM2(c, m2[j], inv)
	}
}

func mergeMomentsGeneric[T Float](mean, rest, m2, x, y, z []T, w, u T) {
	n := len(mean)
	rest, m2 = rest[:n:len(rest)], m2[:n:len(m2)]
	x, y, z = x[:n:len(x)], y[:n:len(y)], z[:n:len(z)]
	for i, v := range x {
		d := (mean[i] - v) + (rest[i] - y[i])
		mean[i], rest[i], m2[i] = v, FMA(d, w, y[i]), FMA(T(d*u), d, z[i]+m2[i])
	}
}
