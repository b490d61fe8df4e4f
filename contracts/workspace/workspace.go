// Package workspace brings together the contracts that are judged together:
// those of this repository, and those of others as weir.lock pins them.
//
// [Open] finds the workspace file, weir.work.yaml, in a directory or above it
// and reads everything from this machine; only [Fetch] asks other
// repositories. What Fetch brings, the contract files and the files that they
// use, lies in .weir/contracts/NAME beside the workspace file, under the paths
// that it has in its own repository, and is held against the hashes of the
// lock each time it is opened. It can be committed, which makes a clone
// complete, or be left out and fetched again: the lock makes both the same.
//
// Guarantees: what is judged depends on the files of this repository alone; a
// fetched file that is not the pinned one is a finding and its repository is
// not judged; no finding, error or lock shows a secret of a URL.
//
// Without a workspace file the contracts below a directory are the workspace.
package workspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/deployment"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/contracts/source"
	"github.com/flowweir/weir/reports/finding"
)

// vendored is where fetched contracts are, beside the workspace file. LoadDir
// passes over hidden directories, so they are never taken for this
// repository's own.
const vendored = ".weir/contracts"

// Workspace is a set of contracts with where each comes from.
type Workspace struct {
	// File is the workspace file; where there is none its defaults, without a
	// Doc.
	File *File
	// Root is the directory of the workspace file, as seen from the working
	// directory. Paths of the file begin here.
	Root string
	// Members are the contracts in the order of the file.
	Members []Member

	files *asyncapi.Files
}

// Member is a contract of a workspace.
type Member struct {
	*contracts.Contract
	// Repository is where the contract comes from, nil for this repository.
	Repository *Repository
}

// Repository is another repository at the state that the lock pins.
type Repository struct {
	Name string
	// Ref and Commit are empty for a directory.
	Ref    string
	Commit string

	entry int // in contracts: of the workspace file
}

// String is the repository as messages name it.
func (r *Repository) String() string {
	if r.Commit == "" {
		return r.Name
	}
	return fmt.Sprintf("%s, commit %s", r.Name, r.Commit[:12])
}

// Open reads the workspace that a directory belongs to: that of the nearest
// weir.work.yaml in it or above it, else the contracts below it. dir is
// slash-separated; paths in findings begin like it.
//
// The Workspace is never nil and holds every contract that could be read.
// Findings of severity error say what is missing; those in files of other
// repositories are localized already.
func Open(dir string) (*Workspace, []finding.Finding) {
	w, findings := Find(dir)
	if finding.Errors(findings) > 0 {
		return w, findings
	}
	o := opener{Workspace: w, known: map[string]bool{}}
	o.local()
	if len(w.File.Contracts) > 0 {
		o.others()
	}
	o.contracted()
	findings = append(findings, o.findings...)
	finding.Sort(findings)
	return w, findings
}

// Find is Open without the contracts: it reads the workspace file alone.
func Find(dir string) (*Workspace, []finding.Finding) {
	dir = path.Clean(dir)
	none := &Workspace{File: &File{}, Root: dir, files: asyncapi.NewFiles(source.Host())}
	none.File.complete()
	at, err := filepath.Abs(filepath.FromSlash(dir))
	if err != nil {
		return none, []finding.Finding{unreadable(dir, err)}
	}
	for root := dir; ; root = path.Join(root, "..") {
		file := path.Join(root, FileName)
		if _, err := os.Stat(filepath.Join(at, FileName)); err == nil || !errors.Is(err, fs.ErrNotExist) {
			w := &Workspace{Root: root, files: none.files}
			var findings []finding.Finding
			w.File, findings = LoadFile(source.Host(), file)
			return w, findings
		}
		above := filepath.Dir(at)
		if above == at {
			return none, nil
		}
		at = above
	}
}

// FS is what the contracts were loaded from and what they refer to: an
// asyncapi.Files, so that those that stand on documents are complete.
func (w *Workspace) FS() fs.FS { return w.files }

// Contracts are all contracts of the workspace.
func (w *Workspace) Contracts() []*contracts.Contract {
	set := make([]*contracts.Contract, len(w.Members))
	for i, m := range w.Members {
		set[i] = m.Contract
	}
	return set
}

// Path is a path of the workspace file as seen from the working directory.
func (w *Workspace) Path(name string) string {
	if path.IsAbs(name) {
		return name
	}
	return path.Join(w.Root, name)
}

// Deployments is where the workspace keeps what is deployed.
func (w *Workspace) Deployments() *deployment.Store {
	if tags := w.File.Environments.Tags; tags != "" {
		return deployment.Tags(filepath.FromSlash(w.Root), tags)
	}
	return deployment.Directory(w.Path(w.File.Environments.Dir))
}

// lockFile is the path of the lock.
func (w *Workspace) lockFile() string { return path.Join(w.Root, LockName) }

// dir is where the fetched files of a repository are.
func (w *Workspace) dir(name string) string { return path.Join(w.Root, vendored, name) }

// opener reads the contracts of a workspace.
type opener struct {
	*Workspace
	known    map[string]bool // files that were read: paths may overlap
	findings []finding.Finding
}

// local reads the contracts of this repository.
func (o *opener) local() {
	given := o.File.Doc.Has("paths")
	for i, p := range o.File.Paths {
		set, findings := load(o.FS(), o.Path(p))
		for _, f := range findings {
			switch {
			case f.ID != contracts.NoContract && f.ID != document.Unreadable || !given:
			case f.Position != nil && f.Position.File == o.Path(p):
				// The workspace file is what to change.
				f.Message = fmt.Sprintf("%s: %s", f.Position.File, f.Message)
				f.Position = o.File.Doc.Position("paths", i)
			}
			// A repository of others' contracts only is one too.
			if f.ID != contracts.NoContract || given || len(o.File.Contracts) == 0 {
				o.findings = append(o.findings, f)
			}
		}
		o.join(set, nil)
	}
}

// load reads a contract file, or all of a directory.
func load(fsys fs.FS, name string) ([]*contracts.Contract, []finding.Finding) {
	files := asyncapi.NewFiles(fsys)
	if info, err := fs.Stat(files, name); err == nil && info.IsDir() {
		return files.LoadDir(name)
	}
	c, findings := files.Load(name)
	if c.Doc == nil {
		return nil, findings
	}
	return []*contracts.Contract{c}, findings
}

func (o *opener) join(set []*contracts.Contract, from *Repository) {
	for _, c := range set {
		if file := path.Clean(c.Doc.File()); !o.known[file] {
			o.known[file] = true
			o.Members = append(o.Members, Member{c, from})
		}
	}
}

func (o *opener) report(f finding.Finding) { o.findings = append(o.findings, f) }

// others reads the contracts of other repositories, as far as they are here.
func (o *opener) others() {
	lock, findings := ReadLock(o.lockFile())
	if lock == nil {
		o.findings = append(o.findings, findings...)
		return
	}
	for i, s := range o.File.Contracts {
		if pin := o.pinned(lock, i, s); pin != nil {
			from := &Repository{Name: s.Name, Ref: pin.Ref, Commit: pin.Commit, entry: i}
			set, findings := load(o.FS(), path.Join(o.dir(s.Name), s.Path))
			o.join(set, from)
			o.findings = append(o.findings, o.Localize(findings)...)
		}
	}
	for _, pin := range lock.Pins {
		if !o.names(pin.Name) {
			o.report(finding.Finding{
				ID: LockOutdated, Severity: finding.Warning, Position: &finding.Position{File: o.lockFile()},
				Message: fmt.Sprintf("the lock pins %s, which %s does not name", pin.Name, FileName), Hint: "run: weir fetch",
			})
		}
	}
}

func (w *Workspace) names(repository string) bool {
	for _, s := range w.File.Contracts {
		if s.Name == repository {
			return true
		}
	}
	return false
}

// pinned is the pin of a source whose files are here as pinned; otherwise a
// finding says what to do.
func (o *opener) pinned(lock *Lock, i int, s Source) *Pin {
	at := o.File.Doc.Position("contracts", i, "name")
	pin := lock.Pin(s.Name)
	f := finding.Finding{Severity: finding.Error, Position: at, Hint: "run: weir fetch"}
	if pin != nil && !pin.Of(s) {
		f.ID, f.Message = LockOutdated, fmt.Sprintf("%s has changed here since %s was written: %s", s.Name, LockName, change(pin.Source, locked(s)))
		o.report(f)
		return nil
	}
	if pin == nil {
		f.ID, f.Message = NotFetched, fmt.Sprintf("the contracts of %s are not here yet", s.Name)
		o.report(f)
		return nil
	}
	differences, err := bundle.Verify(o.FS(), o.dir(s.Name), pin.Files)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.ID, f.Message = NotFetched, fmt.Sprintf("the contracts of %s are pinned but not here", s.Name)
	case err != nil:
		f.ID, f.Message, f.Hint = document.Unreadable, fmt.Sprintf("cannot read the contracts of %s: %v", s.Name, err), ""
	case len(differences) > 0:
		f.ID, f.Hint = PinMismatch, "run: weir fetch, which restores them; changes belong into the other repository"
		f.Message = fmt.Sprintf("the files of %s are not those that %s pins", s.Name, LockName)
		for _, d := range differences {
			f.Related = append(f.Related, finding.Related{
				Position: finding.Position{File: path.Join(o.dir(s.Name), d.Name)}, Message: d.String(),
			})
		}
	default:
		return pin
	}
	o.report(f)
	return nil
}

// change says what differs between two sources of one name.
func change(was, is Source) string {
	for _, field := range []struct{ name, was, is string }{
		{"git", was.Git, is.Git}, {"dir", was.Dir, is.Dir}, {"ref", was.Ref, is.Ref}, {"path", was.Path, is.Path},
	} {
		switch {
		case field.was == field.is:
		case field.was == "":
			return fmt.Sprintf("%s is %s and was not given", field.name, field.is)
		case field.is == "":
			return fmt.Sprintf("%s was %s and is not given", field.name, field.was)
		default:
			return fmt.Sprintf("%s is %s and was %s", field.name, field.is, field.was)
		}
	}
	return "nothing"
}

// contracted reports services that are listed as uncontracted and are not.
func (o *opener) contracted() {
	for i, known := range o.File.Uncontracted.Known {
		for _, m := range o.Members {
			if m.Service.Name != known.Service {
				continue
			}
			o.report(finding.Finding{
				ID: KnownContracted, Severity: finding.Warning, Position: o.File.Doc.Position("uncontracted", "known", i),
				Message: known.Service + " has a contract", Hint: "remove it from the list",
				Related: []finding.Related{{Position: *m.Doc.Position("service", "name"), Message: "the contract"}},
			})
			break
		}
	}
}

// Localize moves findings in files of other repositories to where this
// repository names them, with the far place as a related one: the file that
// can be changed here is the workspace file. Other findings, and the given
// slice, stay as they are.
func (w *Workspace) Localize(findings []finding.Finding) []finding.Finding {
	local := make([]finding.Finding, len(findings))
	for i, f := range findings {
		local[i] = w.localize(f)
	}
	return local
}

func (w *Workspace) localize(f finding.Finding) finding.Finding {
	related := make([]finding.Related, 0, len(f.Related)+1)
	if f.Position != nil {
		if from, name := w.repository(f.Position.File); from != nil {
			related = append(related, finding.Related{Position: *f.Position, Message: fmt.Sprintf("%s of %s", name, from)})
			f.Position = w.File.Doc.Position("contracts", from.entry, "name")
		}
	}
	for _, r := range f.Related {
		if from, _ := w.repository(r.Position.File); from != nil {
			r.Message += fmt.Sprintf(" (%s)", from)
		}
		related = append(related, r)
	}
	if len(related) > 0 {
		f.Related = related
	}
	return f
}

// repository is the other repository that a file here belongs to, with the
// file's path there; nil for files of this repository.
func (w *Workspace) repository(file string) (*Repository, string) {
	rest, ok := strings.CutPrefix(path.Clean(file), path.Join(w.Root, vendored)+"/")
	if !ok {
		return nil, ""
	}
	name, inner, _ := strings.Cut(rest, "/")
	for _, m := range w.Members {
		if m.Repository != nil && m.Repository.Name == name {
			return m.Repository, inner
		}
	}
	for i, s := range w.File.Contracts {
		if s.Name == name { // none of its contracts could be read
			return &Repository{Name: name, entry: i}, inner
		}
	}
	return nil, ""
}
