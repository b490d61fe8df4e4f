package scenario

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/reports/finding"
)

// contractError is an error of a scenario whose cause stands in one of its
// contracts, or in a file that the contract names.
type contractError struct{ findings []finding.Finding }

func (e *contractError) Error() string { return (&PlanError{e.findings}).Error() }

// inContract is one with a place in a contract.
func inContract(c *contracts.Contract, path document.Path, message, hint string) error {
	return &contractError{[]finding.Finding{{ID: BadLoad, Severity: finding.Error, Message: message, Position: c.Doc.Position(path...), Hint: hint}}}
}

const relativeToContract = "paths are relative to the contract's file"

// interaction is where a contract has a producer's entry.
func interaction(c *contracts.Contract, p *contracts.Produces) document.Path {
	for i := range c.Produces {
		if &c.Produces[i] == p {
			return document.Path{"produces", i}
		}
	}
	return nil
}

// unreadable says why a file cannot be read, if that is what an error is about.
func unreadable(err error) (file, why string, is bool) {
	inner := (*fs.PathError)(nil)
	if !errors.As(err, &inner) {
		return "", "", false
	}
	return inner.Path, inner.Err.Error(), true
}

// schemaError gives an error about the schema of an interaction its place: in
// the contract where a file cannot be read, in the file where that is wrong. Of
// a registry's schema there is none.
func (f *Flow) schemaError(c *contracts.Contract, p *contracts.Produces, part registry.Part, what string, err error) error {
	var invalid *schema.Error
	if errors.As(err, &invalid) {
		all := &contractError{}
		for _, problem := range invalid.Problems {
			at := f.files.Locate(problem.Position)
			all.findings = append(all.findings, finding.Finding{ID: BadLoad, Severity: finding.Error, Message: fmt.Sprintf("%s: %s", what, problem.Message), Position: &at, Hint: problem.Hint})
		}
		return all
	}
	file, why, is := unreadable(err)
	if !is {
		return fmt.Errorf("%s: %w", what, err)
	}
	path := interaction(c, p).Add("schema")
	ref := p.Schema.Ref
	if part == registry.Key {
		path, ref = interaction(c, p).Add("key", "schema"), p.Key.Schema.Ref
	}
	if named := (document.Path{"schemas", ref}); ref != "" && c.Doc.Has(named...) {
		path = named.Add("file")
	} else if c.Doc.Has(path.Add("file")...) {
		path = path.Add("file")
	}
	return inContract(c, path, fmt.Sprintf("%s: cannot read %s: %s", what, file, why), relativeToContract)
}

// refusal is that of a scenario for an error about the load at path:
// at its own place, if it has one, with that of the scenario beside it.
func (x *execution) refusal(err error, path ...any) *PlanError {
	doc := x.plan.Scenario.Doc
	var elsewhere *contractError
	if !errors.As(err, &elsewhere) {
		return &PlanError{Findings: []finding.Finding{{ID: BadLoad, Severity: finding.Error, Message: err.Error(), Position: doc.Position(path...)}}}
	}
	out := &PlanError{Findings: slices.Clone(elsewhere.findings)}
	if at := doc.Position(path...); at != nil {
		for i := range out.Findings {
			out.Findings[i].Related = append(out.Findings[i].Related, finding.Related{Position: *at, Message: "the scenario needs it here"})
		}
	}
	return out
}
