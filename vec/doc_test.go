package vec

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// apart are the functions for which the rule of the package's comment, that dst may be any
// of the inputs, does not hold as it stands: those with results in matrices, of other
// lengths, or more than one.
var apart = regexp.MustCompile(`^(SGD.*|Nesterov|Adagrad|RMSprop|Adam|AdamW|(Row|Col)(Sums|SumsAcc|Means|Max|Min|MeanVar|LogSumExp)|` +
	`(Add|Sub|Mul|Div)(Row|Column)|Transpose|NCHWToNHWC|NHWCToNCHW|BatchNorm|BatchNormInference|BatchNormGrad|(Layer|Group|RMS)Norm(Grad)?|LRN(Grad)?|` +
	`PReLUChannels.*|Maxout|MaxoutGrad|To.*16|From.*16|Compare|CrossEntropy|.*Losses|MSELoss|L1Loss|HuberLoss|BCEWithLogitsLoss)$`)

// TestDocs wants a comment on everything exported, one about memory where results may lie
// or may not lie with inputs, and where there is a panic of a setting one about that.
func TestDocs(t *testing.T) {
	fset := token.NewFileSet()
	pkgs, err := parser.ParseDir(fset, ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	p := doc.New(pkgs["vec"], "github.com/lanes-go/lanes/vec", 0)
	funcs := p.Funcs
	for _, ty := range p.Types {
		funcs = append(funcs, ty.Funcs...)
		if ty.Doc == "" && !strings.Contains(ty.Name, "Options") {
			t.Errorf("type %s has no comment", ty.Name)
		}
	}
	seen := 0
	for _, f := range funcs {
		if !strings.HasPrefix(f.Doc, f.Name+" ") {
			t.Errorf("%s has no comment that begins with its name: %q", f.Name, f.Doc)
		}
		if apart.MatchString(f.Name) {
			seen++
			if !regexp.MustCompile(`share|apart|may\s+be|see\s+\[(MSELosses|BatchNormGrad|GroupNormGrad)\]`).MatchString(f.Doc) {
				t.Errorf("%s does not say what may share memory: %q", f.Name, f.Doc)
			}
		}
		for _, param := range f.Decl.Type.Params.List {
			id, ok := param.Type.(*ast.Ident)
			for _, name := range param.Names {
				if ok && (name.Name == "t" && id.Name == "int" || name.Name == "p" || name.Name == "delta" || name.Name == "most") &&
					!strings.Contains(f.Doc, "panics") && !strings.Contains(f.Doc, "see [MSELosses]") {
					t.Errorf("%s does not say which %s is a panic: %q", f.Name, name.Name, f.Doc)
				}
			}
		}
	}
	if len(funcs) < 250 || seen < 60 {
		t.Errorf("%d functions, %d of them with a rule of their own: some are not looked at", len(funcs), seen)
	}
	names := map[string]bool{}
	for _, f := range funcs {
		names[f.Name] = true
	}
	page, err := os.ReadFile("../docs/vec.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`vec\.([A-Z]\w*)\(`).FindAllStringSubmatch(string(page), -1) {
		if !names[m[1]] {
			t.Errorf("docs/vec.md has %s, which there is not", m[0])
		}
	}
	for _, words := range []string{"# Aliasing", "# Misuse", "# Empty slices", "# Threads", "(seed, stream, i)", "share no memory"} {
		if !strings.Contains(p.Doc, words) {
			t.Errorf("the package's comment does not have %q", words)
		}
	}
}
