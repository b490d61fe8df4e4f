package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/finding"
)

// Fields of a cluster that only some kinds read, and whose brokers they speak
// of.
var (
	ofStarted   = aside{[]string{"brokers", "config", "image", "disk", "controllers", "racks"}, "brokers that Weir starts"}
	ofContained = aside{[]string{"image", "disk", "controllers", "racks"}, "brokers in containers"}
	ofGiven     = aside{[]string{"bootstrap", "client-config", "nodes"}, "brokers that Weir does not start"}
)

// silent are the fields that say nothing on a kind of cluster.
var silent = map[string][]aside{
	cluster.Embedded: {ofContained, ofGiven},
	cluster.Docker:   {ofGiven},
	cluster.External: {ofStarted},
}

// aside are fields, and whose they are.
type aside struct {
	fields []string
	of     string
}

func (a aside) String() string {
	are := "they are"
	if len(a.fields) == 1 {
		are = "it is"
	}
	return fmt.Sprintf("%s: %s of %s", strings.Join(a.fields, ", "), are, a.of)
}

// chosen is the kind of cluster that was chosen outside of the scenario's file;
// empty where the file decides. Addresses alone mean an external one.
func (c *config) chosen() string {
	switch {
	case c.cluster != nil:
		return c.cluster.Info().Kind
	case c.kind == "" && len(c.bootstrap) > 0:
		return cluster.External
	}
	return c.kind
}

// on is the scenario on the kind of cluster that was chosen outside of its file,
// if one was. What the file says for its own kind alone is left aside there, and
// named: the same file runs on all kinds. On its own kind nothing is.
func (s *Scenario) on(kind string, bootstrap []string) (placed *Scenario, left string) {
	all := *s
	own := s.Cluster.Kind
	if kind != "" {
		all.Cluster.Kind = kind
	}
	var parts []string
	if kind != "" && kind != own {
		for _, a := range silent[kind] {
			a.fields = slices.DeleteFunc(slices.Clone(a.fields), func(field string) bool { return !s.says(field, kind) })
			for i, field := range a.fields {
				all.Cluster.clear(field)
				a.fields[i] = "cluster." + field
			}
			if len(a.fields) > 0 {
				parts = append(parts, a.String())
			}
		}
	}
	switch {
	case len(bootstrap) == 0:
	case all.Cluster.Kind == cluster.External:
		all.Cluster.Bootstrap = bootstrap
	default:
		parts = append(parts, "the addresses "+strings.Join(bootstrap, ",")+": they are of "+ofGiven.of)
	}
	if len(parts) == 0 {
		return &all, ""
	}
	return &all, fmt.Sprintf("left aside on %s: %s", all.Cluster.kind(), strings.Join(parts, "; "))
}

// Aside names what the scenario's file says that means nothing on the kind of
// cluster, or the addresses, that were chosen outside of it.
func (p *Plan) Aside(kind string, bootstrap []string) string {
	_, left := p.Scenario.on(kind, bootstrap)
	return left
}

// says tells whether the file says something in a field of its cluster that
// means nothing on a kind. That each broker is a controller too is what
// embedded ones are taken for anyway.
func (s *Scenario) says(field, kind string) bool {
	if field == "controllers" && kind == cluster.Embedded && s.Cluster.Controllers != "separate" {
		return false
	}
	return s.Doc.Has("cluster", field)
}

// clear takes out what a field says.
func (c *Cluster) clear(field string) {
	switch field {
	case "brokers":
		c.Brokers = 0
	case "config":
		c.Config = nil
	case "image":
		c.Image = ""
	case "disk":
		c.Disk = 0
	case "controllers":
		c.Controllers = ""
	case "racks":
		c.Racks = nil
	case "bootstrap":
		c.Bootstrap = nil
	case "client-config":
		c.ClientConfig = ""
	case "nodes":
		c.Nodes = nil
	}
}

// Misplaced is what a file that names no kind of cluster says of the brokers of
// another kind than it gets then: embedded. It is wrong only where nothing
// outside of the file chooses the kind; of a file that names its kind this was
// said when it was read.
func (s *Scenario) Misplaced() []finding.Finding {
	if s.Cluster.Kind != "" || s.Doc.Failed("cluster", "kind") {
		return nil
	}
	v := &validator{document.NewChecker(s.Doc), s}
	v.suits(document.Path{"cluster"}, cluster.Embedded)
	return v.Findings()
}

// suits reports the fields that say nothing on the file's own kind.
func (v *validator) suits(path document.Path, kind string) {
	for _, a := range silent[kind] {
		for _, field := range a.fields {
			if !v.s.says(field, kind) {
				continue
			}
			message, hint := fmt.Sprintf("%s says nothing with kind: %s", field, kind), "set kind: "+cluster.External
			switch {
			case kind == cluster.External:
				message, hint = fmt.Sprintf("%s cannot be chosen for an external cluster", field), "remove it"
			case !slices.Contains(ofGiven.fields, field):
				hint = "set kind: " + cluster.Docker
			}
			v.Conflict(path.Add(field), path.Add("kind"), message, hint)
		}
	}
}
