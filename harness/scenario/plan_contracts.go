package scenario

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// contracts reads what the scenario names. What is wrong within a contract has
// its place there; what cannot be read, or holds no contract, has that of its
// name in the scenario.
func (r *resolver) contracts() []finding.Finding {
	var findings []finding.Finding
	for i, name := range r.s.Contracts {
		at := document.Path{"contracts", i}
		if r.s.Doc.Flawed(at...) {
			continue
		}
		full := filepath.ToSlash(r.plan.Path(name))
		found, problems := loadContracts(r.plan.Files, full)
		if r.again(at, found) {
			continue
		}
		r.plan.Contracts = append(r.plan.Contracts, found...)
		for _, p := range problems {
			if r.s.Doc == nil || p.Position == nil || p.Position.Line > 0 {
				findings = append(findings, p)
				continue
			}
			shown, hint := p.Position.File, p.Hint
			if shown == full {
				shown = name
			}
			if p.ID == document.Unreadable {
				hint = r.readableNear(full)
			}
			r.Error(p.ID, at, strings.Replace(p.Message, "the file", shown, 1), hint)
		}
	}
	return findings
}

// again reports contracts that an entry before has: each of their consumers
// would be there twice.
func (r *resolver) again(at document.Path, found []*contracts.Contract) (again bool) {
	for _, c := range found {
		file := path.Clean(c.Doc.File())
		if c.Doc != nil && slices.ContainsFunc(r.plan.Contracts, func(known *contracts.Contract) bool { return known.Doc != nil && path.Clean(known.Doc.File()) == file }) {
			r.Error(DuplicateName, at, fmt.Sprintf("the contract %s is there twice", c.Doc.File()), "keep one of them")
			again = true
		}
	}
	return again
}

// readableNear is the hint about a file that cannot be read.
func (r *resolver) readableNear(name string) string {
	const relative = "names are relative to this file"
	entries, err := fs.ReadDir(r.plan.Files, path.Dir(name))
	if err != nil {
		return relative
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	near := document.Nearest(path.Base(name), names)
	if near == "" || near == path.Base(name) {
		return relative
	}
	return fmt.Sprintf("did you mean %q? %s", near, relative)
}

// loadContracts reads a contract file, or all contracts of a directory.
func loadContracts(files *asyncapi.Files, name string) (all []*contracts.Contract, findings []finding.Finding) {
	if info, err := fs.Stat(files, name); err == nil && info.IsDir() {
		all, findings = files.LoadDir(name)
	} else {
		all = make([]*contracts.Contract, 1)
		all[0], findings = files.Load(name)
	}
	return all, findings
}
