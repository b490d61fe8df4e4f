package live

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts/envelope"
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
	// BrokenFraming: the value does not carry the id of a schema as it is to,
	// or that of another subject.
	BrokenFraming = "record/framing"
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
	out = append(out, judgeFraming(r)...)
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

func judgeData(r *Record) []finding.Finding {
	schema, err := r.flow.schemaOf(r.contract, r.produces)
	switch at := r.contract.Doc.Position("produces", r.index(), "schema"); {
	case err != nil:
		return []finding.Finding{broken(r, Unjudged, at, "%v", err)}
	case schema == nil:
		return nil
	case r.unframed != nil:
		return []finding.Finding{broken(r, Unjudged, at, "the data cannot be told from its framing: %v", r.unframed)}
	case r.Data == nil:
		return []finding.Finding{broken(r, BrokenSchema, at, "the data is no JSON")}
	default:
		var out []finding.Finding
		for _, v := range schema.ValidateValue(r.Data) {
			at := r.flow.cfg.Files.Locate(v.Schema)
			out = append(out, broken(r, BrokenSchema, &at, "%s", v))
		}
		return out
	}
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
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}
