package jsonschema_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
)

// TestLookupAgrees holds Lookup, over random schemas, to Compare with readers
// that are written here: a place that a strict reader may require is Always
// there, of one that is Always there a reader that leaves types alone may
// require it, and what is not Always there, or of a type, is shown by a
// document.
func TestLookupAgrees(t *testing.T) {
	seeds := uint64(120)
	if testing.Short() {
		seeds = 30
	}
	counts := map[string]int{}
	for seed := range seeds {
		r := &randomSchemas{Rand: rand.New(rand.NewPCG(seed, 11))}
		text := marshal(r.document(1 + int(seed%2)))
		s, err := loadText("w.json", text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, p := range []string{"$.a", "$.b.a", "$.c[0]"} {
			a := agreement{t, s, place.MustParse(p), fmt.Sprintf("seed %d: %s: %s", seed, text, p)}
			counts[a.check()]++
		}
	}
	t.Log(counts)
	for _, presence := range []string{"always", "sometimes", "never", "unstated"} {
		if counts[presence] == 0 {
			t.Errorf("no place was %s there: %v", presence, counts)
		}
	}
	if all := 3 * int(seeds); 50*counts["open"] > all {
		t.Errorf("%d of %d places are open", counts["open"], all)
	}
}

type agreement struct {
	*testing.T
	schema *jsonschema.Schema
	at     place.Place
	what   string
}

func (a agreement) check() string {
	a.Helper()
	f := a.schema.Lookup(a.at)
	strict, loose := a.reads(readerOf(a.at, true, `true`)), a.reads(readerOf(a.at, false, `true`))
	document, result := a.schema.Lacking(a.at)
	switch {
	case f.Open:
		if result != compat.Undecided {
			a.Errorf("%s is open, and yet %s", a.what, result)
		}
		return "open"
	case f.Presence == field.Always && (loose != compat.Compatible || result != compat.Compatible):
		a.Errorf("%s is always there, but a reader that requires it is %s (%s)", a.what, loose, result)
	case f.Presence != field.Always && strict == compat.Compatible:
		a.Errorf("%s is %s there, but a reader may require it", a.what, f.Presence)
	case f.Presence != field.Always:
		if v := a.accepted(document); v != nil {
			if _, there := a.at.In(v.value); there {
				a.Errorf("%s is there in %s", a.what, document)
			}
		}
	}
	if f.Presence == field.Always || f.Presence == field.Sometimes {
		a.types(f)
	}
	return f.Presence.String()
}

// types holds each type of a place to a document, and the others to Compare.
func (a agreement) types(f field.Field) {
	a.Helper()
	for name, test := range map[string]string{
		"array": `{"type":"array"}`, "boolean": `{"type":"boolean"}`, "integer": `{"type":"integer"}`, "null": `{"type":"null"}`,
		"number": `{"type":"number","not":{"type":"integer"}}`, "object": `{"type":"object"}`, "string": `{"type":"string"}`,
	} {
		can := f.Types == nil || slices.Contains(f.Types, name) || name == "integer" && slices.Contains(f.Types, "number")
		without := a.reads(`{"not":` + readerOf(a.at, true, test) + `}`)
		switch document, result := a.schema.Having(a.at, name); {
		case !can && without != compat.Compatible:
			a.Errorf("%s is %v, but can be %s (%s)", a.what, f.Types, name, without)
		case can && result == compat.Incompatible:
			if v := a.accepted(document); v != nil {
				if value, there := a.at.In(v.value); !there || jsonschema.TypeName(value) != name {
					a.Errorf("%s is no %s in %s", a.what, name, document)
				}
			}
		case can && slices.Contains(f.Types, name) && result == compat.Compatible:
			if name != "number" {
				a.Errorf("%s is %v, but no document has %s there", a.what, f.Types, name)
			}
		}
	}
}

type decoded struct{ value any }

// accepted is a document that the schema accepts.
func (a agreement) accepted(document string) *decoded {
	a.Helper()
	v, err := jsonschema.Decode([]byte(document))
	if err != nil {
		a.Errorf("%s: %s: %v", a.what, document, err)
		return nil
	}
	if wrong := a.schema.ValidateValue(v); len(wrong) > 0 {
		a.Errorf("%s: refuses %s: %v", a.what, document, wrong)
		return nil
	}
	return &decoded{v}
}

func (a agreement) reads(reader string) compat.Result {
	a.Helper()
	r, err := loadText("r.json", reader)
	if err != nil {
		a.Fatalf("%s: %v", reader, err)
	}
	return jsonschema.Compare(a.schema, r).Result()
}

// readerOf requires a place, in containers of the right type or whatever they
// are.
func readerOf(at place.Place, typed bool, last string) string {
	for _, s := range slices.Backward(at.Path()) {
		if s.IsIndex {
			last = fmt.Sprintf(`{"type":"array","minItems":%d,"prefixItems":[%s%s]}`, s.Index+1, strings.Repeat("true,", s.Index), last)
		} else {
			last = fmt.Sprintf(`{"type":"object","required":[%q],"properties":{%q:%s}}`, s.Name, s.Name, last)
		}
		if !typed {
			last = strings.NewReplacer(`"type":"array",`, "", `"type":"object",`, "").Replace(last)
		}
	}
	return last
}
