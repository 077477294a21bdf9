package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// Machine is the computer and the build, as every record carries it.
type Machine struct {
	Go          string  `json:"go"`
	OS          string  `json:"os"`
	Arch        string  `json:"arch"`
	CPU         string  `json:"cpu"`
	Vendor      string  `json:"cpu_vendor"`
	Family      int     `json:"cpu_family"`
	Model       int     `json:"cpu_model"`
	CPUs        int     `json:"cpus"` // logical ones that this process may use
	L1          int     `json:"l1d_bytes"`
	L2          int     `json:"l2_bytes"`
	L3          int     `json:"l3_bytes"`    // caches: 0 where unknown
	Virtualised string  `json:"virtualised"` // "no", "unknown" or by what
	Quota       float64 `json:"cpu_quota"`   // CPUs that the control group grants; 0: no limit
}

func thisMachine() Machine {
	c := &cpuid.CPU
	m := Machine{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: printable(c.BrandName), Vendor: printable(c.VendorString), Family: c.Family, Model: c.Model,
		CPUs: runtime.NumCPU(),
		L1:   max(c.Cache.L1D, 0), L2: max(c.Cache.L2, 0), L3: max(c.Cache.L3, 0),
		Virtualised: "unknown",
	}
	if runtime.GOOS == "linux" {
		m.fromLinux("/")
	}
	if m.CPU == "" {
		m.CPU = m.Arch
	}
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "386" {
		m.Virtualised = "no"
		if c.VM() {
			m.Virtualised = strings.TrimSpace("yes " + printable(c.HypervisorVendorString))
		}
	}
	return m
}

// fromLinux fills in what the kernel's files below root say and cpuid does not.
func (m *Machine) fromLinux(root string) {
	m.Quota = cpuQuota(root)
	if m.CPU == "" {
		text, _ := readSmall(filepath.Join(root, "proc/cpuinfo"))
		m.CPU, m.Vendor = cpuFromInfo(text, m.Vendor)
	}
	for i := range 8 {
		dir := filepath.Join(root, "sys/devices/system/cpu/cpu0/cache/index"+strconv.Itoa(i))
		kind, err := readSmall(filepath.Join(dir, "type"))
		if err != nil {
			break
		}
		size, _ := readSmall(filepath.Join(dir, "size"))
		level, _ := readSmall(filepath.Join(dir, "level"))
		n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(size), "K"))
		if err != nil || n < 0 || n > 1<<22 || strings.TrimSpace(kind) == "Instruction" {
			continue
		}
		for at, p := range map[string]*int{"1": &m.L1, "2": &m.L2, "3": &m.L3} {
			if strings.TrimSpace(level) == at && *p == 0 {
				*p = n << 10
			}
		}
	}
	for _, f := range []string{"sys_vendor", "product_name"} {
		s, _ := readSmall(filepath.Join(root, "sys/class/dmi/id", f))
		for _, v := range []string{"QEMU", "KVM", "VMware", "VirtualBox", "Xen", "Microsoft", "Google", "Alibaba", "Parallels"} {
			if strings.Contains(s, v) {
				m.Virtualised = "yes " + v
			}
		}
	}
}

// armParts names the cores of /proc/cpuinfo by implementer and part.
var armParts = map[string]string{
	"0x41/0xd03": "Cortex-A53", "0x41/0xd05": "Cortex-A55", "0x41/0xd08": "Cortex-A72", "0x41/0xd0b": "Cortex-A76",
	"0x41/0xd0c": "Neoverse-N1", "0x41/0xd40": "Neoverse-V1", "0x41/0xd49": "Neoverse-N2", "0x41/0xd4f": "Neoverse-V2",
	"0xc0/0xac3": "Ampere-1", "0x61/0x022": "Apple M1", "0x61/0x023": "Apple M1",
}

// cpuFromInfo reads the name and vendor out of /proc/cpuinfo of an architecture
// that has no instruction for them.
func cpuFromInfo(text, vendor string) (name, vend string) {
	field := map[string]string{}
	for _, line := range strings.Split(text, "\n") {
		k, v, ok := strings.Cut(line, ":")
		if k = strings.TrimSpace(k); ok && field[k] == "" {
			field[k] = printable(v)
		}
	}
	if id := field["CPU implementer"] + "/" + field["CPU part"]; len(id) > 1 {
		if vendor == "" {
			vendor = field["CPU implementer"]
		}
		if n := armParts[id]; n != "" {
			return n, vendor
		}
		return "Arm " + id, vendor
	}
	for _, k := range []string{"model name", "cpu model", "cpu", "uarch", "Model Name", "vendor_id"} {
		if field[k] != "" {
			return field[k], vendor
		}
	}
	return "", vendor
}

// cpuQuota returns the CPUs that the control groups of this process grant, the
// least over all levels, or 0 if none limits them. Version 2 and version 1.
func cpuQuota(root string) float64 {
	text, _ := readSmall(filepath.Join(root, "proc/self/cgroup"))
	least := 0.0
	note := func(quota, period string) {
		q, err1 := strconv.ParseFloat(strings.TrimSpace(quota), 64)
		p, err2 := strconv.ParseFloat(strings.TrimSpace(period), 64)
		if err1 == nil && err2 == nil && q > 0 && p > 0 && q/p < 1e5 && (least == 0 || q/p < least) {
			least = q / p
		}
	}
	for _, line := range strings.Split(text, "\n") {
		f := strings.SplitN(line, ":", 3)
		if len(f) != 3 {
			continue
		}
		v2 := f[1] == ""
		if !v2 && !strings.Contains(","+f[1]+",", ",cpu,") {
			continue
		}
		// Inside a container the path may be the host's: its parents down to the
		// mount itself are tried too.
		for dir := filepath.Clean("/" + f[2]); ; dir = filepath.Dir(dir) {
			if v2 {
				if s, err := readSmall(filepath.Join(root, "sys/fs/cgroup", dir, "cpu.max")); err == nil {
					if q, p, ok := strings.Cut(s, " "); ok {
						note(q, p)
					}
				}
			} else {
				for _, mount := range []string{"cpu", "cpu,cpuacct"} {
					base := filepath.Join(root, "sys/fs/cgroup", mount, dir)
					q, err1 := readSmall(filepath.Join(base, "cpu.cfs_quota_us"))
					p, err2 := readSmall(filepath.Join(base, "cpu.cfs_period_us"))
					if err1 == nil && err2 == nil {
						note(q, p)
					}
				}
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return least
}

// readSmall reads at most 1 MiB of a file.
func readSmall(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b := make([]byte, 1<<20)
	n := 0
	for n < len(b) {
		k, err := f.Read(b[n:])
		n += k
		if err != nil || k == 0 {
			break
		}
	}
	return string(b[:n]), nil
}

// printable is s without what a table or a terminal cannot hold.
func printable(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == '|' }), " ")
	return s[:min(len(s), maxText)]
}

// version is this module's, "(devel)" in a clone.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Path == "github.com/lanes-go/lanes" && info.Main.Version != "" {
		return printable(info.Main.Version)
	}
	return "(devel)"
}

// needs are the CPU features each table is made of.
var needs = map[string][]string{
	"generic": {"FMA3"},
	"avx2":    {"AVX", "AVX2", "FMA3", "BMI2"},
	"avx512":  {"AVX", "AVX2", "FMA3", "BMI2", "AVX512F", "AVX512BW", "AVX512DQ", "AVX512VL"},
	"neon":    {"ASIMD"},
}

// features splits the vector features of this CPU into those that the table uses
// and the rest.
func features(isa string) (used, unused []string) {
	present := cpuid.CPU.FeatureSet()
	if isa == "neon" {
		used = []string{"ASIMD"} // part of arm64, reported or not
	}
	for _, f := range present {
		interesting := false
		for _, p := range []string{"AVX", "AMX", "FMA", "BMI2", "F16C", "SVE", "SME", "ASIMD", "GFNI", "VAES", "VPCLMUL"} {
			interesting = interesting || strings.HasPrefix(f, p)
		}
		if !interesting || f == "ASIMD" {
			continue
		}
		use := false
		for _, n := range needs[isa] {
			use = use || n == f
		}
		if use {
			used = append(used, f)
		} else {
			unused = append(unused, f)
		}
	}
	return used, unused
}
