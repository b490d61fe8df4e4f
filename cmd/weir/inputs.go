package main

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/contracts/workspace"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// inputs collects what the arguments name.
type inputs struct {
	// fsys is what contracts are read from; those that stand on AsyncAPI
	// documents are complete.
	fsys      *asyncapi.Files
	contracts []*contracts.Contract
	scenarios int
	findings  []finding.Finding
	// workspace is the one that the arguments are in, nil without one.
	workspace *workspace.Workspace
	// roots are the files and directories of this repository that the
	// contracts were read from.
	roots []string
	known map[string]bool // files that were read, by their absolute paths
}

// gather reads what the arguments name, by default this directory, with the
// workspace that they are in: it judges its contracts together.
func gather(args []string) (*inputs, error) {
	if len(args) == 0 {
		args = []string{"."}
	}
	in := &inputs{fsys: asyncapi.NewFiles(source.Host())}
	var names []string
	for _, arg := range args {
		name := path.Clean(filepath.ToSlash(arg))
		names = append(names, name)
		if err := in.within(name); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if !in.has(name) {
			in.roots = append(in.roots, name)
			in.add(name)
		}
	}
	return in, nil
}

// within opens the workspace that a file or directory is in.
func (in *inputs) within(name string) error {
	dir := name
	if info, err := fs.Stat(in.fsys, name); err != nil || !info.IsDir() {
		dir = path.Dir(name)
	}
	if isScenario(name) {
		return nil // it names its contracts itself
	}
	found, findings := workspace.Find(dir)
	switch {
	case found.File.Doc == nil:
		in.findings = append(in.findings, findings...)
		return nil
	case in.workspace == nil:
	case absolute(in.workspace.Root) != absolute(found.Root):
		return usageError("check one after the other", "the paths are in two workspaces: %s and %s", in.workspace.Root, found.Root)
	default:
		return nil
	}
	in.workspace, findings = workspace.Open(dir)
	for _, p := range in.workspace.File.Paths {
		in.roots = append(in.roots, in.workspace.Path(p))
	}
	in.join(in.workspace.Contracts(), findings)
	return nil
}

// judged are the contracts that findings were looked for in: of this repository,
// because those about others stand in the workspace file, and of the services
// that were asked about, nil for all.
func (in *inputs) judged(only []string) []*contracts.Contract {
	fetched := map[string]bool{}
	if in.workspace != nil {
		for _, m := range in.workspace.Members {
			fetched[m.Doc.File()] = m.Repository != nil
		}
	}
	return slices.DeleteFunc(slices.Clone(in.contracts), func(c *contracts.Contract) bool {
		return fetched[c.Doc.File()] || only != nil && !slices.Contains(only, c.Service.Name)
	})
}

// has reports whether a file, or something below a directory, was read.
func (in *inputs) has(name string) bool {
	for file := range in.known {
		if inside(file, name) {
			return true
		}
	}
	return false
}

// leaveOut takes the contracts of a directory away that they are compared
// with: it may lie among them.
func (in *inputs) leaveOut(dir string) {
	if dir == "" || !isDir(dir) || slices.ContainsFunc(in.roots, func(root string) bool { return inside(root, dir) }) {
		return
	}
	in.contracts = slices.DeleteFunc(in.contracts, func(c *contracts.Contract) bool { return inside(c.Doc.File(), dir) })
	in.findings = slices.DeleteFunc(in.findings, func(f finding.Finding) bool {
		return f.Position != nil && inside(f.Position.File, dir)
	})
}

// inside reports whether a file or directory is another one, or below it.
func inside(name, dir string) bool {
	name, dir = absolute(name), absolute(dir)
	return name == dir || strings.HasPrefix(name, strings.TrimSuffix(dir, "/")+"/")
}

// absolute is the slash-separated absolute path of a file; its name where the
// system does not say where we are.
func absolute(name string) string {
	full, err := filepath.Abs(filepath.FromSlash(name))
	if err != nil {
		return path.Clean(name)
	}
	return filepath.ToSlash(full)
}

func (in *inputs) add(name string) {
	info, err := fs.Stat(in.fsys, name)
	switch {
	case err == nil && info.IsDir():
		in.join(in.fsys.LoadDir(name))
	case err == nil && isScenario(name):
		in.scenario(name)
	default: // what is not there is a finding of the loader
		contract, findings := in.fsys.Load(name)
		if contract.Doc == nil {
			in.join(nil, findings)
			return
		}
		in.join([]*contracts.Contract{contract}, findings)
	}
}

// join adds contracts that are not there already: paths may overlap.
func (in *inputs) join(set []*contracts.Contract, findings []finding.Finding) {
	if in.known == nil {
		in.known = map[string]bool{}
	}
	for _, c := range set {
		if file := absolute(c.Doc.File()); !in.known[file] {
			in.known[file] = true
			in.contracts = append(in.contracts, c)
		}
	}
	in.findings = append(in.findings, findings...)
}

// scenario reads a scenario and, if it is sound, its contracts.
func (in *inputs) scenario(name string) {
	in.scenarios++
	sc, findings := scenario.LoadFile(filepath.FromSlash(name))
	findings = append(findings, sc.Misplaced()...)
	in.findings = append(in.findings, findings...)
	wrong := finding.Errors(findings) > 0
	plan, findings := scenario.Resolve(sc)
	if plan != nil && !wrong {
		in.join(plan.Contracts, nil)
		for _, c := range plan.Contracts {
			in.roots = append(in.roots, c.Doc.File())
		}
	}
	in.findings = append(in.findings, findings...)
}

// isScenario says whether a file calls itself a scenario. What else is wrong
// with it is for its loader to say.
func isScenario(name string) bool {
	src, err := document.ReadFile(filepath.FromSlash(name))
	if err != nil {
		return false
	}
	var head struct {
		Weir string `yaml:"weir"`
	}
	document.Decode(name, src, &head)
	return strings.HasPrefix(head.Weir, "scenario/")
}
