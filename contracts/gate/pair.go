package gate

import (
	"fmt"
	"slices"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// pair compares two parties that have anything to do with each other.
func (a *asking) pair(n, other *party) {
	if !n.meets(other) {
		return
	}
	if n.service != other.service && !other.candidate {
		if other.reads(n) {
			a.consumers[other.service] = true
		}
		if n.reads(other) {
			a.producers[other.service] = true
		}
	}
	if problems := a.alone(other).unreadable; len(problems) > 0 {
		for _, f := range problems {
			a.unknown(f, fmt.Sprintf("the contract of %s cannot be read", other))
		}
		return
	}
	a.written(n, other)
	a.written(other, n)
	a.together(n, other)
	a.shared(n, other)
}

// itself compares what a candidate reads of its own events with what it writes
// and has written.
func (a *asking) itself(n *party) {
	if n.reads(n) {
		a.written(n, n)
	}
}

// written holds what one party reads against all that the other one writes
// and has written.
func (a *asking) written(writer, reader *party) {
	if !reader.reads(writer) {
		return
	}
	w, r := *writer.contract, *reader.contract
	w.Consumes, r.Produces = nil, nil
	if writer == reader { // only pairs with the reader's name are compared
		w.Service.Name += " itself"
	}
	set := []*contracts.Contract{a.facts, &w, &r}
	options := matrix.Options{Dialect: a.Dialect, Now: a.Now, Only: []string{r.Service.Name}}
	for _, found := range matrix.Check(set, a.loader, options) {
		f := found.Finding
		if shown := f.Counterexample; shown != nil {
			named := *shown
			named.Writer += " of " + w.Service.Name
			f.Counterexample = &named
		}
		switch {
		case a.waived(f, found.Owner):
		case undecided(f):
			a.unknown(f, fmt.Sprintf("whether %s understands %s is undecided", reader, writer))
		case f.Severity == finding.Error:
			a.no(f, breach{reader, writer, reads})
		}
	}
	a.unpromised(writer, reader)
}

// unpromised reports needs of events of which the writer gives no schema.
func (a *asking) unpromised(writer, reader *party) {
	for i := range reader.contract.Consumes {
		in := &reader.contract.Consumes[i]
		for j := range writer.contract.Produces {
			out := &writer.contract.Produces[j]
			if out.Event != in.Event || !a.meets(out.Address, in) || in.Schema != nil || !needsData(in) || writer.contract.SchemaOf(out.Schema) != nil {
				continue
			}
			f := finding.Finding{
				ID: Uncompared, Position: reader.contract.Doc.Position("consumes", i, "needs"),
				Message: fmt.Sprintf("%s needs fields of %s, of which %s gives no schema", reader, in.Event, writer),
				Hint:    "give the event a schema",
			}
			if at := writer.contract.Doc.Position("produces", j, "event"); at != nil {
				f.Related = []finding.Related{{Position: *at, Message: fmt.Sprintf("%s sends it here", writer)}}
			}
			if !a.waived(f, reader.contract) {
				a.unknown(f, fmt.Sprintf("whether %s understands %s is undecided", reader, writer))
			}
		}
	}
}

func needsData(in *contracts.Consumes) bool {
	return slices.ContainsFunc(in.Needs, func(n contracts.Need) bool {
		at, err := place.Parse(n.Place)
		return err == nil && at.Kind() == place.Data
	})
}

// solo is what the rules find about one party by itself.
type solo struct {
	known      map[identity]bool
	unreadable []finding.Finding
}

func (a *asking) alone(p *party) *solo {
	if s := a.solo[p]; s != nil {
		return s
	}
	s := &solo{known: map[identity]bool{}}
	for _, f := range a.rules(p.contract) {
		s.known[identify(f)] = true
		if f.ID == rules.SchemaMissing || f.ID == rules.SchemaInvalid {
			s.unreadable = append(s.unreadable, f)
		}
	}
	a.solo[p] = s
	return s
}

// rules are what the rules find about contracts, with the schemas of the registry
// where there is one.
func (a *asking) rules(set ...*contracts.Contract) []finding.Finding {
	return rules.CheckWith(set, a.FS, a.Now, rules.Others{Loader: a.loader})
}

// identity is what tells findings apart.
type identity struct{ id, message, at string }

func identify(f finding.Finding) identity {
	i := identity{id: f.ID, message: f.Message}
	if f.Position != nil {
		i.at = f.Position.String()
	}
	return i
}

// together reports what the rules find about two parties and about neither by
// itself.
func (a *asking) together(n, other *party) {
	for _, f := range a.rules(other.contract, n.contract) {
		id := identify(f)
		if a.alone(n).known[id] || a.alone(other).known[id] || elsewhere[f.ID] || n.service == other.service && replacing[f.ID] {
			continue
		}
		switch {
		case f.Severity == finding.Error && in(f, n):
			a.no(f, breach{n, other, of(f.ID)})
		case f.Severity == finding.Error:
			a.no(f, breach{other, n, of(f.ID)})
		case f.Severity == finding.Undecided:
			a.unknown(f, fmt.Sprintf("whether %s and %s go together is undecided", n, other))
		case severities[f.ID] == finding.Error, told[f.ID]: // waived, or a warning
			a.findings = append(a.findings, f)
		}
	}
}

// of is the kind of breach that a rule finds.
func of(rule string) kind {
	if reading[rule] {
		return reads
	}
	return contradict
}

// in says whether a finding stands in the contract of a party.
func in(f finding.Finding, p *party) bool {
	return f.Position != nil && f.Position.File == p.contract.Doc.File()
}

var (
	// elsewhere are rules that need all contracts, not two, or that the gate has
	// words of its own for: see senders, withdrawn and shared.
	elsewhere = set(rules.EventUnproduced, rules.TopicMismatch, rules.RetryShared)
	// replacing are rules that one version of a service breaks whenever it
	// changes something that the version before it said.
	replacing = set(rules.ProducersDisagree, rules.TopicConflict, rules.DLQUnowned, rules.GroupShared)
	// reading are rules that a consumer breaks which does not get what it
	// relies on.
	reading = set(rules.NeedMissing, rules.NeedOptional, rules.NeedType, rules.OrderUnpromised, rules.IdempotencyUnpromised)
	// open are the findings of package matrix that say that something was not
	// compared.
	open = set(matrix.WriterUnknown, matrix.RegistryUnread, matrix.RegistryUnanswered, matrix.VersionInvalid, matrix.HistoryMissing)

	// breaks are the breaks of schemas.
	breaks = func() map[string]bool {
		m := map[string]bool{}
		for _, r := range schema.Rules() {
			m[r.ID] = true
		}
		return m
	}()
	severities = func() map[string]finding.Severity {
		m := map[string]finding.Severity{}
		for _, r := range rules.Rules() {
			m[r.ID] = r.Severity
		}
		return m
	}()
)

func set(ids ...string) map[string]bool {
	m := map[string]bool{}
	for _, id := range ids {
		m[id] = true
	}
	return m
}

// undecided says whether a finding of package matrix leaves open what is
// asked.
func undecided(f finding.Finding) bool { return open[f.ID] || f.Severity == finding.Undecided }

// serious says whether a finding is in the way.
func serious(f finding.Finding) bool {
	return f.Severity == finding.Error || f.Severity == finding.Undecided
}

// waived says whether the contract that a finding is about waives it; it is
// then shown as information.
func (a *asking) waived(f finding.Finding, owner *contracts.Contract) bool {
	waived, ok := rules.Waive(rules.Found{Finding: f, Owner: owner}, a.Now)
	if ok {
		a.findings = append(a.findings, waived)
	}
	return ok
}
