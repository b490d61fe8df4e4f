package matrix

import (
	"fmt"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// evolution holds the current schema of an event against those that were
// published, under the declared mode, or the registry's where that asks for
// more.
func (p *pass) evolution(producer produced) {
	promise := producer.promise()
	promised := producer.contract.SchemaOf(promise.Schema)
	if promised == nil || promised.History == "" && promised.Registry == nil {
		return
	}
	what := "the schema of " + promise.Event
	mode, err := p.mode(producer)
	if err != nil {
		p.unread(promised, err, producer.at("schema"), what)
		return
	}
	published, findings, err := p.loader.Published(producer.contract, promised, producer.message())
	for _, f := range findings {
		p.report(f)
	}
	if err != nil {
		p.unread(promised, err, producer.at("schema"), what)
		return
	}
	current, err := p.loader.Current(producer.contract, promised, producer.message())
	if err != nil {
		return // package rules has said so
	}
	if promised.Registry != nil && len(published) > 0 {
		published = published[:len(published)-1] // the last one is the current one
	}
	latest := versions.Version{Name: "the current version", Schema: current}
	compare := func(writer, reader *schema.Schema) compat.Comparison {
		return schema.Compare(writer, reader, p.options.Dialect)
	}
	for _, problem := range compat.Check(mode, published, latest, compare).Problems {
		f := problem.Finding()
		f.Message = fmt.Sprintf("%s is not %s compatible with %s: %s", promise.Event, mode, older(problem), problem.Message)
		if problem.Verdict == compat.Open {
			f.Message = fmt.Sprintf("whether %s is %s compatible with %s is undecided: %s", promise.Event, mode, older(problem), problem.Message)
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

// older names the version that is not the current one.
func older(d compat.Directed) string {
	if d.NewReads {
		return d.WriterName
	}
	return d.ReaderName
}

// mode is what the contract and the registry ask for together.
func (p *pass) mode(producer produced) (compat.Mode, error) {
	promise := producer.promise()
	declared, err := compat.ParseMode(promise.CompatibilityMode())
	if err != nil {
		return declared, err // the loader has said so
	}
	registered, known, err := p.loader.Mode(producer.contract.SchemaOf(promise.Schema))
	if err != nil || !known || declared.Covers(registered) {
		return declared, err
	}
	p.report(finding.Finding{
		ID: ModeWeaker, Position: producer.at("event"),
		Message: fmt.Sprintf("the contract promises %s for %s, and its registry asks for %s", promised(declared), promise.Event, registered),
		Hint:    fmt.Sprintf("write compatibility: %s; until then %s is applied", declared.Union(registered), declared.Union(registered)),
	})
	return declared.Union(registered), nil
}
