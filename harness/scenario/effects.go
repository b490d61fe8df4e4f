package scenario

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/identity"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
)

// asked says whether the effects of the reaction are asked for, by sql or
// http, and are no events.
func (r *Reaction) asked() bool { return r.Consumes.Effect != nil && r.Consumes.Effect.Event == "" }

// shown says whether anything shows the effects of the reaction.
func (r *Reaction) shown() bool { return r.Produces != nil || r.source }

// askable checks that the effects of a reaction can be asked for: that the
// event has an id which Weir knows, and that there is somebody to ask.
func (r *resolver) askable(f *Flow, x *Reaction, path document.Path) {
	e, at := x.Consumes.Effect, x.Contract.Doc.Position("consumes", x.entry, "effect")
	i := r.s.service(x.Contract.Service.Name)
	how := "over http"
	if e.SQL != "" {
		how = "in a database"
	}
	switch {
	case f.Load.Via == ViaTrigger:
		r.Error(NotBuilt, path.Add("via"), fmt.Sprintf("the effects of %s (%s) are counted %s by the event's id, which its service gives: that is not built in a load via trigger", f.Load.Event, at, how), "use via: topic")
	case f.Produces.EnvelopeName() == contracts.EnvelopeNone:
		r.Error(BadLoad, path.Add("event"), fmt.Sprintf("the effects of %s (%s) are counted %s by the event's id, and without an envelope it has none", f.Load.Event, at, how), "give the event an envelope in its producer's contract")
	case i < 0:
		r.plan.note("the effects of %s are counted %s, and the scenario does not start it: they are not watched", x.Consumer, how)
	case e.SQL != "" && r.s.Services[i].Database == "":
		r.Missing(document.Path{"services", i}, "database", fmt.Sprintf(`effects of %s are counted in it (%s): database: '{{.Env "DATABASE_URL"}}'`, f.Load.Event, at))
	case e.HTTP != "" && r.s.Services[i].URL == "":
		r.Missing(document.Path{"services", i}, "url", fmt.Sprintf("effects of %s are asked for there (%s): url: http://127.0.0.1:{{.Port}}", f.Load.Event, at))
	default:
		x.source = true
	}
}

// sameQuestion says whether two reactions ask the same of the same.
func (r *resolver) sameQuestion(a, b *Reaction) bool {
	if !a.source || !b.source || a.Consumes.Effect.SQL != b.Consumes.Effect.SQL || a.Consumes.Effect.HTTP != b.Consumes.Effect.HTTP {
		return false
	}
	where := func(x *Reaction) string {
		i := r.s.service(x.Contract.Service.Name)
		if x.Consumes.Effect.SQL != "" {
			return r.s.Services[i].Database
		}
		return r.s.Services[i].Name
	}
	return where(a) == where(b)
}

// timeless says why no time is known of effects; "" where it is of all.
func (p *Plan) timeless() (why string) {
	p.anyReaction(func(_ *Flow, r *Reaction) bool {
		if r.source {
			why = fmt.Sprintf("not judged: the effects of %s are counted after the load, and when each came is not known", r.Consumer)
		}
		return why != ""
	})
	return why
}

// database checks the field of a service.
func (v *validator) database(path document.Path, s Service) {
	const hint = `name a variable that has it: database: '{{.Env "DATABASE_URL"}}'`
	written := s.Database
	for {
		before, after, open := strings.Cut(written, "{{")
		_, rest, closed := strings.Cut(after, "}}")
		if !open || !closed {
			break
		}
		written = before + rest
	}
	if effect.Password(written) {
		v.ErrorUnshown(BadDatabase, path, "the address of the database has a password, which is no part of a file", hint)
	} else if !strings.Contains(s.Database, "{{") {
		if err := effect.CheckAddress(s.Database); err != nil {
			v.Error(BadDatabase, path, err.Error(), hint)
		}
	}
}

// address is where the database of a service is; "" where the scenario names
// none. It may hold a password: it goes to the driver, and nowhere else.
func (x *execution) address(index int) (string, error) {
	s := &x.plan.Scenario.Services[index]
	if s.Database == "" {
		return "", nil
	}
	address, err := service.Expand(s.Database, service.Vars{Env: os.LookupEnv})
	if err != nil {
		return "", x.usage(BadTemplate, err.Error(), "services", index, "database")
	}
	if err := effect.CheckAddress(address); err != nil {
		return "", x.usage(BadDatabase, err.Error(), "services", index, "database")
	}
	return address, nil
}

// Database is that of a service, opened when it is first asked for; nil where
// the scenario names none.
func (x *execution) database(name string) *sql.DB {
	i := x.plan.Scenario.service(name)
	if i < 0 || x.databases[name] != nil {
		return x.databases[name]
	}
	address, err := x.address(i)
	if err != nil || address == "" {
		return nil // what is wrong with it was said before anything was started
	}
	db, err := effect.OpenDatabase(address)
	if err != nil {
		return nil
	}
	if x.databases == nil {
		x.databases = map[string]*sql.DB{}
	}
	x.databases[name] = db
	return db
}

// places are where the services of the run can be asked.
func (x *execution) places() effect.Places {
	return effect.Places{Database: x.database, URL: func(name string) string {
		if p := x.services[name]; p != nil {
			return p.URL()
		}
		return ""
	}}
}

// asking is a reaction whose effects are asked for when the flow is drained.
type asking struct {
	live     *liveFlow
	plan     *Reaction
	reaction *invariant.Reaction
	source   *effect.Source
}

// openSources makes the questions of the run ready, and asks each for an event
// that is not there: one that is wrong should cost no load. One that is not
// answered may be answered later.
func (x *execution) openSources(ctx context.Context) error {
	x.sources = map[*Reaction]*effect.Source{}
	nobody := identity.EventID{Run: x.identity, Sequence: 1<<40 - 1}
	for _, f := range x.plan.Flows {
		for i := range f.Reactions {
			r := &f.Reactions[i]
			if !r.source {
				continue
			}
			source, err := x.places().Source(r.Contract.Service.Name, r.Consumes.Effect)
			if err != nil {
				return &InfrastructureError{"asking for effects", err}
			}
			x.sources[r] = source
			switch _, err := source.Of(ctx, nobody.String()); {
			case err == nil || ctx.Err() != nil:
			case effect.Refused(err):
				return &PlanError{Findings: []finding.Finding{effect.Finding(r.Contract, r.entry, err)}}
			default:
				x.warn(fmt.Sprintf("the effects of %s cannot be counted at the moment: %v", r.Consumer, err))
			}
		}
	}
	return nil
}

// ask has the effects of a reaction counted after the load.
func (x *execution) ask(live *liveFlow, r *Reaction, reaction *invariant.Reaction) {
	reaction.Effect = x.sources[r].What()
	x.asking = append(x.asking, &asking{live, r, reaction, x.sources[r]})
}

// countEffects asks for all effects, and names those that are not known.
func (x *execution) countEffects(ctx context.Context, timeout time.Duration) (open []string) {
	if len(x.asking) == 0 {
		return nil
	}
	began := time.Now()
	slow := fmt.Errorf("not all were counted within %s", timeout)
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, slow)
	defer cancel()
	for _, a := range x.asking {
		x.logf("counting the effects of %s: %s", a.plan.Consumer, a.source)
		if err := a.count(ctx, x.identity); err != nil {
			open = append(open, fmt.Sprintf("the effects of %s are not known: %v", a.plan.Consumer, err))
		}
	}
	x.note("drain", fmt.Sprintf("asked for effects for %s", time.Since(began).Round(time.Millisecond)))
	return open
}

// count asks until nothing more comes, and tells the ledger what there is:
// also where an error leaves open what else there is.
func (a *asking) count(ctx context.Context, run uint64) error {
	l := look{asking: a, run: run, counts: make([]uint8, a.live.sender.Counts().Sent)}
	err := l.all(ctx)
	for err == nil {
		if !pause(ctx, drainEvery) {
			err = context.Cause(ctx)
			break
		}
		before := slices.Clone(l.counts)
		if err = l.all(ctx); err != nil || slices.Equal(before, l.counts) {
			break
		}
	}
	for seq, n := range l.counts {
		for range min(n, 2) {
			a.reaction.Ledger.Effect(uint64(seq))
		}
	}
	if err == nil && l.absent && !l.known {
		return errors.New("every answer was 404, as it is where the path is wrong")
	}
	return err
}

// look is what was counted of the effects of a sender's events: a byte for
// each, which stays at its highest.
type look struct {
	*asking
	run    uint64
	counts []uint8
	// asked says that every event was asked about once; absent and known say
	// that the source has answered that it knows nothing of one, or something.
	asked, absent, known bool
}

// all asks for all events. By a question about one event only those are asked
// about again that had no effect.
func (l *look) all(ctx context.Context) error {
	if l.source.Whole() {
		clear(l.counts)
	}
	again := l.asked
	l.asked = true
	return l.source.Each(ctx, func(yield func(string) bool) {
		for seq := range l.live.sender.Select(0, ledger.IsDuplicate) {
			if again && l.counts[seq] > 0 {
				continue
			}
			id := identity.EventID{Run: l.run, Sender: l.live.sender.ID(), Sequence: seq}
			if !yield(id.String()) {
				return
			}
		}
	}, l.found)
}

// found takes an answer; ids of other runs and other events are nothing to it.
func (l *look) found(id string, c effect.Count) {
	l.absent, l.known = l.absent || c.Absent, l.known || !c.Absent
	of, ok := identity.ParseEventID([]byte(id))
	if !ok || of.Run != l.run || of.Sender != l.live.sender.ID() || of.Sequence >= uint64(len(l.counts)) {
		return
	}
	l.counts[of.Sequence] = uint8(min(int(l.counts[of.Sequence])+c.N, 255))
}
