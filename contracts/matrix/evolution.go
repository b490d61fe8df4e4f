package matrix

import (
	"fmt"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// evolution holds the current schema of an event, or of its key, against those
// that were published, under the declared mode, or the registry's where that
// asks for more.
func (p *pass) evolution(e evolving) {
	if e.of == nil || e.of.History == "" && e.of.Registry == nil {
		return
	}
	mode, err := p.mode(e)
	if err != nil {
		p.unread(e.of, err, e.place, "the schema of "+e.what, "its other versions")
		return
	}
	published, findings, err := p.loader.Published(e.contract, e.of, e.message)
	for _, f := range findings {
		p.report(f)
	}
	if err != nil {
		p.unread(e.of, err, e.place, "the schema of "+e.what, "its other versions")
		return
	}
	current, err := p.loader.Current(e.contract, e.of, e.message)
	if err != nil {
		p.currentUnread(e.of, err, e.place, "the schema of "+e.what, "its other versions")
		return
	}
	if e.of.Registry != nil && len(published) > 0 {
		published = published[:len(published)-1] // the last one is the current one
	}
	latest := versions.Version{Name: "the current version", Schema: current}
	for _, problem := range schema.Check(mode, published, latest, p.options.Dialect).Problems {
		f := problem.Finding()
		f.Message = fmt.Sprintf("%s is not %s compatible with %s: %s", e.what, mode, problem.Old(), problem.Message)
		if problem.Verdict == compat.Open {
			f.Message = fmt.Sprintf("whether %s is %s compatible with %s is undecided: %s", e.what, mode, problem.Old(), problem.Message)
		}
		if e.of.Registry != nil && e.place != nil {
			f = here(f, e.place, "the current version, in the registry")
		}
		p.report(f)
	}
}

func promised(m compat.Mode) string {
	if m == (compat.Mode{}) {
		return "no compatibility"
	}
	return m.String() + " compatibility"
}

// mode is what the contract and the registry ask for together.
func (p *pass) mode(e evolving) (compat.Mode, error) {
	declared, err := compat.ParseMode(e.promise().CompatibilityMode())
	if err != nil {
		return declared, err // the loader has said so
	}
	registered, known, err := p.loader.Mode(e.of)
	if err != nil || !known || declared.Covers(registered) {
		return declared, err
	}
	p.report(finding.Finding{
		ID: ModeWeaker, Position: e.promises,
		Message: fmt.Sprintf("the contract promises %s for %s, and its registry asks for %s", promised(declared), e.what, registered),
		Hint:    fmt.Sprintf("write compatibility: %s; until then %s is applied", declared.Union(registered), declared.Union(registered)),
	})
	return declared.Union(registered), nil
}
