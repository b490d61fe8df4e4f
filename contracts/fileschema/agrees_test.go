package fileschema_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/goccy/go-yaml"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/fileschema"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// load is the schema of a kind.
func load(t *testing.T, kind string) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.Load(fstest.MapFS{kind: {Data: fileschema.Of(kind)}}, kind)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate is what an editor says about a file; yes is false for one that is
// no YAML.
func validate(t *testing.T, s *jsonschema.Schema, file string) (problems []string, yes bool) {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := yaml.YAMLToJSON(src)
	if err != nil {
		return nil, false
	}
	for _, v := range s.Validate(doc) {
		problems = append(problems, v.String())
	}
	return problems, true
}

// findingsOf are the loader's.
func findingsOf(kind, file string) []finding.Finding {
	if kind == "scenario" {
		_, found := scenario.LoadFile(file)
		return found
	}
	_, found := contracts.Load(os.DirFS(filepath.Dir(file)), filepath.Base(file))
	return found
}

// files are those of the repository that match a pattern.
func files(t *testing.T, patterns ...string) []string {
	t.Helper()
	var all []string
	for _, p := range patterns {
		names, err := filepath.Glob(filepath.Join("../..", p))
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: no files, %v", p, err)
		}
		all = append(all, names...)
	}
	return all
}

// TestValidFiles: what the repository has is valid by its schema.
func TestValidFiles(t *testing.T) {
	for kind, patterns := range map[string][]string{
		"contract": {"contracts/testdata/valid/*.yaml", "examples/*/weir.yaml", "examples/*/*/weir.yaml", "cmd/weir/testdata/flow/weir.yaml", "harness/testdata/*/weir.yaml"},
		"scenario": {"harness/scenario/testdata/valid/*.yaml", "examples/order-flow/scenario*.yaml", "cmd/weir/testdata/flow/[ls]*.yaml", "harness/testdata/scenario.yaml"},
	} {
		s := load(t, kind)
		for _, file := range files(t, patterns...) {
			if problems, yes := validate(t, s, file); !yes || len(problems) > 0 {
				t.Errorf("%s: %s", file, strings.Join(problems, "\n\t"))
			}
		}
	}
}

// structural are the findings that a schema can have too: of the form of one
// value, or of the fields of one map.
var structural = []string{
	document.UnknownField, document.WrongType, document.UnknownValue, document.Required, document.BadValue, contracts.BadVersion, scenario.BadVersion,
}

// TestMalformedFiles: a file whose fault is in its structure is refused, by
// the loader and by the schema. The exceptions say why.
func TestMalformedFiles(t *testing.T) {
	refused := map[string]int{}
	unseen := maps.Clone(beyond)
	for kind, pattern := range map[string]string{"contract": "contracts/testdata/malformed/*.yaml", "scenario": "harness/scenario/testdata/malformed/*.yaml"} {
		s := load(t, kind)
		for _, file := range files(t, pattern) {
			problems, yes := validate(t, s, file)
			id := kind + "/" + strings.TrimSuffix(filepath.Base(file), ".yaml")
			reason, excepted := beyond[id]
			delete(unseen, id)
			if !yes {
				continue
			}
			found := findingsOf(kind, file)
			fault := slices.ContainsFunc(found, func(f finding.Finding) bool { return slices.Contains(structural, f.ID) })
			switch {
			case len(problems) > 0 && excepted:
				t.Errorf("%s is refused, and need be no exception (%s): %s", id, reason, problems[0])
			case len(problems) > 0:
				refused[kind]++
			case fault && !excepted:
				t.Errorf("%s is valid by the schema, but: %s %s", id, found[0].ID, found[0].Message)
			}
		}
	}
	if len(unseen) > 0 {
		t.Errorf("exceptions without a file: %v", unseen)
	}
	if refused["contract"] < 100 || refused["scenario"] < 60 {
		t.Errorf("only %v files are refused", refused)
	}
	t.Logf("refused: %v", refused)
}

// beyond are files with a fault of structure that the schema cannot see.
var beyond = map[string]string{
	"scenario/cluster-nodes-start":         "of a command only the program must not be empty",
	"contract/hex-number":                  "readers of YAML make a number of it",
	"contract/octal-number":                "readers of YAML make a number of it",
	"contract/underscore-number":           "readers of YAML make a number of it",
	"contract/duration-fraction-of-ns":     "a pattern does not bound a number",
	"contract/duration-out-of-range":       "a pattern does not bound a number",
	"contract/topic-settings":              "what a setting takes depends on its name, and brokers have others",
	"scenario/alter-topic-unknown-setting": "the program lists the settings of Kafka 4.3, brokers may have others",
	"scenario/alter-topic-config":          "what a setting takes depends on its name, and brokers have others",
	"contract/schema-file-ending":          "what other endings stand for is open: format: says it",
	"contract/schema-unknown-ending":       "what other endings stand for is open: format: says it",
	"scenario/keys-cardinality-octal":      "readers of YAML make a number of it",
	"scenario/seed-octal":                  "readers of YAML make a number of it",
	"scenario/poison-share-above-one":      "a pattern does not bound a number",
	"scenario/rate-huge":                   "a pattern does not bound a number",
	"scenario/target-all-false":            "false counts as not there, and may stand beside another target",
}

// TestNamesAgree: the names that the schema lists are those that the loader
// lists when it sees another one.
func TestNamesAgree(t *testing.T) {
	const produces, consumes, load = "contract produces: [{event: e, topic: t, ", "contract consumes: [{event: e, topic: t, group: g, ", "scenario load: [{event: e, profile: [{hold: 1/s, for: 1s}], "
	for id, line := range map[string]string{
		"contracts.Schema.format":          "contract schemas: {s: {file: a.json, format: ?}}",
		"contracts.Schema.wire":            "contract schemas: {s: {file: a.json, wire: ?}}",
		"contracts.Schema.formats":         "contract schemas: {s: {file: a.json, formats: ?}}",
		"contracts.Schema.encoding":        "contract schemas: {s: {file: a.proto, encoding: ?}}",
		"contracts.Key.format":             produces + "key: {place: $.a, format: ?}}]",
		"contracts.Produces.kind":          produces + "kind: ?}]",
		"contracts.Produces.envelope":      produces + "envelope: ?}]",
		"contracts.Produces.ordering":      produces + "ordering: ?}]",
		"contracts.Produces.compatibility": produces + "compatibility: ?}]",
		"contracts.Delivery.acks":          produces + "delivery: {acks: ?}}]",
		"contracts.Consumes.ordering":      consumes + "ordering: ?}]",
		"contracts.Consumes.isolation":     consumes + "isolation: ?}]",
		"contracts.Backoff.kind":           consumes + "retry: {attempts: 2, backoff: {kind: ?, initial: 1s}}}]",
		"contracts.DLQ.preserve":           consumes + "dlq: {topic: d, preserve: [?]}}]",
		"contracts.DLQ.delivery":           consumes + "dlq: {topic: d, delivery: ?}}]",
		"contracts.Objectives.publish":     "contract objectives: {publish: {?: 1s}}",
		"scenario.Cluster.kind":            "scenario cluster: {kind: ?}",
		"scenario.Cluster.controllers":     "scenario cluster: {controllers: ?}",
		"scenario.Scenario.invariants":     "scenario invariants: [?]",
		"scenario.Load.via":                load + "via: ?}]",
		"scenario.Producer.acks":           load + "producer: {acks: ?}}]",
		"scenario.Producer.compression":    load + "producer: {compression: ?}}]",
	} {
		kind, text, _ := strings.Cut(line, " ")
		file := filepath.Join(t.TempDir(), "file.yaml")
		if err := os.WriteFile(file, []byte("weir: "+kind+"/v1\n"+strings.ReplaceAll(text, "?", "qqqqqqqq")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		want := "valid are " + strings.Join(enumerated(fields[id](&schema{})), ", ")
		found := findingsOf(kind, file)
		if !slices.ContainsFunc(found, func(f finding.Finding) bool { return strings.Contains(f.Message, "qqqqqqqq") && f.Hint == want }) {
			t.Errorf("%s: the schema has %q; the loader says %+v", id, want, found)
		}
	}
}

// enumerated are the names of a schema that has some, sorted.
func enumerated(s *schema) []string {
	for _, inner := range []*schema{s.Items, s.PropertyNames} {
		if inner != nil {
			s = inner
		}
	}
	if len(s.AnyOf) > 0 {
		s = s.AnyOf[0]
	}
	var names []string
	for _, v := range s.Enum {
		names = append(names, v.(string))
	}
	slices.Sort(names)
	return names
}
