package infer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts/place"
)

// key is what is known of the record key of an event. One of place and open
// is set: open says, as a comment, why there is no place.
type key struct {
	place  string
	format string // "" is string
	why    string
	open   string
}

// maxKeyDepth is how deep a key is looked for: keys are made of what an event
// is about, not of its details.
const maxKeyDepth = 4

// field is a place that every document has with text or a number.
type field struct {
	at    place.Place
	name  string
	depth int
}

// fields are the candidates for a key, the likeliest first.
func (e *event) fields() []field {
	if len(e.documents) < len(e.records) {
		return nil
	}
	var found []field
	var visit func(s *shape, path []place.Segment)
	visit = func(s *shape, path []place.Segment) {
		if s.objects != s.values || s.isMap() || len(path) == maxKeyDepth {
			return
		}
		for _, name := range sortedNames(s.members) {
			m := s.members[name]
			if m.values != s.objects || m.nulls > 0 || m.anything {
				continue
			}
			at := append(slices.Clip(path), place.Name(name))
			if m.strings == m.values || m.integers == m.values {
				found = append(found, field{place.Field(at...), name, len(at)})
			}
			visit(m, at)
		}
	}
	visit(e.shape, nil)
	slices.SortStableFunc(found, func(a, b field) int {
		if a.depth != b.depth {
			return a.depth - b.depth
		}
		return e.rank(a) - e.rank(b)
	})
	return found
}

// rank is lower for a name that more likely is the key's: order_id of
// OrderPlaced before another id, and that before id alone.
func (e *event) rank(f field) int {
	plain := strings.ToLower(strings.ReplaceAll(f.name, "_", ""))
	stem, isID := strings.CutSuffix(plain, "id")
	switch {
	case !isID || !idName(f.name):
		return 3
	case stem == "":
		return 2
	case strings.HasPrefix(strings.ToLower(lastPart(e.name)), stem):
		return 0
	}
	return 1
}

// idName says whether a name is id, or ends with _id, -id or Id: "paid" does
// not.
func idName(name string) bool {
	return name == "id" || name == "ID" || strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "-id") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID")
}

// guessKey is the key of an event of which there are only documents.
func (e *event) guessKey() key {
	for _, f := range e.fields() {
		if e.rank(f) < 3 {
			return key{place: f.at.String(), why: "a guess: every document has it, and its name ends with id"}
		}
	}
	return key{open: "key: the field that record keys are made of, such as $.order_id; no field that every document has ends with id"}
}

// findKey is the place whose value is the record's key, in all records.
func (e *event) findKey() key {
	keys, with := map[string]bool{}, 0
	for _, r := range e.records {
		if r.Key != nil {
			keys[string(r.Key)] = true
			with++
		}
	}
	switch {
	case with == 0:
		return key{open: "key: none of the records has one; name the field, such as $.order_id, if the producer should key them"}
	case with < len(e.records):
		return key{open: fmt.Sprintf("key: %d of %s have one, the others none; a contract's key is that of every record", with, records(len(e.records)))}
	}
	why := fmt.Sprintf("equal to the key of all %s, with %s", records(len(e.records)), plural(len(keys), "different key"))
	if len(keys) == 1 {
		why = fmt.Sprintf("a guess: equal to the key of %s, but there was only one key", records(len(e.records)))
	}
	for _, format := range []string{"string", "json", "long"} {
		for _, f := range e.fields() {
			if e.keyed(format, func(r *seen) (any, bool) { return f.at.In(r.data) }) {
				return key{place: f.at.String(), format: canonicalFormat(format), why: why}
			}
		}
		for _, name := range e.requiredHeaders() {
			if e.keyed(format, func(r *seen) (any, bool) { v, ok := r.header(name); return v, ok }) {
				return key{place: "header:" + name, format: canonicalFormat(format), why: why}
			}
		}
	}
	return key{open: "key: the records have keys, and no field that all of them have is equal to it; write a place, or template: \"{$.tenant}:{$.order_id}\""}
}

// canonicalFormat leaves the default out.
func canonicalFormat(format string) string {
	if format == "string" {
		return ""
	}
	return format
}

func records(n int) string { return plural(n, "record") }

func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// keyed says whether the value is the key of every record.
func (e *event) keyed(format string, value func(*seen) (any, bool)) bool {
	for _, r := range e.records {
		v, ok := value(r)
		if !ok || !keyIs(format, r.Key, v) {
			return false
		}
	}
	return true
}

// keyIs says whether a key is a value that was written in a format.
func keyIs(format string, key []byte, v any) bool {
	switch format {
	case "string":
		return utf8.Valid(key) && string(key) == place.Text(v)
	case "json":
		text, err := json.Marshal(v)
		return err == nil && bytes.Equal(key, text)
	}
	n, ok := v.(json.Number)
	return ok && len(key) == 8 && fmt.Sprint(int64(binary.BigEndian.Uint64(key))) == n.String()
}

// lastPart is OrderPlaced of com.acme.order.OrderPlaced.
func lastPart(name string) string {
	return name[strings.LastIndexAny(name, "./:")+1:]
}

// shortName is OrderPlaced of com.acme.order.OrderPlaced, and order.placed of
// acme.order.placed, whose last part alone would say little.
func shortName(name string) string {
	last := lastPart(name)
	if rest := strings.TrimSuffix(name, last); rest != "" && last != "" && unicode.IsLower(rune(last[0])) {
		before := rest[:len(rest)-1]
		return lastPart(before) + rest[len(rest)-1:] + last
	}
	return last
}
