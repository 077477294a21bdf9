package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/lanes-go/lanes/asm"
)

// printMachine prints what the run is on.
func printMachine(w io.Writer, m Machine, sel asm.Selected, isa string) {
	used, unused := features(isa)
	fmt.Fprintf(w, "cpu        %s\n", cpuLine(m))
	fmt.Fprintf(w, "caches     %s\n", cacheLine(m))
	fmt.Fprintf(w, "virtual    %s; %s\n", m.Virtualised, quotaText(m))
	fmt.Fprintf(w, "features   used by %s: %s\n", isa, orNone(used))
	fmt.Fprintf(w, "           present, not used: %s\n", orNone(unused))
	fmt.Fprintf(w, "table      %s (%s); present: %s\n", sel.ISA, sel.Reason, strings.Join(sel.Available, ", "))
	fmt.Fprintf(w, "build      lanes %s, %s, %s/%s\n", version(), m.Go, m.OS, m.Arch)
}

func orNone(s []string) string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, " ")
}

func cpuLine(m Machine) string {
	s := m.CPU
	if m.Vendor != "" {
		s += fmt.Sprintf(" (%s, family %d, model %d)", m.Vendor, m.Family, m.Model)
	}
	return s + fmt.Sprintf(", %d CPUs", m.CPUs)
}

func cacheLine(m Machine) string {
	size := func(n int) string {
		if n == 0 {
			return "unknown"
		}
		return bytesText(n)
	}
	return fmt.Sprintf("L1d %s, L2 %s, L3 %s", size(m.L1), size(m.L2), size(m.L3))
}

func quotaText(m Machine) string {
	if m.Quota > 0 {
		return fmt.Sprintf("limited to %.3g CPUs by the control group", m.Quota)
	}
	return "no CPU quota"
}

func bytesText(n int) string {
	switch {
	case n >= 1<<20 && n%(1<<18) == 0:
		return strconv.FormatFloat(float64(n)/(1<<20), 'g', 4, 64) + " MiB"
	case n >= 1<<10:
		return strconv.FormatFloat(float64(n)/(1<<10), 'g', 5, 64) + " KiB"
	}
	return strconv.Itoa(n) + " B"
}

// printTable prints the measurements of one table.
func printTable(w io.Writer, isa string, rs []Record, large, long []string) {
	fmt.Fprintf(w, "\n== %s ==\n", isa)
	for _, r := range rs {
		if r.Op == "fma" {
			fmt.Fprintf(w, "peak       %s %8.1f GFLOP/s, %s\n", r.DType, r.GFlops, threadsText(r.Threads))
		}
	}
	printMemory(w, rs)
	first := true
	for _, r := range rs {
		if r.Trans == "" {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n%-9s %-4s %-2s %-16s %3s %10s %7s %9s %12s %7s\n",
				"op", "type", "tr", "shape", "thr", "GFLOP/s", "peak", "GB/s", "best", "spread")
			first = false
		}
		of := "-"
		if r.Peak > 0 {
			of = fmt.Sprintf("%.1f%%", r.OfPeak)
		}
		fmt.Fprintf(w, "%-9s %-4s %-2s %-16s %3d %10.2f %7s %9.1f %12s %6.1f%%\n",
			r.Op, r.DType, r.Trans, r.Shape, r.Threads, r.GFlops, of, r.GBytes, nsText(r.BestNs), 100*r.Spread)
	}
	printElements(w, rs)
	for _, n := range notes(rs) {
		fmt.Fprintln(w, "note:", n)
	}
	if len(large) > 0 {
		fmt.Fprintf(w, "not for this table, more than %g GFLOP: %d cases\n", plainFlops/1e9, len(large))
	}
	if len(long) > 0 {
		fmt.Fprintf(w, "left out, too long for the time of this run (-shape measures one): %s\n", shorten(long, 6))
	}
}

// printElements prints the operations on elements.
func printElements(w io.Writer, rs []Record) {
	first := true
	for _, r := range rs {
		if r.Elements == 0 {
			continue
		}
		if first {
			fmt.Fprintf(w, "\n%-20s %-4s %-12s %3s %11s %8s %9s %7s %6s %7s %12s %7s\n",
				"op", "type", "size", "thr", "elements/ns", "median", "GB/s", "level", "of it", "peak", "best", "spread")
			first = false
		}
		of, peak := "-", "-"
		if r.Bandwidth > 0 {
			of = fmt.Sprintf("%.0f%%", r.OfBandwidth)
		}
		if r.Peak > 0 {
			peak = fmt.Sprintf("%.1f%%", r.OfPeak)
		}
		fmt.Fprintf(w, "%-20s %-4s %-12s %3d %11.3f %8.3f %9.1f %7s %6s %7s %12s %6.1f%%\n",
			r.Op, r.DType, r.Shape, r.Threads, r.Elements, r.Elements*r.BestNs/r.NsPerOp, r.GBytes, r.Level, of, peak, nsText(r.BestNs), 100*r.Spread)
	}
}

// notes say what makes the percentages of the peak doubtful.
func notes(rs []Record) (n []string) {
	one := map[string]float64{}
	over, most := 0, 0.0
	for _, r := range rs {
		switch {
		case r.Op == "fma" && r.Threads == 1:
			one[r.DType] = r.GFlops
		case r.Op == "fma" && r.GFlops < 1.5*one[r.DType]:
			n = append(n, fmt.Sprintf("the %s peak of %d threads is only %.2f times that of one: they share a core, or the machine did other work",
				r.DType, r.Threads, r.GFlops/one[r.DType]))
		case r.OfPeak > 102 && r.Trans != "":
			over++
			most = max(most, r.OfPeak)
		}
	}
	if over > 0 {
		n = append(n, fmt.Sprintf("%d rows above 102%% of the peak, up to %.1f%%: the speed of the machine changed during the run; measure again", over, most))
	}
	return n
}

func shorten(s []string, n int) string {
	if len(s) <= n {
		return strings.Join(s, "; ")
	}
	return strings.Join(s[:n], "; ") + fmt.Sprintf(" and %d more", len(s)-n)
}

// printMemory prints one line for each footprint and number of threads.
func printMemory(w io.Writer, rs []Record) {
	type at struct {
		shape   string
		threads int
	}
	var order []at
	rate := map[at]map[string]float64{}
	for _, r := range rs {
		if !slices.Contains(memoryOps, r.Op) {
			continue
		}
		k := at{r.Shape, r.Threads}
		if rate[k] == nil {
			rate[k] = map[string]float64{}
			order = append(order, k)
		}
		rate[k][r.Op] = r.GBytes
	}
	for _, k := range order {
		n, _ := strconv.Atoi(k.shape)
		past := ""
		if rate[k]["ntcopy"] > 0 {
			past = fmt.Sprintf("; past the caches write %.1f, copy %.1f", rate[k]["ntwrite"], rate[k]["ntcopy"])
		}
		fmt.Fprintf(w, "memory     %-10s %-10s read %7.1f, write %7.1f, copy %7.1f, update %7.1f GB/s%s\n",
			bytesText(n), threadsText(k.threads), rate[k]["read"], rate[k]["write"], rate[k]["copy"], rate[k]["update"], past)
	}
}

func threadsText(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return strconv.Itoa(n) + " threads"
}

func nsText(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.1f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.2f us", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.2f ms", ns/1e6)
	}
	return fmt.Sprintf("%.2f s", ns/1e9)
}
