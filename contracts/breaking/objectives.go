package breaking

import (
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// objectives compares the bounds that a service sets itself.
func (p *pass) objectives() {
	was, is := p.old.Objectives, p.latest.Objectives
	if was == nil {
		return
	}
	if is == nil {
		is = &contracts.Objectives{}
	}
	for _, latency := range []struct {
		name    string
		was, is map[string]document.Duration
	}{
		{"publish", was.Publish, is.Publish}, {"send", was.Send, is.Send},
		{"end-to-end", was.EndToEnd, is.EndToEnd}, {"effect", was.Effect, is.Effect},
	} {
		for _, quantile := range contracts.Quantiles() {
			p.duration(latency.was[quantile], bound(latency.is, quantile), latency.name, quantile)
		}
	}
	p.duration(was.Recovery, is.Recovery, "recovery")
	p.lag(was.Lag, is.Lag)
	if was.Achieved > 0 && is.Achieved < was.Achieved {
		p.loosened(steps("achieved"), "at least "+was.Achieved.String(), is.Achieved.String(), is.Achieved > 0)
	}
	if was.Errors != nil && (is.Errors == nil || *is.Errors > *was.Errors) {
		now := ""
		if is.Errors != nil {
			now = is.Errors.String()
		}
		p.loosened(steps("errors"), "at most "+was.Errors.String(), now, is.Errors != nil)
	}
}

// bound is what a set of objectives says of a quantile: its own bound, or the
// next one of a higher quantile, which holds for the lower ones too.
func bound(latency map[string]document.Duration, quantile string) document.Duration {
	names := contracts.Quantiles()
	for _, name := range names[slices.Index(names, quantile):] {
		if d := latency[name]; d > 0 {
			return d
		}
	}
	return 0
}

func (p *pass) lag(was, is *contracts.LagObjective) {
	if was == nil {
		return
	}
	if is == nil {
		is = &contracts.LagObjective{}
	}
	p.duration(was.Age, is.Age, "lag", "age")
	if was.Records > 0 && (is.Records == 0 || is.Records > was.Records) {
		p.loosened(steps("lag", "records"), "at most "+was.Records.String(), is.Records.String(), is.Records > 0)
	}
}

func (p *pass) duration(was, is document.Duration, field ...string) {
	if was > 0 && (is == 0 || is > was) {
		var at []any
		for _, step := range field {
			at = append(at, step)
		}
		p.loosened(at, "at most "+length(time.Duration(was)), length(time.Duration(is)), is > 0)
	}
}

func (p *pass) loosened(field []any, was, now string, stated bool) {
	name := fmt.Sprint(field[0])
	for _, step := range field[1:] {
		name += fmt.Sprintf(".%s", step)
	}
	is := "is not bounded any more"
	if stated {
		is = "may be " + now
	}
	at := slices.Concat(steps("objectives"), field)
	p.report(p.latest, finding.Finding{
		ID: ObjectiveLoosened, Position: p.latest.Doc.Position(at...),
		Message: fmt.Sprintf("%s of %s was %s and %s", name, p.latest.Service.Name, was, is),
		Related: related(p.old.Doc.Position(at...), "before, in %s", p.oldSide.Name),
	})
}
