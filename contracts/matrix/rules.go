package matrix

import (
	"embed"
	"path"
	"slices"

	"github.com/flowweir/weir/contracts/internal/example"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// The ids of what Check finds beside the breaks of schemas, which have the ids
// of package schema.
const (
	NeedRetained   = "check/need-retained"
	WireMismatch   = "check/wire-mismatch"
	WriterUnknown  = "check/writer-unknown"
	ModeWeaker     = "check/mode-weaker"
	RegistryUnread = "check/registry-unread"
	// RegistryUnanswered is about a registry, not about one of its subjects.
	RegistryUnanswered = "check/registry-unanswered"
	VersionInvalid     = "check/version-invalid"
	HistoryMissing     = "check/history-missing"
)

var table = []rules.Rule{
	rule(NeedRetained, finding.Error, "A consumer needs a field that records of an older version, which may still be on the topic, do not have."),
	rule(WireMismatch, finding.Error, "A consumer reads an event with another framing than its producer writes, so it misreads the first bytes."),
	rule(WriterUnknown, finding.Warning, "A consumer reads by a schema, and the producer gives none that it could be compared with."),
	rule(ModeWeaker, finding.Warning, "A contract promises less compatibility than its registry enforces; the stricter mode is applied."),
	rule(RegistryUnread, finding.Info, "A schema is in a registry, and none was given, so it is not compared."),
	rule(RegistryUnanswered, finding.Undecided, "The schema registry could not be asked, so nothing is known of the schemas in it."),
	rule(VersionInvalid, finding.Error, "A published version of a schema cannot be read, so nothing can be compared with it."),
	rule(HistoryMissing, finding.Warning, "A contract names a folder of published versions that is not there."),
}

func rule(id string, severity finding.Severity, why string) rules.Rule {
	return rules.Rule{Rule: finding.Rule{ID: id, Summary: why}, Severity: severity}
}

// Rules are the rules of this package.
func Rules() []rules.Rule { return slices.Clone(table) }

var severities = func() map[string]finding.Severity {
	m := map[string]finding.Severity{}
	for _, r := range table {
		m[r.ID] = r.Severity
	}
	return m
}()

// pages has a section for each rule, and fixtures the examples.
//
//go:embed pages.md
var pages string

//go:embed testdata/*.txtar
var fixtures embed.FS

// Explain explains a rule; false for an id that is none of Rules.
func Explain(id string) (rules.Guide, bool) {
	g, ok := rules.ReadGuide(pages, id)
	name := path.Base(id)
	if id == RegistryUnread {
		name = "no-registry"
	}
	if src, err := fixtures.ReadFile("testdata/" + name + ".txtar"); err == nil && ok {
		g.Example = example.Read(src).Markdown()
	}
	return g, ok
}
