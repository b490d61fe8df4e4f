package matrix

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// reads holds what one interaction reads against all who write it.
func (p *pass) reads(in consumed) {
	promise := in.promise()
	for _, producer := range p.producers[promise.Event] {
		if !p.wanted(in.contract.Service.Name, producer.contract.Service.Name) || !p.meet(promise, producer.promise()) {
			continue
		}
		if promise.Schema != nil {
			p.framing(in, producer)
			p.readerSchema(in, producer)
		} else if len(promise.Needs) > 0 {
			p.needs(in, producer)
		}
	}
}

// meet reports whether the consumer listens where the producer sends, or where
// records come on which others failed there.
func (p *pass) meet(consumer *contracts.Consumes, producer *contracts.Produces) bool {
	return sameAddress(consumer.Address, producer.Address) || slices.ContainsFunc(contracts.FailedFrom(p.set, consumer.Event, consumer.Address), func(first contracts.Address) bool {
		return sameAddress(first, producer.Address)
	})
}

// sameAddress reports whether the consumer listens where the producer sends.
// Where they do not, package rules says so.
func sameAddress(consumer, producer contracts.Address) bool {
	return producer.Channel().Reaches(consumer.Channel())
}

// framing compares what stands before the value, or beside it, on either side.
// A side that leaves its own to the default may not have thought of it.
func (p *pass) framing(in consumed, producer produced) {
	reading, writing := in.contract.Service.Name, producer.contract.Service.Name
	reads, writes := in.contract.SchemaOf(*in.promise().Schema), producer.contract.SchemaOf(producer.promise().Schema)
	if reads == nil || writes == nil || reads.Wire == writes.Wire {
		return
	}
	f := finding.Finding{
		ID: WireMismatch, Position: in.at("schema"), Hint: fmt.Sprintf("say wire: %s of the schema by which %s reads, and read so", writes.Wire, reading),
		Message: fmt.Sprintf("%s reads %s with the framing %s, and %s writes it with %s: every record is misread", reading, in.promise().Event, reads.Wire, writing, writes.Wire),
	}
	switch {
	case !framed(in.contract, *in.promise().Schema):
		f.Severity = finding.Warning
		f.Message = fmt.Sprintf("%s does not say with which framing it reads %s, which means %s, and %s writes it with %s", reading, in.promise().Event, reads.Wire, writing, writes.Wire)
	case !framed(producer.contract, producer.promise().Schema):
		f.Severity = finding.Warning
		f.Message = fmt.Sprintf("%s reads %s with the framing %s, and %s does not say with which it writes it, which means %s", reading, in.promise().Event, reads.Wire, writing, writes.Wire)
		f.Hint = fmt.Sprintf("say wire: %s of the schema by which %s writes, if it does; else read it with %s", reads.Wire, writing, writes.Wire)
	}
	if at := producer.at("schema"); at != nil {
		f.Related = []finding.Related{{Position: *at, Message: "the schema of " + producer.contract.Service.Name}}
	}
	p.report(f)
}

// framed reports whether a contract says itself how a schema's data is framed.
func framed(c *contracts.Contract, ref contracts.SchemaRef) bool {
	return c.Schemas[ref.Ref].Wire != "" || ref.Inline != nil && ref.Inline.Wire != ""
}

// readerSchema compares each retained version of the producer's schema, and
// the current one, with the schema that the consumer reads by.
func (p *pass) readerSchema(in consumed, producer produced) {
	promised := in.contract.SchemaOf(*in.promise().Schema)
	reader, err := p.loader.Current(in.contract, promised, "")
	if err != nil {
		p.currentUnread(promised, err, in.at("schema"), fmt.Sprintf("the schema by which %s reads %s", in.contract.Service.Name, in.promise().Event), "what "+producer.contract.Service.Name+" writes")
		return
	}
	writers, ok := p.written(in, producer, true)
	if !ok {
		return
	}
	for _, f := range Unreadable(in.contract, in.i, producer.contract.Service.Name, reader, writers, nil, p.options.Dialect) {
		p.report(f)
	}
}

// Unreadable is what of versions that a producer writes, the oldest first, the
// i-th consumer of a contract cannot read by a schema of its own. held is a
// version before them, nil for none: what broke with it is left out.
func Unreadable(reading *contracts.Contract, i int, producer string, reader *schema.Schema, writers []versions.Version, held *schema.Schema, dialect schema.Dialect) []finding.Finding {
	in := consumed{reading, i}
	name := "the reader's schema of " + reading.Service.Name
	compare := schema.Compare
	if held != nil {
		compare = func(writer, reader *schema.Schema, d schema.Dialect) compat.Comparison {
			return schema.Newly(held, writer, reader, d)
		}
	}
	var all []*unreadable
	// The newest first: a break of all versions is shown with today's.
	for _, w := range slices.Backward(writers) {
		for _, problem := range compare(w.Schema, reader, dialect).Problems {
			d := compat.Directed{Problem: problem, Direction: compat.Direction{WriterName: w.Name, ReaderName: name, NewReads: true}}
			if i := slices.IndexFunc(all, func(u *unreadable) bool { return u.same(problem) }); i >= 0 {
				all[i].others = append(all[i].others, d)
			} else {
				all = append(all, &unreadable{Directed: d})
			}
		}
	}
	promised := reading.SchemaOf(*in.promise().Schema)
	var findings []finding.Finding
	for _, u := range all {
		f := u.finding(in, producer)
		if at := in.at("schema"); at != nil && promised.Registry != nil {
			f = here(f, at, "the reader's schema, in the registry")
		} else if at != nil {
			f.Related = append(f.Related, finding.Related{Position: *at, Message: reading.Service.Name + " reads it here"})
		}
		findings = append(findings, f)
	}
	return findings
}

// unreadable is what a reader cannot read in one version, and as well in others.
type unreadable struct {
	compat.Directed
	others []compat.Directed // of older versions
}

func (u *unreadable) same(p compat.Problem) bool {
	return u.Rule == p.Rule && u.Verdict == p.Verdict && u.Reader.Path == p.Reader.Path && u.Writer.Path == p.Writer.Path
}

func (u *unreadable) finding(in consumed, producer string) finding.Finding {
	f := u.Finding()
	names := u.WriterName
	if len(u.others) > 0 {
		var older []string
		for _, other := range u.others {
			older = append(older, other.WriterName)
			f.Related = append(f.Related, other.Finding().Related...)
		}
		names += ", like " + finding.List(older) + ","
	}
	form := "%s cannot read %s of %s as %s writes it: %s"
	if u.Verdict == compat.Open {
		form = "whether %s can read %s of %s as %s writes it is undecided: %s"
	}
	f.Message = fmt.Sprintf(form, in.contract.Service.Name, in.promise().Event, producer, names, u.Message)
	return f
}

// here puts a finding that stands in a schema of a registry, which is no file of
// here, at the place of the contract that names it.
func here(f finding.Finding, at *finding.Position, what string) finding.Finding {
	f.Related = append([]finding.Related{{Position: *f.Position, Message: what}}, f.Related...)
	f.Position = at
	return f
}

// written are the versions that the producer's records may have: those that
// are retained and, if asked for, the current one.
func (p *pass) written(in consumed, producer produced, current bool) ([]versions.Version, bool) {
	promise := producer.promise()
	promised := producer.contract.SchemaOf(promise.Schema)
	if promised == nil {
		if current {
			p.report(finding.Finding{ID: WriterUnknown, Position: in.at("schema"),
				Message: fmt.Sprintf("%s gives no schema of %s: the reader's cannot be compared", producer.contract.Service.Name, promise.Event)})
		}
		return nil, false
	}
	what := "the schema of " + promise.Event
	writers, _, err := p.loader.Retained(producer.contract, promised, producer.message(), p.retentionOf(promise.TopicName()), p.options.Now)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil // the producer's history was never begun, which evolution reports
	}
	reads := "what " + in.contract.Service.Name + " reads"
	if invalid := (*schema.Error)(nil); errors.As(err, &invalid) && p.wanted(producer.contract.Service.Name) {
		return nil, false // evolution says so, at the same place
	}
	if err != nil {
		p.unread(promised, err, in.at("event"), what, reads)
		return nil, false
	}
	if !current {
		return writers, true
	}
	latest, err := p.loader.Current(producer.contract, promised, producer.message())
	if err != nil {
		p.currentUnread(promised, err, in.at("event"), what, reads)
		return nil, false
	}
	return append(writers, versions.Version{Name: "the current version", Schema: latest}), true
}

// needs looks what the consumer needs up in the versions that are retained;
// package rules does so in the current one.
func (p *pass) needs(in consumed, producer produced) {
	writers, ok := p.written(in, producer, false)
	if !ok {
		return
	}
	if producer.value().of.Registry != nil && len(writers) > 0 {
		writers = writers[:len(writers)-1] // the last one is the current one
	}
	for i, need := range in.promise().Needs {
		at, err := place.Parse(need.Place)
		if err != nil || at.Kind() != place.Data {
			continue // the loader, or the rules about headers, have said so
		}
		f := finding.Finding{
			ID: NeedRetained, Position: in.contract.Doc.KeyPosition("consumes", in.i, "needs", i).Naming(at.String()),
			Hint: "read the field as optional until those records are gone, or skip them",
		}
		var problems []string
		var shown schema.Lack
		lacking := map[string][]string{} // the versions by what they lack
		for _, w := range writers {
			found, lack := w.Schema.Lacks(at, need.Type)
			problem := lacks(found, lack, need.Type)
			if problem == "" {
				continue
			}
			if shown.Verdict != compat.Breaks && lack.Verdict == compat.Breaks || shown.Verdict == 0 {
				shown = lack
			}
			if f.Counterexample == nil && lack.Witness != nil {
				f.Counterexample = lack.Witness.Between(w.Name, "the needs of "+in.contract.Service.Name)
			}
			if lacking[problem] == nil {
				problems = append(problems, problem)
			}
			lacking[problem] = append(lacking[problem], w.Name)
			f.Related = append(f.Related, finding.Related{Position: found.Position, Message: found.Position.Of(fmt.Sprintf("%s in %s", producer.promise().Event, w.Name))})
		}
		switch shown.Verdict {
		case compat.Breaks, compat.Forgiven:
		case compat.Open:
			f.Severity = finding.Undecided
		default:
			continue
		}
		for i, problem := range problems {
			problems[i] = fmt.Sprintf("records of %s, which may still be on %s, %s", finding.List(lacking[problem]), producer.promise().TopicName(), problem)
		}
		f.Message = fmt.Sprintf("%s needs %s of %s, but %s", in.contract.Service.Name, at, in.promise().Event, strings.Join(problems, "; and "))
		p.report(f)
	}
}

// lacks says what a need misses in a field; "" if nothing.
func lacks(f field.Field, lack schema.Lack, need string) string {
	switch {
	case lack.Verdict == 0:
		return ""
	case lack.Types != "" && lack.Verdict == compat.Open:
		return fmt.Sprintf("may have %s there and not %s, which is undecided", lack.Types, need)
	case lack.Types != "":
		return fmt.Sprintf("may have %s there and not %s", lack.Types, need)
	case lack.Verdict == compat.Open:
		return "may leave it out, which is undecided"
	case f.Presence == field.Sometimes:
		return "may leave it out"
	}
	return "do not have it"
}

// currentUnread is unread of a current schema. Files are the business of package
// rules, which has reported them.
func (p *pass) currentUnread(s *contracts.Schema, err error, at *finding.Position, what, with string) {
	if s.Registry != nil {
		p.unread(s, err, at, what, with)
	}
}

// unread says that a published version of a schema could not be read: undecided
// where it is in a registry that could not be asked, and with what it is then
// not compared.
func (p *pass) unread(s *contracts.Schema, err error, at *finding.Position, what, with string) {
	var silent *registry.Unanswered
	switch {
	case s.Registry != nil && errors.As(err, &silent):
		p.questions = append(p.questions, question{silent, p.contract, s.Registry.Subject, what, at})
		return
	case errors.Is(err, versions.ErrNoRegistry):
		p.report(finding.Finding{ID: RegistryUnread, Position: at, Message: what + " is in a registry, so it is not compared", Hint: "set WEIR_REGISTRY_URL, or registry: in weir.work.yaml, to compare it"})
		return
	case errors.Is(err, fs.ErrNotExist) && s.Registry == nil:
		p.report(finding.Finding{ID: HistoryMissing, Position: at, Message: what + " has no published version yet", Hint: "weir history add keeps the first one"})
		return
	}
	var invalid *schema.Error
	if errors.As(err, &invalid) {
		for _, problem := range invalid.Problems {
			position := problem.Position
			p.report(finding.Finding{ID: VersionInvalid, Position: &position, Message: what + ": " + problem.Message, Hint: problem.Hint})
		}
		return
	}
	f := finding.Finding{ID: VersionInvalid, Position: at, Message: fmt.Sprintf("%s cannot be read: %v", what, err)}
	if s.Registry != nil && !errors.Is(err, fs.ErrNotExist) {
		f.Severity = finding.Undecided
		f.Message = fmt.Sprintf("%s is not compared with %s: %v", what, with, err)
	}
	p.report(f)
}
