package promise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/reports/finding"
)

// schema lists what an event promises of the schema of its values, or of its
// keys.
func (l *list) schema(p *contracts.Produces, part registry.Part) {
	declared := serde.Declared(l.contract, p, part)
	if declared == nil {
		return
	}
	h := half{part, "", "it", in("schema")}
	data := "its data"
	if part == registry.Key {
		h, data = half{part, ":key", "its key", in("key", "schema")}, "its key"
	}
	l.looks("schema"+h.suffix, data+" is valid", h.field, obeys(h.id(live.BrokenSchema), ""))
	if declared.Wire != contracts.WireNone {
		l.framing(p, declared, h)
	}
}

// half is the value or the key of events, in promises.
type half struct {
	part registry.Part
	// suffix ends the names of promises about it, who is it in words, and field
	// where the contract names its schema.
	suffix, who string
	field       []any
}

// id is the id of a finding about it.
func (h half) id(id string) string { return live.FindingID(h.part, id) }

// framing lists what an event promises of the id of a schema.
func (l *list) framing(p *contracts.Produces, s *contracts.Schema, h half) {
	subject := serde.Subject(s, p.TopicName(), h.part)
	which := "the subject " + subject
	if s.Registry != nil && s.Registry.Version != "" && s.Registry.Version != "latest" {
		which = fmt.Sprintf("version %s of %s", s.Registry.Version, subject)
	}
	l.looks("framing"+h.suffix, h.who+" carries the id of its schema as "+s.Wire, h.field, h.framed)
	l.looks("subject"+h.suffix, "the registry has the subject "+subject, h.field, h.carries(live.MissingSubject))
	l.looks("known-id"+h.suffix, "the registry has a schema of the id that "+h.who+" carries", h.field, h.carries(live.UnknownID))
	l.looks("schema-id"+h.suffix, "the id that "+h.who+" carries is of "+which, h.field, h.carries(live.ForeignID))
	if s.Registry != nil && s.Registry.AutoRegister != nil && !*s.Registry.AutoRegister {
		l.add("auto-register"+h.suffix, "the service registers no version of "+subject, h.field, h.registersNone).look = h.carries(live.SelfRegistered)
	}
	if mode := p.CompatibilityMode(); mode != "none" {
		at := h.field
		if p.Compatibility != "" {
			at = in("compatibility")
		}
		l.looks("compatibility"+h.suffix, "the version that "+h.who+" carries may follow those before it: "+mode, at, h.follows)
	}
}

// framed judges the form of an id, for which no registry is needed.
func (h half) framed(_ *judgment, r *live.Record) Outcome {
	if f, ok := r.Unframed(h.part); ok {
		return wrong(r, f)
	}
	return pass(r)
}

// wrong is the outcome of a record that breaks its contract.
func wrong(r *live.Record, f finding.Finding) Outcome {
	return Outcome{Verdict: finding.Fail, Reason: "the record breaks its contract", Findings: []finding.Finding{f}, Records: []*live.Record{r}}
}

// chain are the findings about an id in the order in which one needs those
// before it.
var chain = []string{live.BrokenFraming, live.MissingSubject, live.UnknownID, live.ForeignID}

// carries judges a record by what is wrong with the id of its schema. What
// another promise speaks of, and hides this, leaves it not exercised.
func (h half) carries(id string) func(*judgment, *live.Record) Outcome {
	return func(_ *judgment, r *live.Record) Outcome {
		o, _ := h.registration(r, id)
		return o
	}
}

// registration is the outcome of a promise about the id that a record carries.
func (h half) registration(r *live.Record, id string) (Outcome, live.Registration) {
	found, err := r.Registration(h.part)
	if errors.Is(err, serde.ErrNoRegistry) {
		return vacuous("%v", err), found
	}
	if err != nil {
		return inconclusive(err), found
	}
	for _, f := range found.Findings {
		before := slices.IndexFunc(chain, func(id string) bool { return h.id(id) == f.ID })
		switch own := slices.Index(chain, id); {
		case f.ID == h.id(id):
			return wrong(r, f), found
		case before >= 0 && (own < 0 || before < own):
			return vacuous("%s, which hides it", f.Message), found
		}
	}
	return pass(r), found
}

// follows judges that the version whose id a record carries may follow those
// before it.
func (h half) follows(_ *judgment, r *live.Record) Outcome {
	o, found := h.registration(r, live.Incompatible)
	if o.Verdict == finding.Pass && found.Earlier == 0 {
		return moot("the record carries the first version of its subject")
	}
	return o
}

// registersNone looks at the subject, too: a version may be there that no
// record carries.
func (h half) registersNone(ctx context.Context, j *judgment) Outcome {
	r, _, err := j.triggered(ctx)
	if err != nil {
		return j.unmet(err, false)
	}
	if o := h.carries(live.SelfRegistered)(j, r); o.Verdict != finding.Pass {
		return o
	}
	since, err := j.Flow.NewVersions(j.promise.Event, h.part)
	switch {
	case err != nil:
		return inconclusive(err)
	case len(since) > 0:
		return j.fail([]*live.Record{r}, "registered since the service was started: %s", strings.Join(since, ", "))
	}
	return pass(r)
}
