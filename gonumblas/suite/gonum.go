package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

const (
	gonumPath = "gonum.org/v1/gonum"
	lanesPath = "github.com/lanes-go/lanes"
	blasPath  = lanesPath + "/gonumblas"
)

// modules are the directories of the modules by their paths.
func modules() (map[string]string, error) {
	dirs := map[string]string{}
	for _, m := range []string{gonumPath, lanesPath, blasPath} {
		if m == gonumPath {
			if _, err := goOutput(".", "mod", "download", m); err != nil {
				return nil, fmt.Errorf("cannot get gonum's source: %w", err)
			}
		}
		dir, err := goOutput(".", "list", "-m", "-f", "{{.Dir}}", m)
		if err != nil {
			return nil, fmt.Errorf("run it in the directory of the module %s: %w", blasPath, err)
		}
		if dir == "" {
			return nil, fmt.Errorf("the source of %s is not here", m)
		}
		dirs[m] = dir
	}
	return dirs, nil
}

// prepare copies gonum's source to src and writes its go.mod.
func prepare(dirs map[string]string, src string) error {
	gonum := dirs[gonumPath]
	err := filepath.WalkDir(gonum, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(gonum, p)
		if err != nil {
			return err
		}
		to := filepath.Join(src, rel)
		switch {
		case d.IsDir() && (rel == "graph" || rel == "dsp"): // nothing here calls them
			return filepath.SkipDir
		case d.IsDir():
			return os.MkdirAll(to, 0o755)
		case !d.Type().IsRegular() || rel == "go.mod" || rel == "go.sum":
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o644)
	})
	if err != nil {
		return err
	}
	var sums []byte
	for _, dir := range []string{dirs[blasPath], gonum} {
		text, err := os.ReadFile(filepath.Join(dir, "go.sum"))
		if err != nil {
			return err
		}
		sums = append(sums, text...)
	}
	if err := os.WriteFile(filepath.Join(src, "go.sum"), sums, 0o644); err != nil {
		return err
	}
	// What gonumblas requires, but for gonum, which is the main module here.
	mod, err := readMod(dirs[blasPath])
	if err != nil {
		return err
	}
	text := fmt.Sprintf("module %s\n\ngo %s\n\nrequire %s v0.0.0\n", gonumPath, mod.Go, blasPath)
	for _, r := range mod.Require {
		if r.Path != gonumPath {
			text += fmt.Sprintf("require %s %s\n", r.Path, r.Version)
		}
	}
	for _, m := range []string{lanesPath, blasPath} {
		text += fmt.Sprintf("replace %s => %q\n", m, dirs[m])
	}
	return os.WriteFile(filepath.Join(src, "go.mod"), []byte(text), 0o644)
}

// goMod is what go mod edit -json prints, or some of it.
type goMod struct {
	Go      string
	Require []struct{ Path, Version string }
}

func readMod(dir string) (mod goMod, err error) {
	text, err := goOutput(dir, "mod", "edit", "-json")
	if err == nil {
		err = json.Unmarshal([]byte(text), &mod)
	}
	return mod, err
}

// requireMissing adds to the copy's go.mod what the packages import beyond it, in the
// versions of gonum's own go.mod. Most of what that lists they do not.
func requireMissing(dirs map[string]string, src string, patterns []string) error {
	out, err := goOutput(src, append([]string{"list", "-deps", "-test", "-e", "-f", "{{if and .Error (not .Dir)}}{{.ImportPath}}{{end}}"}, patterns...)...)
	if err != nil {
		return err
	}
	mod, err := readMod(dirs[gonumPath])
	if err != nil {
		return err
	}
	for _, pkg := range strings.Fields(out) {
		i := slices.IndexFunc(mod.Require, func(r struct{ Path, Version string }) bool {
			return pkg == r.Path || strings.HasPrefix(pkg, r.Path+"/")
		})
		if i < 0 {
			return fmt.Errorf("gonum's tests import %s, which gonum's go.mod does not provide", pkg)
		}
		m := mod.Require[i].Path + "@" + mod.Require[i].Version
		if _, err := goOutput(src, "mod", "edit", "-require="+m); err != nil {
			return err
		}
		if _, err := goOutput(src, "mod", "download", m); err != nil {
			return fmt.Errorf("gonum's tests import %s and %s cannot be got: %w", pkg, m, err)
		}
	}
	return nil
}

// gonumPackage is a package of gonum whose tests reach the BLAS.
type gonumPackage struct {
	path, dir, name string
	must            bool // its own tests or code name blas64: calls must be seen
}

// listPackages are those of the patterns that have tests and blas64 under them.
func listPackages(src string, patterns []string) ([]gonumPackage, error) {
	args := []string{"list", "-deps", "-test", "-e", "-f",
		`{{if .ForTest}}{{.ForTest}} {{range .Deps}}{{if eq . "` + gonumPath + `/blas/blas64"}}yes{{end}}{{end}}{{end}}`}
	out, err := goOutput(src, append(args, patterns...)...)
	if err != nil {
		return nil, err
	}
	reaches := map[string]bool{}
	for line := range strings.SplitSeq(out, "\n") {
		if f := strings.Fields(line); len(f) == 2 {
			reaches[f[0]] = true
		}
	}
	out, err = goOutput(src, append([]string{"list", "-f", `{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}|{{.Dir}}|{{.Name}}{{end}}`}, patterns...)...)
	if err != nil {
		return nil, err
	}
	var pkgs []gonumPackage
	for line := range strings.SplitSeq(out, "\n") {
		f := strings.Split(line, "|")
		if len(f) != 3 || !reaches[f[0]] {
			continue
		}
		rel := strings.TrimPrefix(f[0], gonumPath+"/")
		must := rel == "mat" || rel == "lapack/gonum" || rel == "stat" || rel == "optimize"
		pkgs = append(pkgs, gonumPackage{"./" + rel, f[1], f[2], must})
	}
	if len(pkgs) == 0 {
		return nil, fmt.Errorf("no package of %s has tests that reach the BLAS", strings.Join(patterns, " "))
	}
	return pkgs, nil
}

// writeOverlay writes the test file of each package and the file for -overlay.
func writeOverlay(tmp, src, backend string, pkgs []gonumPackage) (string, error) {
	dir := filepath.Join(tmp, backend)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for _, p := range pkgs {
		var text bytes.Buffer
		if err := overlayFile.Execute(&text, map[string]any{
			"Name": p.name, "Package": p.path, "Must": p.must,
			"SameBits": backend == "samebits", "LAPACK": backend == "lapack",
		}); err != nil {
			return "", err
		}
		from := filepath.Join(dir, strings.ReplaceAll(path.Clean(p.path), "/", "_")+"_test.go")
		if err := os.WriteFile(from, text.Bytes(), 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(p.dir, "zz_lanes_test.go")] = from
	}
	for i, l := range loosened {
		old, err := os.ReadFile(filepath.Join(src, filepath.FromSlash(l.file)))
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(old), l.from); n != 1 {
			return "", fmt.Errorf("%s: %s is there %d times, want once: another version of gonum?", l.file, l.test, n)
		}
		file := filepath.Join(dir, fmt.Sprintf("loosened%d.go", i))
		if err := os.WriteFile(file, []byte(strings.Replace(string(old), l.from, l.to, 1)+appended[l.file]), 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(src, filepath.FromSlash(l.file))] = file
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, text, 0o644)
}

// overlayFile is laid over a package: an external test, as gonumblas itself imports
// some of them.
var overlayFile = template.Must(template.New("overlay").Parse(`package {{.Name}}_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/lanes-go/lanes/asm"
	"github.com/lanes-go/lanes/gonumblas"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
	{{if .LAPACK}}"gonum.org/v1/gonum/lapack/lapack64"{{end}}
)

// lanesBackend counts the calls of some routines on their way to it.
type lanesBackend struct {
	gonumblas.Float64
	gemm, gemv, trsm, dot, axpy, nrm2 *atomic.Int64
}

func (b lanesBackend) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, a []float64, lda int, x []float64, ldb int, beta float64, c []float64, ldc int) {
	b.gemm.Add(1)
	b.Float64.Dgemm(tA, tB, m, n, k, alpha, a, lda, x, ldb, beta, c, ldc)
}

func (b lanesBackend) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	b.gemv.Add(1)
	b.Float64.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
}

func (b lanesBackend) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, a []float64, lda int, x []float64, ldb int) {
	b.trsm.Add(1)
	b.Float64.Dtrsm(s, ul, tA, d, m, n, alpha, a, lda, x, ldb)
}

func (b lanesBackend) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	b.dot.Add(1)
	return b.Float64.Ddot(n, x, incX, y, incY)
}

func (b lanesBackend) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	b.axpy.Add(1)
	b.Float64.Daxpy(n, alpha, x, incX, y, incY)
}

func (b lanesBackend) Dnrm2(n int, x []float64, incX int) float64 {
	b.nrm2.Add(1)
	return b.Float64.Dnrm2(n, x, incX)
}

func init() {
	blas32.Use(gonumblas.Float32{SameBits: {{.SameBits}}})
	blas64.Use(lanesBackend{gonumblas.Float64{SameBits: {{.SameBits}}},
		new(atomic.Int64), new(atomic.Int64), new(atomic.Int64), new(atomic.Int64), new(atomic.Int64), new(atomic.Int64)})
	{{if .LAPACK}}lapack64.Use(gonumblas.LAPACK{}){{end}}
}

// TestMain looks at what was in use after all tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if err := proveBackend(); err != nil {
		fmt.Println("FAIL: the backend of lanes:", err)
		code = 1
	}
	os.Exit(code)
}

func proveBackend() error {
	b, ok := blas64.Implementation().(lanesBackend)
	if !ok {
		return fmt.Errorf("blas64 is in use with %T", blas64.Implementation())
	}
	if s, ok := blas32.Implementation().(gonumblas.Float32); !ok || s.SameBits != {{.SameBits}} || b.SameBits != {{.SameBits}} {
		return fmt.Errorf("blas32 is in use with %T, SameBits %t and %t", blas32.Implementation(), s.SameBits, b.SameBits)
	}
	isa := asm.Active[float64]().ISA
	gemm, gemv, trsm, dot, axpy, nrm2 := b.gemm.Load(), b.gemv.Load(), b.trsm.Load(), b.dot.Load(), b.axpy.Load(), b.nrm2.Load()
	fmt.Printf("== {{.Package}} on table %s: calls of Dgemm %d, Dgemv %d, Dtrsm %d, Ddot %d, Daxpy %d, Dnrm2 %d\n", isa, gemm, gemv, trsm, dot, axpy, nrm2)
	if want := os.Getenv("LANES_EXPECT_ISA"); want != "" && isa != want {
		return fmt.Errorf("table %s, want %s", isa, want)
	}
	if {{.Must}} && flag.Lookup("test.run").Value.String() == "" && gemm+gemv+trsm+dot+axpy+nrm2 == 0 {
		return errors.New("no test called it")
	}
	return nil
}
`))
