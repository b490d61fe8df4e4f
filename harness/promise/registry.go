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
	"github.com/flowweir/weir/reports/finding"
)

// framing lists what an event promises that carries the id of its schema.
func (l *list) framing(p *contracts.Produces, s *contracts.Schema) {
	subject, version := registry.TopicName(p.TopicName(), registry.Value), ""
	if s.Registry != nil {
		subject, version = s.Registry.Subject, s.Registry.Version
	}
	which := "the subject " + subject
	if version != "" && version != "latest" {
		which = fmt.Sprintf("version %s of %s", version, subject)
	}
	l.looks("framing", "it carries the id of its schema as "+s.Wire, in("schema"), framed)
	l.looks("subject", "the registry has the subject "+subject, in("schema"), carries(live.MissingSubject))
	l.looks("known-id", "the registry has a schema of the id that it carries", in("schema"), carries(live.UnknownID))
	l.looks("schema-id", "the id that it carries is of "+which, in("schema"), carries(live.ForeignID))
	if s.Registry != nil && s.Registry.AutoRegister != nil && !*s.Registry.AutoRegister {
		l.add("auto-register", "the service registers no version of "+subject, in("schema"), registersNone).look = carries(live.SelfRegistered)
	}
	if mode := p.CompatibilityMode(); mode != "none" {
		at := in("schema")
		if p.Compatibility != "" {
			at = in("compatibility")
		}
		l.looks("compatibility", "the version that it carries may follow those before it: "+mode, at, follows)
	}
}

// framed judges the form of an id, for which no registry is needed.
func framed(_ *judgment, r *live.Record) Outcome {
	if f, ok := r.Unframed(); ok {
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
func carries(id string) func(*judgment, *live.Record) Outcome {
	return func(j *judgment, r *live.Record) Outcome {
		o, _ := j.registration(r, id)
		return o
	}
}

// registration is the outcome of a promise about a record's id.
func (j *judgment) registration(r *live.Record, id string) (Outcome, live.Registration) {
	found, err := r.Registration()
	if errors.Is(err, live.ErrNoRegistry) {
		return vacuous("%v", err), found
	}
	if err != nil {
		return inconclusive(err), found
	}
	for _, f := range found.Findings {
		before := slices.Index(chain, f.ID)
		switch own := slices.Index(chain, id); {
		case f.ID == id:
			return wrong(r, f), found
		case before >= 0 && (own < 0 || before < own):
			return vacuous("%s, of which another promise speaks", f.Message), found
		}
	}
	return pass(r), found
}

// follows judges that the version whose id a record carries may follow those
// before it.
func follows(j *judgment, r *live.Record) Outcome {
	o, found := j.registration(r, live.Incompatible)
	if o.Verdict == finding.Pass && found.Earlier == 0 {
		return moot("the record carries the first version of its subject")
	}
	return o
}

// registersNone looks at the subject, too: a version may be there that no
// record carries.
func registersNone(ctx context.Context, j *judgment) Outcome {
	r, _, err := j.triggered(ctx)
	if err != nil {
		return j.unmet(err, false)
	}
	if o := carries(live.SelfRegistered)(j, r); o.Verdict != finding.Pass {
		return o
	}
	since, err := j.Flow.NewVersions(j.promise.Event)
	switch {
	case err != nil:
		return inconclusive(err)
	case len(since) > 0:
		return j.fail([]*live.Record{r}, "registered since the service was started: %s", strings.Join(since, ", "))
	}
	return pass(r)
}
