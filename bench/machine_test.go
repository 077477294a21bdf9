package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCPUQuota(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  float64
	}{
		"none":          {nil, 0},
		"v2 no limit":   {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, 0},
		"v2":            {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "150000 100000\n"}, 1.5},
		"v2 parent":     {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/b/cpu.max": "max 100000", "sys/fs/cgroup/a/cpu.max": "50000 100000"}, 0.5},
		"v2 container":  {map[string]string{"proc/self/cgroup": "0::/docker/123\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2},
		"v2 outside":    {map[string]string{"proc/self/cgroup": "0::/../../x\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2},
		"v1":            {map[string]string{"proc/self/cgroup": "4:cpu,cpuacct:/a\n", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us": "25000", "sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000"}, 0.25},
		"v1 no limit":   {map[string]string{"proc/self/cgroup": "4:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000"}, 0},
		"v1 not cpuset": {map[string]string{"proc/self/cgroup": "4:cpuset:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "2"}, 0},
		"nonsense":      {map[string]string{"proc/self/cgroup": "::::\n0::/\nx", "sys/fs/cgroup/cpu.max": "nan inf\n"}, 0},
	} {
		root := t.TempDir()
		for f, text := range c.files {
			write(t, filepath.Join(root, f), text)
		}
		if got := cpuQuota(root); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestFromLinux(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "proc/cpuinfo"), "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\nprocessor\t: 1\nCPU part\t: 0xd03\n")
	for i, c := range [][3]string{{"Instruction", "1", "64K"}, {"Data", "1", "64K"}, {"Unified", "2", "1024K"}, {"Unified", "3", "32768K"}} {
		dir := filepath.Join(root, "sys/devices/system/cpu/cpu0/cache/index"+string(rune('0'+i)))
		write(t, dir+"/type", c[0]+"\n")
		write(t, dir+"/level", c[1]+"\n")
		write(t, dir+"/size", c[2]+"\n")
	}
	write(t, filepath.Join(root, "sys/class/dmi/id/product_name"), "KVM Virtual Machine\n")
	m := Machine{Virtualised: "unknown"}
	m.fromLinux(root)
	want := Machine{CPU: "Neoverse-N1", Vendor: "0x41", L1: 64 << 10, L2: 1 << 20, L3: 32 << 20, Virtualised: "yes KVM"}
	if m != want {
		t.Errorf("%+v, want %+v", m, want)
	}
	for text, name := range map[string]string{
		"CPU implementer : 0x99\nCPU part : 0x001\n":     "Arm 0x99/0x001",
		"isa : rv64gc\nuarch : sifive,u74-mc\n":          "sifive,u74-mc",
		"vendor_id : IBM/S390\n":                         "IBM/S390",
		"model name\t: Loongson-3A6000\nCPU Family\t: x": "Loongson-3A6000",
		"": "",
	} {
		if got, _ := cpuFromInfo(text, ""); got != name {
			t.Errorf("%q: %q, want %q", text, got, name)
		}
	}
}

// This machine's own description makes valid records, whatever it is.
func TestThisMachine(t *testing.T) {
	r := sampleRecord()
	r.Machine = thisMachine()
	r.Lanes = version()
	if err := r.check(); err != nil {
		t.Errorf("%+v: %v", r.Machine, err)
	}
	used, unused := features("avx512")
	if both := strings.Join(append(used, unused...), " "); strings.Contains(both, "  ") {
		t.Errorf("features %q", both)
	}
}

func TestPrintable(t *testing.T) {
	if got := printable("  A\tCPU \x1b[1m | x\x00"); got != "A CPU [1m x" {
		t.Errorf("%q", got)
	}
	if got := printable(strings.Repeat("y", 1000)); len(got) != maxText {
		t.Errorf("%d bytes", len(got))
	}
}

func TestOutput(t *testing.T) {
	rs := []Record{sampleRecord()}
	dir := t.TempDir()
	name := filepath.Join(dir, "x.jsonl")
	write(t, name, "old")
	o, err := createOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	o.abandon()
	if s, _ := readSmall(name); s != "old" {
		t.Errorf("after an end without result the file holds %q", s)
	}
	if o, err = createOutput(name); err != nil {
		t.Fatal(err)
	}
	if err := o.commit(rs); err != nil {
		t.Fatal(err)
	}
	o.abandon() // as the deferred call does: no effect
	if s, _ := readSmall(name); s != line(rs[0]) {
		t.Errorf("the file holds %q", s)
	}
	link := filepath.Join(dir, "link")
	if os.Symlink("x.jsonl", link) == nil {
		if o, err = createOutput(link); err != nil {
			t.Fatal(err)
		}
		if err := o.commit(rs); err != nil {
			t.Fatal(err)
		}
		if st, err := os.Lstat(link); err != nil || st.Mode()&os.ModeSymlink == 0 {
			t.Error("the link is none any more")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for _, bad := range []string{dir, filepath.Join(dir, "no", "such"), filepath.Join(name, "below")} {
		if o, err := createOutput(bad); err == nil {
			o.abandon()
			t.Errorf("%s: no error", bad)
		}
	}
	var none *output
	none.abandon()
}
