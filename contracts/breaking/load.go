package breaking

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// Load reads an old state of the contracts: from fsys, such as a git revision,
// the contract files and all below the directories that paths name. What is
// not there is new. registry may be nil.
//
// A contract that cannot be read as it is cannot be compared either: it is
// left out of the Side, and a finding says so, at the contract of latest that
// took its place.
//
// Contracts that stand on AsyncAPI documents are completed with them, as they
// were then.
func Load(fsys fs.FS, name string, paths []string, latest Side, registry versions.Registry) (Side, []rules.Found) {
	side := Side{Name: name}
	same := &unchanged{FS: fsys, latest: latest.FS, candidates: map[string]*contracts.Contract{}}
	for _, c := range latest.Contracts {
		same.candidates[c.Doc.File()] = c
	}
	reading, files := asyncapi.NewFiles(same), asyncapi.NewFiles(fsys)
	side.FS, side.Loader = files, versions.New(files, registry)
	broken := map[string][]finding.Finding{}
	known := map[string]bool{}
	for _, p := range paths {
		set, findings := load(reading, p)
		findings = errorsOf(findings)
		for _, f := range incomplete(reading, set, findings, broken) {
			broken[f.Position.File] = append(broken[f.Position.File], f)
		}
		for _, c := range slices.Concat(set, same.take()) {
			if file := c.Doc.File(); c.Doc != nil && !known[file] && len(broken[file]) == 0 {
				known[file] = true
				side.Contracts = append(side.Contracts, c)
			}
		}
	}
	slices.SortStableFunc(side.Contracts, func(a, b *contracts.Contract) int { return strings.Compare(a.Doc.File(), b.Doc.File()) })
	var found []rules.Found
	for file, problems := range broken {
		found = append(found, unreadable(file, name, problems[0], latest.Contracts))
	}
	side.incomplete = len(found) > 0
	slices.SortFunc(found, func(a, b rules.Found) int { return strings.Compare(a.Message, b.Message) })
	return side, found
}

// errorsOf are the findings for which something cannot be read.
func errorsOf(findings []finding.Finding) []finding.Finding {
	return slices.DeleteFunc(findings, func(f finding.Finding) bool {
		return f.Severity != finding.Error || f.ID == contracts.NoContract || f.Position == nil
	})
}

// incomplete finds the contracts that stand on a document and could not be
// completed with it: what is missing of them must not be compared. Their errors,
// which may stand in any file of the document, are broken by the contract's
// file; the others are returned.
func incomplete(files *asyncapi.Files, set []*contracts.Contract, errors []finding.Finding, broken map[string][]finding.Finding) []finding.Finding {
	if len(errors) == 0 {
		return nil
	}
	said := map[string]bool{}
	key := func(f finding.Finding) string { return fmt.Sprint(f.Position, f.ID, f.Message) }
	for _, c := range set {
		if c.AsyncAPI == "" {
			continue
		}
		_, own := files.Load(c.Doc.File())
		for _, f := range errorsOf(own) {
			said[key(f)] = true
			broken[c.Doc.File()] = append(broken[c.Doc.File()], f)
		}
	}
	return slices.DeleteFunc(errors, func(f finding.Finding) bool { return said[key(f)] })
}

// load reads a file or a directory that may not be there.
func load(files *asyncapi.Files, name string) ([]*contracts.Contract, []finding.Finding) {
	info, err := fs.Stat(files, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err == nil && info.IsDir():
		return files.LoadDir(name)
	}
	c, findings := files.Load(name)
	if c.Doc == nil {
		return nil, findings
	}
	return []*contracts.Contract{c}, findings
}

// unreadable says that an old contract was not compared.
func unreadable(file, name string, problem finding.Finding, latest []*contracts.Contract) rules.Found {
	f := finding.Finding{
		ID: Unread, Severity: severities[Unread], Position: problem.Position,
		Message: fmt.Sprintf("%s is not compared: in %s it cannot be read: %s", file, name, problem.Message),
	}
	i := slices.IndexFunc(latest, func(c *contracts.Contract) bool { return path.Clean(c.Doc.File()) == path.Clean(file) })
	if i < 0 {
		return rules.Found{Finding: f}
	}
	f.Position = latest[i].Doc.Position("service", "name")
	f.Related = related(problem.Position, "in %s", name)
	return rules.Found{Finding: f, Owner: latest[i]}
}

// unchanged is the old file system without the contracts in directories that
// are today's to the byte: those need not be parsed again. One that stands on
// an AsyncAPI document is not only what its file says.
type unchanged struct {
	fs.FS
	latest     fs.FS
	candidates map[string]*contracts.Contract
	found      []*contracts.Contract
}

// take are the unchanged contracts since it was last called.
func (u *unchanged) take() []*contracts.Contract {
	found := u.found
	u.found = nil
	return found
}

func (u *unchanged) ReadDir(dir string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(u.FS, dir)
	return slices.DeleteFunc(entries, func(e fs.DirEntry) bool {
		file := path.Join(dir, e.Name())
		c := u.candidates[file]
		if c == nil || c.AsyncAPI != "" || !e.Type().IsRegular() || !u.isSame(file) {
			return false
		}
		u.found = append(u.found, c)
		return true
	}), err
}

func (u *unchanged) isSame(file string) bool {
	was, err := fs.ReadFile(u.FS, file)
	if err != nil {
		return false
	}
	is, err := fs.ReadFile(u.latest, file)
	return err == nil && bytes.Equal(was, is)
}

// Stat and ReadFile are those of the file system itself.
func (u *unchanged) Stat(name string) (fs.FileInfo, error) { return fs.Stat(u.FS, name) }

func (u *unchanged) ReadFile(name string) ([]byte, error) { return fs.ReadFile(u.FS, name) }
