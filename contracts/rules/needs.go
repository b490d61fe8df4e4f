package rules

import (
	"fmt"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// needs compares what a consumer reads with what a producer promises.
func (c *checker) needs(in consumed, p produced) {
	promise := in.promise()
	if promise.Schema != nil {
		if c.others.ReadersCompared {
			return
		}
		c.report(in.contract, NeedUnchecked, in.at("schema"),
			fmt.Sprintf("the reader's schema of %s is not compared with that of %s", promise.Event, p.service()),
			"list the fields that are read under needs to have them checked")
		return
	}
	unchecked := ""
	for i, need := range promise.Needs {
		at, err := place.Parse(need.Place)
		if err != nil {
			continue // the loader has said so
		}
		f, why, known := c.promised(p, at)
		if !known {
			unchecked = why
			continue
		}
		c.need(in, i, p, at, f)
	}
	if unchecked != "" {
		c.report(in.contract, NeedUnchecked, in.at("needs"),
			fmt.Sprintf("what is needed of %s is not compared with %s: %s", promise.Event, p.service(), unchecked),
			"needs are compared with schemas in files", related(p.at("event"), "%s produces it here", p.service())...)
	}
}

func (c *checker) need(in consumed, i int, p produced, at place.Place, f field.Field) {
	need := in.promise().Needs[i]
	n := needing{in, p, at, in.contract.Doc.KeyPosition("consumes", in.i, "needs", i).Naming(at.String()), relatedField(f, "what %s promises", p.service())}
	absent, mistyped := c.lacks(p, at, f, need.Type)
	says := fmt.Sprintf("%s needs %s of %s, but ", in.contract.Service.Name, at, in.promise().Event)
	switch {
	case absent.Verdict == compat.Open:
		c.lacking(n, NeedOptional, absent, fmt.Sprintf("whether %s always sends %s of %s, which %s needs, is undecided", p.service(), at, in.promise().Event, in.service()), "")
	case absent.Verdict != 0 && stated(f):
		c.lacking(n, NeedOptional, absent, says+presenceText(f, p.service(), at), requireHint(p, at))
	case absent.Verdict != 0:
		c.lacking(n, NeedMissing, absent, says+presenceText(f, p.service(), at), c.meant(p, at, requireHint(p, at)))
		return
	}
	switch mistyped.Verdict {
	case compat.Open:
		c.lacking(n, NeedType, mistyped, fmt.Sprintf("whether %s may send %s as %s of %s, which %s needs as %s, is undecided", p.service(), mistyped.Types, at, in.promise().Event, in.service(), need.Type), "")
	case compat.Breaks:
		c.lacking(n, NeedType, mistyped,
			fmt.Sprintf("%s needs %s of %s as %s, but %s may send %s", in.contract.Service.Name, at, in.promise().Event, need.Type, p.service(), mistyped.Types), "")
	case compat.Forgiven:
	}
}

// lacks is what a need lacks of what a producer says about its place, with
// events that show it where a schema says it.
func (c *checker) lacks(p produced, at place.Place, f field.Field, need string) (absent, mistyped schema.Lack) {
	if s, _ := c.schemaOf(p); at.Kind() == place.Data && s != nil {
		return s.schema.Absent(at, f), s.schema.Mistyped(at, f, need)
	}
	if f.Presence != field.Always {
		absent.Verdict = compat.Breaks
	}
	if mistyped.Types = f.Unexpected(need); mistyped.Types != "" {
		mistyped.Verdict = compat.Breaks
	}
	return absent, mistyped
}

// needing is a need of one consumer of one producer.
type needing struct {
	consumed
	from     produced
	place    place.Place
	position *finding.Position
	promised []finding.Related
}

// lacking reports what a need lacks: undecided where that is open.
func (c *checker) lacking(n needing, id string, lack schema.Lack, message, hint string) {
	f := finding.Finding{ID: id, Severity: severities[id], Message: message, Position: n.position, Hint: hint, Related: n.promised}
	if lack.Verdict == compat.Open {
		f.Severity = finding.Undecided
		f.Hint = "undecided counts as not promised; simplify the schema at this place, or waive the rule"
	}
	if w := lack.Witness; w != nil {
		f.Counterexample = w.Between("the schema of "+n.from.service(), "the needs of "+n.service())
	}
	c.found = append(c.found, owned{Found: Found{Owner: n.contract, Finding: f}})
}
