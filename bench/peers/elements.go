package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lanes-go/lanes/tensor"
)

// elementCase are the operands of an operation on elements: x, y in [-1, 1), p in
// [0.25, 1.25), d, e, f to write. PyTorch's are made alike by torchpeer.py.
type elementCase[T tensor.Float] struct {
	dims             []int
	x, y, p, d, e, f *tensor.Tensor[T]
	labels           []int
	scalar           T                 // the result of a reduction
	short            *tensor.Tensor[T] // results that go elsewhere than to d
}

// elementArena holds the operands of all cases of one type: the longest, of which the
// others are the beginning.
type elementArena[T tensor.Float] struct{ buf [6][]T }

// newCase makes the operands, fresh where they are written.
func (a *elementArena[T]) newCase(op *elementOp[T], dims []int) *elementCase[T] {
	n := 1
	for _, d := range dims {
		n *= d
	}
	c := &elementCase[T]{dims: dims}
	for i, t := range []**tensor.Tensor[T]{&c.x, &c.y, &c.p, &c.d, &c.e, &c.f} {
		if op.sole && i > 0 {
			break
		}
		if n > len(a.buf[i]) {
			a.buf[i] = make([]T, n)
			fill(a.buf[i], uint64(i+1))
			if i == 2 {
				for j, v := range a.buf[i] {
					a.buf[i][j] = T(math.Abs(float64(v))) + 0.25
				}
			}
		} else if i >= 3 {
			fill(a.buf[i][:n], uint64(i+1))
		}
		*t = tensor.From(a.buf[i][:n:n], dims...)
	}
	if len(dims) == 2 {
		for i := range dims[0] {
			c.labels = append(c.labels, i*7%dims[1])
		}
	}
	return c
}

// elementJob is one case to measure.
type elementJob struct {
	op, dtype, size string
	dims            []int
	most            int // threads
}

func newElementJob(op, dtype, size string) elementJob {
	j := elementJob{op: op, dtype: dtype, size: size, most: math.MaxInt}
	for _, s := range strings.Split(size, "x") {
		v, _ := strconv.Atoi(s)
		j.dims = append(j.dims, v)
	}
	return j
}

func (j elementJob) String() string { return j.op + " " + j.dtype + " " + j.size }

func (j elementJob) len() int {
	n := 1
	for _, d := range j.dims {
		n *= d
	}
	return n
}

func elementNames() (names []string) {
	for _, o := range elementList[float32]() {
		names = append(names, o.name)
	}
	return names
}

// quickElements bounds the cases of -quick.
const quickElements = 1 << 17

// elementJobs are the cases that the options ask for; sizes are those of flat ones.
// Without -dtype they are of float32, and on one thread of float64 where gonum, which is
// at home there, has the operation.
func (o *options) elementJobs() (jobs []elementJob) {
	if !slices.Contains(o.ops, "elements") {
		return nil
	}
	for _, op := range elementList[float32]() {
		if len(o.only) > 0 && !slices.ContainsFunc(o.only, func(s string) bool { return strings.EqualFold(s, op.name) }) {
			continue
		}
		sizes := op.sizes
		if (&sizes[0] == &flat[0] || &sizes[0] == &long[0]) && len(o.sizes) > 0 {
			sizes = nil
			for _, n := range o.sizes {
				sizes = append(sizes, strconv.Itoa(n))
			}
		}
		for _, d := range []string{"f32", "f64"} {
			asked := slices.Contains(o.dtypes, d)
			byGonum := len(o.dtypes) == 0 && d == "f64" && gonum64[op.name] != nil
			if !asked && !byGonum && (d == "f64" || len(o.dtypes) > 0) {
				continue
			}
			for _, s := range sizes {
				j := newElementJob(op.name, d, s)
				if byGonum {
					j.most = 1
				}
				if !o.quick || j.len() <= quickElements {
					jobs = append(jobs, j)
				}
			}
		}
	}
	return jobs
}

// elementThreads are those asked for, or one and two.
func (o *options) elementThreads() []int {
	if o.threadsGiven {
		return o.threads
	}
	return slices.Compact([]int{1, min(2, runtime.NumCPU())})
}

// elementResult is a case, measured.
type elementResult struct {
	job     elementJob
	threads int
	cs      []*contestant
	err     error
}

func runElements(o *options, jobs []elementJob, names []string, torch *torchPeer) (results []elementResult) {
	var a32 elementArena[float32]
	var a64 elementArena[float64]
	for _, threads := range o.elementThreads() {
		if len(jobs) > 0 {
			setThreads(threads, names)
		}
		for i, j := range jobs {
			if threads > j.most {
				continue
			}
			fmt.Fprintf(os.Stderr, "%d/%d %s, %d threads\n", i+1, len(jobs), j, threads)
			budget, each := time.Second, time.Millisecond
			if o.quick {
				budget, each = 60*time.Millisecond, time.Millisecond/2
			}
			samples, warm := o.patience(threads, each)
			if o.quick {
				samples, warm = o.samples, min(warm, time.Millisecond)
			}
			var cs []*contestant
			var err error
			if j.dtype == "f64" {
				cs, err = compete(j, &a64, gonum64, names, torch, threads)
			} else {
				cs, err = compete(j, &a32, gonum32, names, torch, threads)
			}
			if err == nil {
				sample(cs, samples, budget, each, warm)
				err = torch.failed()
			}
			results = append(results, elementResult{j, threads, cs, err})
			release(cs)
		}
	}
	return results
}

// compete makes the contestants of a case, runs each once and compares the results.
func compete[T tensor.Float](j elementJob, a *elementArena[T], gonum map[string]func(c *elementCase[T]) func(), names []string, torch *torchPeer, threads int) (cs []*contestant, err error) {
	list := elementList[T]()
	op := &list[slices.IndexFunc(list, func(o elementOp[T]) bool { return o.name == j.op })]
	var want, tol [2]float64
	check := func(name string, got [2]float64) {
		for i := range got {
			if !(math.Abs(got[i]-want[i]) <= tol[i]) && err == nil {
				err = fmt.Errorf("%s and lanes differ: %v, %v, by more than %.2g", name, got, want, tol)
			}
		}
	}
	add := func(name string, f func()) {
		cs = append(cs, &contestant{name: name, run: func(iters int) {
			for range iters {
				f()
			}
		}})
	}
	c := a.newCase(op, j.dims)
	f := op.start(c)
	f()
	want = op.summary(c)
	tol = op.tolerance(c, want)
	add("lanes", f)
	for _, name := range names {
		switch {
		case name == "gonum" && gonum[j.op] != nil && threads == 1:
			c := a.newCase(op, j.dims)
			f := gonum[j.op](c)
			f()
			check(name, op.summary(c))
			add(name, f)
		case name == "pytorch":
			got, note, e := torch.open(j.op, j.dtype, j.size, threads)
			if e != nil {
				return cs, e
			}
			check(name, got)
			cs = append(cs, &contestant{name: name, note: note, timed: torch.time})
		}
	}
	return cs, err
}

// summary is what is compared: of a reduction the number, else the mean of what is
// written and of its square.
func (op *elementOp[T]) summary(c *elementCase[T]) (m [2]float64) {
	if op.reduces {
		return [2]float64{float64(c.scalar)}
	}
	out := c.short
	if out == nil {
		out = c.d
	}
	n := float64(out.Len())
	for _, v := range out.Data() {
		m[0] += float64(v)
		m[1] += float64(v) * float64(v)
	}
	return [2]float64{m[0] / n, m[1] / n}
}

// tolerance is what two right results may be apart. Elements are a few roundings off,
// and their means less. A naive sum of n terms, as gonum's are, is off by a rounding of
// each partial sum: a walk of n steps of at most half an ULP of the greatest partial
// sum, so that 4·√n of those are not exceeded by chance. Means of random numbers of
// different streams differ by their deviations over √n, of which 8 are allowed.
func (op *elementOp[T]) tolerance(c *elementCase[T], want [2]float64) (tol [2]float64) {
	eps, rel := 0x1p-24, 1e-4
	if _, double := any(c.scalar).(float64); double {
		eps, rel = 0x1p-53, 1e-9
	}
	switch n := c.x.Len(); {
	case op.terms != nil:
		sum, most := 0.0, 0.0
		for i := range n {
			sum += op.terms(c, i)
			most = max(most, math.Abs(sum))
		}
		tol[0] = 4 * math.Sqrt(float64(n)) * eps * most
	case op.reduces: // the number is one of x
	case op.random:
		// The deviation of v from its mean, and of v², is below the root of 3 for all of
		// the list: that of the squares of normal numbers is the root of 2.
		tol[0] = 8 * math.Sqrt(3/float64(n))
		tol[1] = tol[0]
	default:
		for i, w := range want {
			tol[i] = rel * max(1, math.Abs(w))
		}
	}
	return tol
}

// unit is that of a case's results, and what nanoseconds are in it.
func (j elementJob) unit() (name string, of func(ns float64) float64) {
	switch {
	case slices.Contains(params, j.size) || len(j.dims) > 2 || j.len() > 1<<25:
		return "ms", func(ns float64) float64 { return ns / 1e6 }
	case len(j.dims) == 2:
		return "us", func(ns float64) float64 { return ns / 1e3 }
	}
	return "el/ns", func(ns float64) float64 { return float64(j.len()) / ns }
}

func reportElements(out *printer, results []elementResult, names []string) (bad int) {
	if len(results) == 0 {
		return 0
	}
	peers := slices.DeleteFunc(slices.Clone(names[1:]), func(n string) bool { return n != "gonum" && n != "pytorch" })
	out.printf("\nelements: the best sample in the unit of the row: el/ns, elements a nanosecond, or the time of a call, us or ms;\n" +
		"m/b: the median over the best, in time; ratio: the speed of lanes over that of the peer; kernels: what PyTorch ran here\n")
	out.printf("%-18s %-4s %-12s %1s %-5s %9s %4s", "op", "type", "size", "t", "unit", "lanes", "m/b")
	for _, n := range peers {
		out.printf(" %9s %4s %6s", n, "m/b", "ratio")
	}
	out.printf(" kernels\n")
	for _, r := range results {
		if r.err != nil {
			bad++
			out.printf("%s: WRONG: %v\n", r.job, r.err)
			continue
		}
		lanes := r.cs[0].best()
		unit, show := r.job.unit()
		out.printf("%-18s %-4s %-12s %d %-5s %9.3f %4.2f", r.job.op, r.job.dtype, r.job.size, r.threads, unit, show(lanes), r.cs[0].median()/lanes)
		note := ""
		for _, p := range peers {
			i := slices.IndexFunc(r.cs, func(c *contestant) bool { return c.name == p })
			if i < 0 {
				out.printf(" %9s %4s %6s", "-", "-", "-")
				continue
			}
			c := r.cs[i]
			out.printf(" %9.3f %4.2f %6.2f", show(c.best()), c.median()/c.best(), c.best()/lanes)
			note += c.note
		}
		out.printf(" %s\n", note)
	}
	return bad
}
