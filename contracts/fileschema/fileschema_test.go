package fileschema_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/fileschema"
	"github.com/flowweir/weir/harness/scenario"
)

var update = flag.Bool("update", false, "write the schemas")

// TestSchemas makes the schemas again. If it fails, run it with -update and
// look at the difference: it is what editors will say of the model's change.
func TestSchemas(t *testing.T) {
	comments := readComments(t)
	used := map[string]bool{}
	for kind, model := range map[string]struct {
		title string
		value any
	}{
		"contract": {"A Weir contract: weir.yaml", contracts.Contract{}},
		"scenario": {"A Weir scenario", scenario.Scenario{}},
	} {
		s, keys := generate(t, comments, model.title, model.value)
		maps.Copy(used, keys)
		if t.Failed() {
			return
		}
		compact, err := marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := json.Indent(&got, compact, "", "  "); err != nil {
			t.Fatal(err)
		}
		got.WriteByte('\n')
		if *update {
			if err := os.WriteFile(kind+".schema.json", got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if !bytes.Equal(got.Bytes(), fileschema.Of(kind)) {
			t.Errorf("%s.schema.json is not what the model says; run go test ./contracts/fileschema -update", kind)
		}
	}
	for _, table := range []map[string]bool{set(descriptions), set(fields), set(rules)} {
		for _, id := range slices.Sorted(maps.Keys(table)) {
			if !used[id] {
				t.Errorf("%s is in a table, but the models have it no more", id)
			}
		}
	}
}

func set[V any](table map[string]V) map[string]bool {
	keys := map[string]bool{}
	for k := range table {
		keys[k] = true
	}
	return keys
}

func TestKinds(t *testing.T) {
	if got := strings.Join(fileschema.Kinds(), " "); got != "contract scenario" {
		t.Errorf("kinds are %s", got)
	}
	for _, kind := range fileschema.Kinds() {
		if !json.Valid(fileschema.Of(kind)) {
			t.Errorf("the schema of %s is not JSON", kind)
		}
	}
	for _, kind := range []string{"", "nonsense", "../model.go"} {
		if fileschema.Of(kind) != nil {
			t.Errorf("%q has a schema", kind)
		}
	}
}
