package rules

import (
	"cmp"
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// agreements compares the first producer of an event with each other one. That
// two contracts speak for one service is found by itself: in sentences of what
// they say the two would have one name.
func (c *checker) agreements(producers []produced) {
	first := producers[0]
	for _, other := range producers[1:] {
		if other.contract == first.contract || other.service() != first.service() {
			c.schemaAgreement(first, other)
			c.keyAgreement(first, other)
		}
	}
}

// beside is the name of a producer in a sentence that has that of another one,
// of the same contract perhaps.
func beside(first, other produced) string {
	if other.contract == first.contract {
		return other.service() + " elsewhere"
	}
	return other.service()
}

// schemaAgreement compares the schemas of two producers of one event, and how
// their bytes are framed.
func (c *checker) schemaAgreement(first, other produced) {
	a, b := first.contract.SchemaOf(first.promise().Schema), other.contract.SchemaOf(other.promise().Schema)
	if a == nil || b == nil {
		return
	}
	event, there := other.promise().Event, related(first.at("schema"), "the schema of %s", first.service())
	if a.Wire != b.Wire {
		c.report(other.contract, ProducersDisagree, other.at("schema"),
			fmt.Sprintf("%s writes %s with the framing %s, and %s with %s: a consumer misreads the first bytes of the one or the other", first.service(), event, a.Wire, beside(first, other), b.Wire),
			"give both the same wire", there...)
	}
	disagree, shown := c.schemasDisagree(first, a, other, b)
	if !disagree {
		return
	}
	f := finding.Finding{
		ID: ProducersDisagree, Severity: severities[ProducersDisagree], Position: other.at("schema"), Related: there,
		Message: fmt.Sprintf("%s and %s produce %s with different schemas", first.service(), beside(first, other), event),
		Hint:    "share one schema, or give the events different names",
	}
	if shown != nil {
		f.Counterexample = shown.Finding().Counterexample
	}
	if shown != nil && shown.Verdict == compat.Open {
		f.Severity = finding.Undecided
		f.Message = fmt.Sprintf("whether the schemas by which %s and %s produce %s are one is undecided: %s", first.service(), beside(first, other), event, shown.Message)
	}
	c.found = append(c.found, owned{Found: Found{Owner: other.contract, Finding: f}})
}

// schemasDisagree says whether two schemas are not one, however they are
// written, and shows it where that is known.
func (c *checker) schemasDisagree(first produced, a *contracts.Schema, other produced, b *contracts.Schema) (disagree bool, shown *compat.Directed) {
	if a.Registry != nil && b.Registry != nil && subjectOf(a.Registry) == subjectOf(b.Registry) {
		return false, nil
	}
	x, _ := c.schemaOf(first)
	y, _ := c.schemaOf(other)
	switch {
	case x != nil && y != nil:
		return disagreement(compat.Version[*schema.Schema]{Name: "the schema of " + first.service(), Schema: x.schema},
			compat.Version[*schema.Schema]{Name: "the schema of " + beside(first, other), Schema: y.schema})
	case a.Registry != nil || b.Registry != nil:
		return true, nil // one of them was not to be had: they are not known to be one
	}
	return false, nil // that they cannot be read is said elsewhere
}

// subjectOf is a version of a subject; latest where none is named.
func subjectOf(r *contracts.Registry) [2]string {
	return [2]string{r.Subject, cmp.Or(r.Version, "latest")}
}

// disagreement compares two schemas both ways. What is written in a binary
// format is read by the schema that it was written by, so there compatible ones
// are two.
func disagreement(a, b compat.Version[*schema.Schema]) (disagree bool, shown *compat.Directed) {
	if schema.Same(a.Schema, b.Schema) {
		return false, nil
	}
	full := compat.Mode{Backward: true, Forward: true}
	out := schema.Check(full, []compat.Version[*schema.Schema]{a}, b, schema.Dialect{})
	for i := range out.Problems {
		p := &out.Problems[i]
		if p.Verdict == compat.Breaks || p.Verdict == compat.Open && shown == nil {
			shown = p
		}
		if p.Verdict == compat.Breaks {
			break
		}
	}
	if shown == nil {
		return a.Schema.Format() != contracts.FormatJSONSchema, nil
	}
	return true, shown
}
