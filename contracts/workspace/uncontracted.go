package workspace

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// AllContracted says that the workspace takes all services to be under
// contract, but for those that it knows.
func (w *Workspace) AllContracted() bool { return w.File.Uncontracted.Policy == PolicyError }

// ApplyPolicy judges findings that say that the other side of an event is not
// under contract, by the workspace's uncontracted: with warn they are
// warnings, with error errors, and where a known service without a contract is
// that other side they are information. ids are the rules that say so, by
// default check/event-unproduced and check/event-unread. The latter stays a
// warning: nothing fails where nobody reads an event.
//
// Waived findings stay information. Places must be those of the rules: call it
// before Localize. The given slice stays as it is.
func (w *Workspace) ApplyPolicy(findings []finding.Finding, ids ...string) []finding.Finding {
	if len(ids) == 0 {
		ids = []string{rules.EventUnproduced, rules.EventUnread}
	}
	members := map[string]Member{}
	for _, m := range w.Members {
		members[path.Clean(m.Doc.File())] = m
	}
	judged := slices.Clone(findings)
	for i := range judged {
		f := &judged[i]
		if f.Severity == finding.Info || !slices.Contains(ids, f.ID) {
			continue
		}
		f.Severity = finding.Error
		if w.File.Uncontracted.Policy == PolicyWarn || f.ID == rules.EventUnread {
			f.Severity = finding.Warning
		}
		if f.Position == nil {
			continue
		}
		m, ok := members[path.Clean(f.Position.File)]
		if !ok {
			continue
		}
		if known, does := w.counterpart(m, *f.Position); known != "" {
			f.Severity = finding.Info
			f.Message += fmt.Sprintf("; %s %s it, which is known to have no contract", known, does)
			f.Hint = ""
		}
	}
	return judged
}

// counterpart is the known service at the other side of the interaction whose
// event stands at a place.
func (w *Workspace) counterpart(m Member, at finding.Position) (service, does string) {
	for i, c := range m.Consumes {
		if p := m.Doc.Position("consumes", i, "event"); p != nil && *p == at {
			return w.KnownProducer(c.Event), "produces"
		}
	}
	for i, c := range m.Produces {
		if p := m.Doc.Position("produces", i, "event"); p != nil && *p == at {
			return w.known(c.Event, func(k Known) []string { return k.Consumes }), "consumes"
		}
	}
	return "", ""
}

func (w *Workspace) known(event string, list func(Known) []string) string {
	for _, k := range w.File.Uncontracted.Known {
		if listed(event, list(k)) {
			return k.Service
		}
	}
	return ""
}

// KnownProducer is the first known service without a contract that produces
// an event; "" without one.
func (w *Workspace) KnownProducer(event string) string {
	return w.known(event, func(k Known) []string { return k.Produces })
}

// Sends says whether the workspace knows that the service produces an event.
func (k Known) Sends(event string) bool { return listed(event, k.Produces) }

// Reads says whether the workspace knows that the service consumes an event.
func (k Known) Reads(event string) bool { return listed(event, k.Consumes) }

// listed says whether an event is in a list of events and patterns.
func listed(event string, list []string) bool {
	return slices.ContainsFunc(list, func(pattern string) bool {
		prefix, family := strings.CutSuffix(pattern, "*")
		return pattern == event || family && strings.HasSuffix(prefix, ".") && strings.HasPrefix(event, prefix)
	})
}

// Known is what the workspace says of a service without a contract, nil where
// it does not list it.
func (w *Workspace) Known(service string) *Known {
	for i := range w.File.Uncontracted.Known {
		if k := &w.File.Uncontracted.Known[i]; k.Service == service {
			return k
		}
	}
	return nil
}
