// Package contracts is what services promise about their events: the model of
// a contract file, weir.yaml, and its loader.
//
// [Load] and [LoadDir] read strictly. What a file says wrong (an unknown
// field, a wrong type, two transports, a place that does not parse) comes
// back as findings with file, line, column and the nearest valid name, all of
// them at once; [Rules] lists their ids. A contract without findings is
// complete in itself: names are valid, references within the file resolve,
// short forms are spelled out and defaults are given by methods.
//
// A contract that stands on an AsyncAPI document (asyncapi:) is not complete
// without it: asyncapi.Files loads such contracts with their documents, and all
// others as they are.
//
// Loading opens no other file. That schemas and examples exist and agree, and
// that the contracts of several services fit together, is for packages above
// this one. It reads from any [fs.FS]: a directory, a git revision or a
// registry. The package imports neither Docker nor a Kafka client.
package contracts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// FileName is the usual name of a contract file; LoadDir also reads files
// whose name ends with "." + FileName.
const FileName = "weir.yaml"

// Load reads one contract file, by its slash-separated path in fsys. The
// contract is never nil; it is complete only without findings.
func Load(fsys fs.FS, file string) (*Contract, []finding.Finding) {
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return &Contract{}, []finding.Finding{unreadable(file, err)}
	}
	return parse(file, src)
}

// parse is Load without the file.
func parse(file string, src []byte) (*Contract, []finding.Finding) {
	c := &Contract{}
	doc, findings := document.Decode(file, src, c)
	c.Doc = doc
	if other := wrongKind(c); len(other) > 0 {
		return c, other
	}
	findings = append(findings, c.validate()...)
	c.normalize()
	finding.Sort(findings)
	return c, findings
}

// wrongKind answers a file that says it is something else with that alone:
// every field of it would be unknown.
func wrongKind(c *Contract) []finding.Finding {
	if c.Weir == "" || c.Weir == Version {
		return nil
	}
	check := document.NewChecker(c.Doc)
	hint := document.Suggest(c.Weir, []string{Version})
	if strings.HasPrefix(c.Weir, "scenario/") {
		hint = "run a scenario with: weir run " + c.Doc.File()
	}
	check.Error(BadVersion, document.Path{"weir"}, fmt.Sprintf("%q is no version of a contract; this one is %q", c.Weir, Version), hint)
	return check.Findings()
}

// loading is one file of LoadDir.
type loading struct {
	contract *Contract
	findings []finding.Finding
}

// LoadDir reads all contract files in dir, a slash-separated path in fsys
// ("." is its root), and below it, in lexical order. Directories that are
// hidden or named node_modules, vendor or testdata are passed over, unless
// dir is one itself. A dir without any contract is a finding.
//
// Files are read one after the other, since fsys need not allow more, and
// parsed on all cores.
func LoadDir(fsys fs.FS, dir string) ([]*Contract, []finding.Finding) {
	var (
		loads    []*loading
		findings []finding.Finding
		parsing  sync.WaitGroup
		cores    = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	err := fs.WalkDir(fsys, dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			findings = append(findings, unreadable(name, err))
			return nil
		case entry.IsDir():
			if name != dir && skipped(entry.Name()) {
				return fs.SkipDir
			}
			return nil
		case !isContract(entry.Name()):
			return nil
		}
		l := &loading{}
		loads = append(loads, l)
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			l.contract, l.findings = &Contract{}, []finding.Finding{unreadable(name, err)}
			return nil
		}
		cores <- struct{}{} // bounds the files in memory, too
		parsing.Go(func() {
			l.contract, l.findings = parse(name, src)
			<-cores
		})
		return nil
	})
	parsing.Wait()
	contracts := make([]*Contract, len(loads))
	for i, l := range loads {
		contracts[i] = l.contract
		findings = append(findings, l.findings...)
	}
	if err != nil {
		findings = append(findings, unreadable(dir, err))
	}
	if len(contracts) == 0 && len(findings) == 0 {
		findings = append(findings, finding.Finding{
			ID: NoContract, Severity: finding.Error,
			Message:  fmt.Sprintf("no contract in %s", dir),
			Position: &finding.Position{File: dir},
			Hint:     fmt.Sprintf("contracts are files named %s or *.%s", FileName, FileName),
		})
	}
	return contracts, findings
}

func skipped(dir string) bool {
	switch dir {
	case "node_modules", "vendor", "testdata":
		return true
	}
	return strings.HasPrefix(dir, ".")
}

func isContract(name string) bool {
	return name == FileName || strings.HasSuffix(name, "."+FileName)
}

// unreadable is the finding for a file that cannot be read. The error's own
// path is left out: the position shows it.
func unreadable(file string, err error) finding.Finding {
	if inner := (*fs.PathError)(nil); errors.As(err, &inner) {
		err = inner.Err
	}
	return finding.Finding{
		ID: document.Unreadable, Severity: finding.Error,
		Message:  fmt.Sprintf("cannot read the file: %v", err),
		Position: &finding.Position{File: file},
	}
}

// Resolve is the path, in the file system that the contract was loaded from,
// of a file that the contract names relative to itself.
func (c *Contract) Resolve(name string) string {
	return path.Join(path.Dir(c.Doc.File()), name)
}
