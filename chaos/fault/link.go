package fault

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/chaos/proxy"
)

// Spoiled is a rule of a proxy in force.
type Spoiled interface {
	// Remove heals what the rule does.
	Remove()
	// Effects are what it has done.
	Effects() proxy.Effects
}

// resetSettle is how long the injector looks for what clients do after their
// connections were reset once.
const resetSettle = time.Second

// noticeable is how late something must be to count as late: shorter is what
// any network does.
const noticeable = 10 * time.Millisecond

// linkName says what a fault on connections does.
func (f Fault) linkName() string {
	r, brokers := f.Rule, f.Target.String()
	clients := "all clients"
	switch {
	case r.Door != "":
		clients = r.Door
	case r.Client != "":
		clients = "clients " + r.Client
	}
	of := ""
	if len(r.Keys) > 0 {
		names := make([]string, len(r.Keys))
		for i, key := range r.Keys {
			names[i] = key.Name()
		}
		of = strings.Join(names, ", ") + " of "
	}
	switch {
	case r.Cut != 0:
		return fmt.Sprintf("cut %s off from %s%s", clients, brokers, oneWay(r.Cut))
	case r.Reset:
		return fmt.Sprintf("reset connections of %s to %s", clients, brokers)
	case r.Latency != nil:
		jitter := ""
		if r.Latency.Jitter > 0 {
			jitter = fmt.Sprintf(" ± %s", r.Latency.Jitter)
		}
		return fmt.Sprintf("delay %s%s at %s by %s%s%s", of, clients, brokers, r.Latency.Delay, jitter, oneWay(r.Latency.Way))
	case r.Bandwidth != nil:
		return fmt.Sprintf("limit %s at %s to %d bytes/s%s", clients, brokers, r.Bandwidth.BytesPerSecond, oneWay(r.Bandwidth.Way))
	}
	share := ""
	if r.Share > 0 && r.Share < 1 {
		share = trimFloat(r.Share*100) + "% of "
	}
	if r.Drop {
		return fmt.Sprintf("drop the replies to %s%s%s at %s", share, of, clients, brokers)
	}
	return fmt.Sprintf("answer %s%s%s at %s with %s", share, of, clients, brokers, r.Error.Message)
}

func oneWay(way proxy.Way) string {
	switch way {
	case proxy.Requests:
		return " (requests only)"
	case proxy.Replies:
		return " (replies only)"
	}
	return ""
}

// aimLink finds the brokers of a fault on connections. All of them are not
// named to the proxy: connections to brokers that it cannot tell are meant too.
func (in *Injector) aimLink(ctx context.Context, s *injection) error {
	rule := *s.fault.Rule
	s.rule = &rule
	target := s.fault.Target
	if target.All {
		return nil
	}
	var before State
	if target.LeaderOf != nil || target.FollowersOf != nil {
		var err error
		if before, err = in.cfg.Facts.State(ctx); err != nil {
			return fmt.Errorf("the cluster's state before the fault: %w", err)
		}
	}
	if err := in.find(ctx, s, before); err != nil {
		return err
	}
	rule.Brokers = slices.Clone(s.nodes)
	return nil
}

func (in *Injector) spoil(s *injection) error {
	spoiled, err := in.cfg.Spoil(*s.rule)
	if err != nil {
		return err
	}
	in.mu.Lock()
	s.spoiled = spoiled
	in.mu.Unlock()
	if s.fault.momentary() {
		spoiled.Remove()
	}
	return nil
}

// judgeLink decides from what the proxy did to connections, which it measures
// itself: whatever a busy machine does to clients, it is no part of that.
func (s *injection) judgeLink(errs int64) (trace bool, facts []string) {
	if s.spoiled == nil {
		return false, nil
	}
	e := s.spoiled.Effects()
	longest := func() string { return cmp.Or(e.Longest.Round(time.Millisecond), e.Longest).String() }
	switch s.fault.Kind {
	case Cut:
		trace = e.Longest >= noticeable
		facts = append(facts, fmt.Sprintf("%d streams of requests or replies were held", e.Held))
		if e.Held > 0 {
			facts[0] += ", the longest for " + longest()
		}
	case Latency:
		trace = e.Held > 0
		facts = append(facts, fmt.Sprintf("%d requests and replies were late", e.Held))
		if e.Held > 0 {
			facts[0] += fmt.Sprintf(", by %s on average and at most %s", (e.Total / time.Duration(e.Held)).Round(time.Microsecond), longest())
		}
	case Bandwidth:
		trace = e.Longest >= noticeable
		facts = append(facts, fmt.Sprintf("%d requests and replies passed", e.Held))
		if e.Held > 0 {
			facts[0] += ", of which the slowest took " + longest()
		}
	case Reset:
		trace = e.Resets > 0
		facts = append(facts, fmt.Sprintf("%d connections were reset", e.Resets))
	case Reply:
		trace = e.Hits > 0
		what := "replies were dropped"
		if s.rule.Error != nil {
			what = "requests were refused"
		}
		facts = append(facts, fmt.Sprintf("%d %s", e.Hits, what))
	}
	return s.injected && trace, append(facts, fmt.Sprintf("%d client errors while it was open", errs))
}
