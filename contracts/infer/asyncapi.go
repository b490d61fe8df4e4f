package infer

import (
	"fmt"
	"io/fs"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/asyncapi"
	"github.com/flowweir/weir/reports/finding"
)

// FromAsyncAPI writes a contract that stands on an AsyncAPI document, to lie
// beside it: the document stays the source of all that it says. A document that
// Weir wrote of a contract becomes this contract again. The findings list what
// is wrong with the document and, as information, what no contract can state;
// with an error among them there is no draft.
//
// A contract says what its document says, which package rules may judge: a
// consumer of an event that nobody here produces is one.
func FromAsyncAPI(fsys fs.FS, file string) (*Draft, []finding.Finding, error) {
	return ofAsyncAPI(fsys, file, func(d *asyncapi.Document) (*asyncapi.Imported, []finding.Finding) {
		if d.IsExport() {
			return asyncapi.Import(d)
		}
		contract, findings := asyncapi.Stand(d)
		return &asyncapi.Imported{Contract: contract}, findings
	})
}

// ImportAsyncAPI copies an AsyncAPI document into a contract of its own, to lie
// beside it. The findings are those of FromAsyncAPI, and what a contract has no
// place for.
func ImportAsyncAPI(fsys fs.FS, file string) (*Draft, []finding.Finding, error) {
	return ofAsyncAPI(fsys, file, asyncapi.Import)
}

func ofAsyncAPI(fsys fs.FS, file string, read func(*asyncapi.Document) (*asyncapi.Imported, []finding.Finding)) (*Draft, []finding.Finding, error) {
	document, findings := asyncapi.Load(fsys, file)
	if finding.Errors(findings) > 0 {
		return nil, findings, nil
	}
	imported, more := read(document)
	if findings = append(findings, more...); finding.Errors(findings) > 0 {
		return nil, findings, nil
	}
	d := newDraft()
	for name, content := range imported.Files {
		d.files[name] = content
	}
	d.files[ContractFile] = imported.Contract
	memory, err := d.files.FS()
	if err != nil {
		return nil, findings, err
	}
	if _, wrong := contracts.Load(memory, ContractFile); finding.Errors(wrong) > 0 {
		return nil, findings, fmt.Errorf("the contract of %s does not load: %s: %s", file, wrong[0].Position, wrong[0].Message)
	}
	return d, findings, nil
}
