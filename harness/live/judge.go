package live

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/jsonschema"
	"github.com/flowweir/weir/harness/payload"
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

// judge lists what a record does wrong with its producer's contract.
func judge(r *Record) []finding.Finding {
	if r.produces == nil {
		return []finding.Finding{broken(r, UnknownEvent, nil, "no contract of this test produces such a record in %s", r.Topic)}
	}
	var out []finding.Finding
	at := r.contract.Doc.Position("produces", r.index())
	for _, p := range envelope.Check(envelope.Kind(r.produces.EnvelopeName()), r.payload, headers(r.Record)) {
		out = append(out, broken(r, BrokenEnvelope, at, "%s", p))
	}
	out = append(out, judgeID(r)...)
	out = append(out, judgeData(r)...)
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
	return finding.Finding{
		ID: id, Severity: finding.Error, Message: fmt.Sprintf(format, args...), Position: at,
		Record: &finding.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: string(r.Key), EventID: r.ID()},
	}
}

// judgeID judges the id of the schema that a record carries: its form, and as
// far as a registry is there to ask what it is the id of.
func judgeID(r *Record) []finding.Finding {
	if r.form.framing.Kind == "" || r.unframed == nil && r.flow.cfg.Registry == nil {
		return nil
	}
	registration, err := r.Registration()
	if err != nil {
		return []finding.Finding{r.wrongID(Unjudged, "%v", err)}
	}
	return registration.Findings
}

func judgeData(r *Record) []finding.Finding {
	at := r.contract.Doc.Position("produces", r.index(), "schema")
	own, err := r.flow.formOf(r.contract, r.produces)
	s := own.schema
	switch {
	case err != nil:
		return []finding.Finding{broken(r, Unjudged, at, "%v", err)}
	case s == nil:
		return nil
	case r.unframed != nil:
		return []finding.Finding{broken(r, Unjudged, at, "the data cannot be told from its framing: %v", r.unframed)}
	case coded(s) && r.undecoded != nil:
		return []finding.Finding{broken(r, BrokenSchema, at, "the data is no %s of its schema: %v", s.Format(), r.undecoded)}
	case !coded(s) && r.Data == nil:
		return []finding.Finding{broken(r, BrokenSchema, at, "the data is no JSON")}
	case coded(s):
		s = r.written
	}
	var out []finding.Finding
	for _, v := range s.Validate(r.Data) {
		out = append(out, broken(r, BrokenSchema, &v.Schema, "%s", v.Message))
	}
	for _, name := range s.Strangers(r.data) {
		out = append(out, broken(r, BrokenSchema, at, "it has %s, which the schema does not declare", name))
	}
	return out
}

func judgeKey(r *Record) []finding.Finding {
	key := r.produces.Key
	if key == nil {
		return nil
	}
	at := r.contract.Doc.Position("produces", r.index(), "key")
	// A key made from a header is compared with that header.
	if name, ok := strings.CutPrefix(key.Place, "header:"); ok {
		if want, ok := r.Header(name); !ok || want != string(r.Key) {
			return []finding.Finding{broken(r, BrokenKey, at, "the key is %q, and the header %s is %q", r.Key, name, want)}
		}
		return nil
	}
	if format := key.SerializedAs(); format != "string" {
		return []finding.Finding{broken(r, Unjudged, at, "judging a key in the format %s is not built; string is", format)}
	}
	want, err := payload.KeyOf(key, r.Data)
	switch {
	case err != nil:
		return []finding.Finding{broken(r, BrokenKey, at, "%v", err)}
	case string(want) != string(r.Key):
		return []finding.Finding{broken(r, BrokenKey, at, "the key is %q, and its data says %q", r.Key, want)}
	}
	return nil
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
