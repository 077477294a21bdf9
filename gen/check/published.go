package main

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// checkPublished packs the library and the cmd module as a module proxy would
// serve them and installs both programs from there, without go.work: what a
// stranger's "go install ...@version" does. It then trains with the installed
// program and with the checkout's and compares the weights.
func checkPublished(root string, _ []string) error {
	tmp, err := os.MkdirTemp("", "lanes-published")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)

	var cmdMod struct {
		Require []struct{ Path, Version string }
	}
	out, err := command(filepath.Join(root, "cmd"), nil, "go", "mod", "edit", "-json")
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, &cmdMod); err != nil {
		return err
	}
	version := ""
	for _, r := range cmdMod.Require {
		if r.Path == module {
			version = r.Version
		}
	}
	if version == "" {
		return fmt.Errorf("cmd/go.mod does not require %s", module)
	}
	for _, dir := range []string{"", "cmd"} {
		if err := publish(root, dir, version, filepath.Join(tmp, "proxy")); err != nil {
			return err
		}
	}

	cache, err := command(root, nil, "go", "env", "GOMODCACHE", "GOPROXY")
	if err != nil {
		return err
	}
	old := strings.Fields(string(cache)) // what is cached here need not be fetched
	env := []string{
		"GOWORK=off", "GOBIN=" + filepath.Join(tmp, "bin"), "GOMODCACHE=" + filepath.Join(tmp, "mod"),
		"GOPROXY=file://" + filepath.Join(tmp, "proxy") + ",file://" + filepath.Join(old[0], "cache", "download") + "," + old[1],
		"GONOSUMDB=" + module + "," + module + "/*", "GOFLAGS=-modcacherw",
	}
	for _, program := range []string{"cmd/lanes", "bench"} {
		if _, err := command(tmp, env, "go", "install", module+"/"+program+"@"+version); err != nil {
			return err
		}
	}

	installed, err := command(tmp, nil, filepath.Join(tmp, "bin", "lanes"), "train")
	if err != nil {
		return err
	}
	checkout, err := command(root, []string{"GOWORK="}, "go", "run", "./cmd/lanes", "train")
	if err != nil {
		return err
	}
	a, b := weightsLine(installed), weightsLine(checkout)
	if a == "" || a != b {
		return fmt.Errorf("the installed program trained %q, the checkout %q", a, b)
	}
	fmt.Printf("published: %s installs; %s\n", version, a)
	return nil
}

func weightsLine(out []byte) string {
	for _, line := range strings.Split(string(out), "\n") {
		if strings.HasPrefix(line, "weights sha256:") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// publish writes the files a module proxy serves for one module of the checkout:
// what git knows or would add, without the modules nested in it.
func publish(root, dir, version, proxy string) error {
	path := module
	if dir != "" {
		path += "/" + dir
	}
	base := filepath.Join(root, dir)
	list, err := command(base, nil, "git", "ls-files", "-z", "-co", "--exclude-standard")
	if err != nil {
		return err
	}
	files := strings.Split(strings.TrimRight(string(list), "\x00"), "\x00")
	var nested []string
	for _, f := range files {
		if d, ok := strings.CutSuffix(f, "/go.mod"); ok {
			nested = append(nested, d+"/")
		}
	}
	out := filepath.Join(proxy, filepath.FromSlash(path), "@v")
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	z, err := os.Create(filepath.Join(out, version+".zip"))
	if err != nil {
		return err
	}
	defer z.Close()
	w := zip.NewWriter(z)
	for _, f := range files {
		if f == "" || hasAnyPrefix(f, nested) {
			continue
		}
		if err := addFile(w, path+"@"+version+"/"+f, filepath.Join(base, f)); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(base, "go.mod"))
	if err != nil {
		return err
	}
	for name, data := range map[string]string{
		version + ".mod":  string(mod),
		version + ".info": fmt.Sprintf(`{"Version":%q}`, version),
		"list":            version + "\n",
	} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(data), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func hasAnyPrefix(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func addFile(w *zip.Writer, name, path string) error {
	r, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil // deleted in the work tree, not yet in git
	}
	if err != nil {
		return err
	}
	defer r.Close()
	f, err := w.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	return err
}
