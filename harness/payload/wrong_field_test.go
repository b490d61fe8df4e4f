package payload

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/loadgen/identity"
)

// strict asks for something of each field, and has room for more.
const strict = `{"type": "object", "required": ["total", "tenant"], "properties": {"total": {"type": "number", "minimum": 0}, "tenant": {"enum": ["t0", "t1", "t2"]}}}`

// formsOf are the words for what is wrong, after those forms in which nothing is
// right.
func formsOf(t *testing.T, cfg Config) (whats []string) {
	t.Helper()
	all, err := Wrongs(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range all {
		if w.Whole != nil {
			whats = append(whats, w.What)
		}
	}
	return whats
}

// TestWrongFields: each field is wrong by itself, as far as all consumers need
// it.
func TestWrongFields(t *testing.T) {
	closed := strings.Replace(strict, "{", `{"additionalProperties": false, `, 1)
	closed = strings.Replace(closed, `"tenant": {`, `"order_id": {"type": "string"}, "tenant": {`, 1)
	typed := []string{"without $.tenant", "with a value of another type in $.tenant", `with "weir-unknown" in $.tenant`}
	all := append(slices.Clone(typed), "without $.total", "with a value of another type in $.total", "with -1 in $.total")
	needs := func(places ...string) (r Reader) {
		for _, p := range places {
			r.Needs = append(r.Needs, contracts.Need{Place: p})
		}
		return r
	}
	for name, tt := range map[string]struct {
		schema  string
		readers []Reader
		leads   bool
		want    []string
	}{
		"all":                       {strict, []Reader{{}}, false, all},
		"what one needs":            {strict, []Reader{{}, needs("$.tenant", "header:a")}, false, typed[:2]},
		"what none needs":           {strict, []Reader{needs("$.total"), needs("$.tenant")}, false, nil},
		"what a reader refuses":     {strict, []Reader{{Refuses: func(data []byte) bool { return !strings.Contains(string(data), `"tenant"`) }}}, false, typed[:1]},
		"no room for an id":         {closed, nil, false, nil},
		"the id stands around it":   {closed, nil, true, append([]string{"with a value of another type in $.order_id"}, all...)},
		"a schema that takes it":    {`{"type": "object"}`, nil, false, nil},
		"a reader that has no room": {strict, []Reader{{Refuses: func(data []byte) bool { return strings.Contains(string(data), member) }}}, false, nil},
	} {
		cfg := config(t, under(t, tt.schema))
		cfg.Readers, cfg.LeadsBack = tt.readers, tt.leads
		if got := formsOf(t, cfg); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestWrongInTurn: a load takes each form, which one follows from the seed, and
// says which.
func TestWrongInTurn(t *testing.T) {
	cfg := config(t, under(t, strict), spoilt(Fault{Kind: WrongSchema, Share: 0.5}))
	m, again := maker(t, cfg), maker(t, cfg)
	seen := map[string]bool{}
	for seq := range uint64(1000) {
		r, what := record(m, seq), m.Wrong(seq)
		if wrong := m.cfg.Validate(r.Value) != nil; wrong != (what != "") || what != again.Wrong(seq) {
			t.Fatalf("%d is %q, and %q again: %s", seq, what, again.Wrong(seq), r.Value)
		}
		if id, ok := identity.Find(testRun, r.Value); what != "" && (!ok || id.Sequence != seq) {
			t.Fatalf("%s leads to %v", r.Value, id)
		}
		seen[what] = true
	}
	want, err := Wrongs(cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if !seen[w.What] {
			t.Errorf("none %s", w.What)
		}
	}
	if len(seen) != len(want)+1 || len(want) != 9 {
		t.Errorf("%d forms of %d: %v", len(seen)-1, len(want), seen)
	}
}

// TestMostWrongFields: there is a bound.
func TestMostWrongFields(t *testing.T) {
	wide := data(func(*rand.Rand) (any, error) {
		doc := map[string]any{}
		for i := range 2 * MaxWrongFields {
			doc[fmt.Sprintf("f%02d", i)] = "a"
		}
		return doc, nil
	})
	forms := formsOf(t, config(t, under(t, `{"additionalProperties": {"type": "string"}}`), wide))
	if len(forms) != MaxWrongFields || forms[MaxWrongFields-1] != "with a value of another type in $.f31" {
		t.Errorf("%d: %q", len(forms), forms)
	}
}
