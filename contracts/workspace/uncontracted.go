package workspace

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// ApplyPolicy judges findings that say that the other side of an event is not
// under contract, by the workspace's uncontracted: with warn they are
// warnings, with error errors, and where a known service without a contract is
// that other side they are information. ids are the rules that say so, by
// default check/event-unproduced.
//
// Waived findings stay information. Places must be those of the rules: call it
// before Localize. The given slice stays as it is.
func (w *Workspace) ApplyPolicy(findings []finding.Finding, ids ...string) []finding.Finding {
	if len(ids) == 0 {
		ids = []string{rules.EventUnproduced}
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
		if w.File.Uncontracted.Policy == PolicyWarn {
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
			return w.known(c.Event, func(k Known) []string { return k.Produces }), "produces"
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
		for _, pattern := range list(k) {
			prefix, family := strings.CutSuffix(pattern, "*")
			if pattern == event || family && strings.HasSuffix(prefix, ".") && strings.HasPrefix(event, prefix) {
				return k.Service
			}
		}
	}
	return ""
}

// IsKnown says whether the workspace lists a service as one without a
// contract.
func (w *Workspace) IsKnown(service string) bool {
	return slices.ContainsFunc(w.File.Uncontracted.Known, func(k Known) bool { return k.Service == service })
}
