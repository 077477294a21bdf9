package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// sizesOf are the sizes of the operations that go through gonum's interfaces,
// with -quick the first of them.
var sizesOf = map[string][]int{
	"level1": {4096, 1 << 20, 1024},
	"level2": {2048, 256},
	"level3": {256, 1024, 64},
	"factor": {256, 512, 1000},
}

func defaultSizes() string {
	var s []string
	for _, op := range slices.Sorted(maps.Keys(sizesOf)) {
		s = append(s, strings.ReplaceAll(strings.Trim(fmt.Sprint(sizesOf[op]), "[]"), " ", ",")+" for "+op)
	}
	return strings.Join(s, "; ")
}

// jobNames are what -only takes.
func jobNames() (names []string) {
	all := options{ops: slices.Sorted(maps.Keys(sizesOf)), sizes: []int{1}}
	for _, j := range all.jobs() {
		if !slices.Contains(names, j.name) {
			names = append(names, j.name)
		}
	}
	return names
}

// jobs are the cases of the levels and of factor that the options ask for.
func (o *options) jobs() (jobs []job) {
	for _, op := range o.ops {
		sizes := slices.Sorted(slices.Values(sizesOf[op]))
		if o.quick && len(sizes) > 0 {
			sizes = sizesOf[op][:1]
		}
		if len(o.sizes) > 0 {
			sizes = o.sizes
		}
		switch op {
		case "level1":
			jobs = append(append(jobs, level1Jobs[float32](sizes)...), level1Jobs[float64](sizes)...)
		case "level2":
			jobs = append(append(jobs, squareJobs(op, level2[float32](), sizes)...), squareJobs(op, level2[float64](), sizes)...)
		case "level3":
			jobs = append(append(jobs, squareJobs(op, level3[float32](), sizes)...), squareJobs(op, level3[float64](), sizes)...)
		case "factor":
			jobs = append(jobs, factorJobs(sizes)...)
		}
	}
	return slices.DeleteFunc(jobs, func(j job) bool {
		return len(o.dtypes) > 0 && !slices.Contains(o.dtypes, j.dtype) ||
			len(o.only) > 0 && !slices.ContainsFunc(o.only, func(s string) bool { return strings.EqualFold(s, j.name) })
	})
}

// call is one job, measured.
type call struct {
	job     job
	threads int
	cs      []*contestant
	err     error
}

func runJobs(o *options, jobs []job, names []string, p *peak) (results []call, err error) {
	bs, err := backends(names)
	if err != nil {
		return nil, err
	}
	for _, threads := range o.threads {
		setThreads(threads, names)
		for i, j := range jobs {
			fmt.Fprintf(os.Stderr, "%d/%d %s, %d threads\n", i+1, len(jobs), &j, threads)
			p.measure()
			budget, each := 3*time.Second, 2*time.Millisecond
			if o.quick {
				budget, each = 100*time.Millisecond, time.Millisecond
			}
			samples, warm := o.patience(threads, each)
			cs, err := j.compete(bs, samples, budget, each, warm)
			release(cs)
			j.make, j.limit = nil, nil
			results = append(results, call{j, threads, cs, err})
		}
	}
	return results, nil
}

// reportJobs prints a table for each operation: rates, milliseconds for the
// factorisations.
func reportJobs(out *printer, results []call, names []string, p *peak) (bad int) {
	op, peers := "", []string(nil)
	for _, r := range results {
		if r.job.op != op {
			op = r.job.op
			peers = slices.DeleteFunc(slices.Clone(names[1:]), func(n string) bool {
				return n == "openblas" || n == "onednn" || (n == "lapack" || n == "blasonly") && op != "factor"
			})
			unit := map[string]string{"level3": "GFLOP/s", "level2": "GB/s", "level1": "GB/s", "factor": "ms"}[op]
			out.printf("\n%s, %s of the best sample, m/b the median over the best", op, unit)
			limit := map[string]string{"level3": "peak", "level2": "limit", "level1": "limit"}[op]
			out.printf("\n%-10s %-12s %1s %8s %4s", "routine", "n", "t", "lanes", "m/b")
			if limit != "" {
				out.printf(" %8s %6s", limit, "of it")
			}
			for _, n := range peers {
				out.printf(" %9s %4s %6s", n, "m/b", "ratio")
			}
			out.printf("\n")
		}
		find := func(name string) *contestant {
			if i := slices.IndexFunc(r.cs, func(c *contestant) bool { return c.name == name }); i >= 0 {
				return r.cs[i]
			}
			return nil
		}
		lanes := r.cs[0].best()
		show := func(ns float64) float64 { // in the unit of the table
			switch op {
			case "level3":
				return r.job.flops / ns
			case "factor":
				return ns / 1e6
			}
			return r.job.bytes / ns
		}
		out.printf("%-10s %-12s %d %8.2f %4.2f", r.job.name, r.job.shape, r.threads, show(lanes), r.cs[0].median()/lanes)
		switch op {
		case "level3":
			top := p.of(r.job.dtype) * float64(r.threads)
			out.printf(" %8.1f %5.1f%%", top, 100*show(lanes)/top)
		case "level1", "level2":
			limit := find("limit").best()
			out.printf(" %8.1f %5.1f%%", show(limit), 100*limit/lanes)
		}
		for _, n := range peers {
			if c := find(n); c != nil {
				out.printf(" %9.2f %4.2f %6.2f", show(c.best()), c.median()/c.best(), c.best()/lanes)
			} else {
				out.printf(" %9s %4s %6s", "-", "-", "-")
			}
		}
		out.printf("\n")
		if r.err != nil {
			bad++
			out.printf("     WRONG: %v\n", r.err)
		}
	}
	return bad
}
