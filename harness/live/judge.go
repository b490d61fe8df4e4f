package live

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
	"github.com/flowweir/weir/reports/finding"
)

// The ids of what a record does wrong with a contract.
const (
	// UnknownEvent: no contract says that such a record may be here.
	UnknownEvent = "record/unknown-event"
	// BrokenSchema: the data is not valid under the producer's schema.
	BrokenSchema = "record/schema"
	// BrokenEnvelope: the record breaks a MUST of its envelope.
	BrokenEnvelope = "record/envelope"
	// BrokenFraming: the value does not carry the id of a schema as it is to.
	BrokenFraming = "record/framing"
	// MissingSubject: the registry does not have the event's subject.
	MissingSubject = "record/subject"
	// UnknownID: the registry has no schema of the id that a record carries.
	UnknownID = "record/known-id"
	// ForeignID: the id is that of a schema of another subject, of another
	// version than the contract names, or of another message.
	ForeignID = "record/schema-id"
	// SelfRegistered: the id is that of a version which was registered since
	// the service was started, where the contract refuses that.
	SelfRegistered = "record/auto-register"
	// Incompatible: the id is that of a version which may not follow those
	// before it.
	Incompatible = "record/compatibility"
	// BrokenKey: the record key is not the one that the data asks for.
	BrokenKey = "record/key"
	// BrokenHeader: a required header is missing, or does not match.
	BrokenHeader = "record/header"
	// Unjudged: something of this contract cannot be judged.
	Unjudged = "record/unjudged"
)

// FindingID is the id of what is wrong with the schema of a record's value, or of
// its key, or with the id of that: record/schema, and record/key-schema.
func FindingID(part registry.Part, id string) string {
	if part == registry.Key && id != Unjudged {
		return "record/key-" + strings.TrimPrefix(id, "record/")
	}
	return id
}

// judge lists what a record does wrong with its producer's contract.
func judge(r *Record) []finding.Finding {
	if r.produces == nil {
		return []finding.Finding{broken(r, UnknownEvent, nil, "no contract of this test produces such a record in %s", r.Topic)}
	}
	var out []finding.Finding
	at := r.contract.Doc.Position("produces", r.index())
	for _, p := range envelope.Check(envelope.Kind(r.produces.EnvelopeName()), r.value.payload, headers(r.Record)) {
		out = append(out, broken(r, BrokenEnvelope, at, "%s", p))
	}
	out = append(out, judgeHalf(r, &r.value, r.Data, r.data)...)
	if r.key.form.Declared != nil {
		out = append(out, judgeHalf(r, &r.key, r.KeyData, r.key.payload)...)
	}
	out = append(out, judgeKey(r)...)
	return append(out, judgeHeaders(r)...)
}

// index is the place of the record's event in its contract.
func (r *Record) index() int {
	for i := range r.contract.Produces {
		if &r.contract.Produces[i] == r.produces {
			return i
		}
	}
	return 0
}

func broken(r *Record, id string, at *finding.Position, format string, args ...any) finding.Finding {
	where := r.Where()
	return finding.Finding{ID: id, Severity: finding.Error, Message: fmt.Sprintf(format, args...), Position: at, Record: &where}
}

// judgeHalf judges a value or a key: the id of its schema that it carries, and
// the data in it, decoded and as it stands there.
func judgeHalf(r *Record, h *half, data any, raw []byte) []finding.Finding {
	return append(judgeID(r, h), judgeData(r, h, data, raw)...)
}

// judgeID judges the id of a schema: its form, and as far as a registry is there
// to ask what it is the id of.
func judgeID(r *Record, h *half) []finding.Finding {
	if h.form.Framing.Kind == "" || h.unframed == nil && r.flow.cfg.Registry == nil {
		return nil
	}
	registration, err := r.Registration(h.form.Part)
	if err != nil {
		return []finding.Finding{r.ofSchema(h, Unjudged, "%v", err)}
	}
	return registration.Findings
}

func judgeData(r *Record, h *half, data any, raw []byte) []finding.Finding {
	own, err := r.flow.serdes.Of(r.contract, r.produces, h.form.Part)
	s, what := own.Schema, "the data"
	if h.form.Part == registry.Key {
		what = "the key"
	}
	switch {
	case err != nil:
		return []finding.Finding{r.ofSchema(h, Unjudged, "%v", err)}
	case s == nil:
		return nil
	case h.unframed != nil:
		return []finding.Finding{r.ofSchema(h, Unjudged, "%s cannot be told from its framing: %v", what, h.unframed)}
	case serde.Coded(s) && h.undecoded != nil:
		return []finding.Finding{r.ofSchema(h, BrokenSchema, "%s is no %s of its schema: %v", what, s.Format(), h.undecoded)}
	case !serde.Coded(s) && data == nil:
		return []finding.Finding{r.ofSchema(h, BrokenSchema, "%s is no JSON", what)}
	case serde.Coded(s):
		s = h.written
	}
	var out []finding.Finding
	for _, v := range s.Validate(data) {
		out = append(out, broken(r, FindingID(h.form.Part, BrokenSchema), &v.Schema, "%s", v.Message))
	}
	for _, name := range s.Strangers(raw) {
		out = append(out, r.ofSchema(h, BrokenSchema, "it has %s, which the schema does not declare", name))
	}
	return out
}

// judgeKey compares the key with what the contract makes it of.
func judgeKey(r *Record) []finding.Finding {
	key := r.produces.Key
	if key == nil {
		return nil
	}
	at := r.contract.Doc.Position("produces", r.index(), "key")
	format := key.SerializedAs()
	switch coded := format != payload.KeyString; {
	case coded && key.Schema == nil && r.key.undecoded != nil:
		id := BrokenKey
		if !payload.KnowsKeys(format) {
			id = Unjudged
		}
		return []finding.Finding{broken(r, id, at, "the key is not of the format %s: %v", format, r.key.undecoded)}
	case coded && r.KeyData == nil:
		return []finding.Finding{broken(r, Unjudged, at, "the key cannot be read")}
	}
	got, there := r.At("key")
	is := fmt.Sprintf("the key is %q", got)
	if !there {
		is = "the record has no key"
	}
	// A key made from a header is compared with that header.
	if name, ok := strings.CutPrefix(key.Place, "header:"); ok {
		if want, ok := r.Header(name); !ok || want != got {
			return []finding.Finding{broken(r, BrokenKey, at, "%s, and the header %s is %q", is, name, want)}
		}
		return nil
	}
	if r.Data == nil && r.value.form.Schema != nil {
		return []finding.Finding{broken(r, Unjudged, at, "the data cannot be read, which would say what the key is")}
	}
	want, err := r.wantedKey(key)
	switch {
	case err != nil:
		return []finding.Finding{broken(r, BrokenKey, at, "%v", err)}
	case want != got || !there:
		return []finding.Finding{broken(r, BrokenKey, at, "%s, and its data says %q", is, want)}
	}
	return nil
}

// wantedKey is what the data says that the key is, as text: of a key that has a
// schema as a reader of it has that.
func (r *Record) wantedKey(key *contracts.Key) (string, error) {
	want, err := payload.KeyValue(key, r.Data)
	if err != nil || key.Schema == nil {
		return place.Text(want), err
	}
	if _, want, err = encode(r.key.written, want); err != nil {
		return "", fmt.Errorf("the data says of the key what is not of its schema: %w", err)
	}
	return place.Text(want), nil
}

func judgeHeaders(r *Record) []finding.Finding {
	var out []finding.Finding
	for _, name := range sortedKeys(r.produces.Headers) {
		want := r.produces.Headers[name]
		at := r.contract.Doc.Position("produces", r.index(), "headers", name)
		got, there := r.Header(name)
		switch {
		case !there && want.Required:
			out = append(out, broken(r, BrokenHeader, at, "the header %s is missing", name))
		case there && want.Pattern != "" && !matches(want.Pattern, got):
			out = append(out, broken(r, BrokenHeader, at, "the header %s is %q, which does not match %s", name, got, want.Pattern))
		}
	}
	return out
}

// plain is a Go value as decoded JSON.
func plain(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return jsonschema.Decode(text)
}
