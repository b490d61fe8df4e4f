package envelope_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/place"
)

var full = envelope.Attributes{
	ID: "e-1", Type: "com.acme.OrderPlaced", Source: "/orders",
	Time:          time.Date(2026, 11, 24, 20, 0, 0, 123456000, time.FixedZone("", 3600)),
	CorrelationID: "c-1", CausationID: "e-0",
}

// headerLines renders headers as "key=value" in their order.
func headerLines(headers []envelope.Header) []string {
	var lines []string
	for _, h := range headers {
		lines = append(lines, h.Key+"="+string(h.Value))
	}
	return lines
}

func parseHeaders(lines ...string) []envelope.Header {
	var headers []envelope.Header
	for _, line := range lines {
		key, value, _ := strings.Cut(line, "=")
		headers = append(headers, envelope.Header{Key: key, Value: []byte(value)})
	}
	return headers
}

func TestEncode(t *testing.T) {
	rich := full
	rich.Subject, rich.DataSchema, rich.DataContentType = "o-1", "https://acme.example/s", "text/plain"
	rich.Extensions = map[string]string{"tenant": `a"b`, "partitionkey": "k"}
	tests := []struct {
		name    string
		kind    envelope.Kind
		in      envelope.Attributes
		data    string
		value   string
		headers []string
	}{
		{"none", envelope.None, full, `{"a":1}`, `{"a":1}`, nil},
		{"binary", envelope.CloudEventsBinary, full, `{"a":1}`, `{"a":1}`, []string{
			"ce_specversion=1.0", "ce_id=e-1", "ce_type=com.acme.OrderPlaced", "ce_source=/orders",
			"ce_time=2026-11-24T19:00:00.123456Z", "ce_correlationid=c-1", "ce_causationid=e-0",
			"content-type=application/json",
		}},
		{"binary with everything", envelope.CloudEventsBinary, rich, `hi`, `hi`, []string{
			"ce_specversion=1.0", "ce_id=e-1", "ce_type=com.acme.OrderPlaced", "ce_source=/orders",
			"ce_time=2026-11-24T19:00:00.123456Z", "ce_subject=o-1", "ce_dataschema=https://acme.example/s",
			"ce_correlationid=c-1", "ce_causationid=e-0", "ce_partitionkey=k", `ce_tenant=a"b`, "content-type=text/plain",
		}},
		{"structured", envelope.CloudEventsStructured, full, `{"a":1}`,
			`{"specversion":"1.0","id":"e-1","type":"com.acme.OrderPlaced","source":"/orders","time":"2026-11-24T19:00:00.123456Z","correlationid":"c-1","causationid":"e-0","datacontenttype":"application/json","data":{"a":1}}`,
			[]string{"content-type=application/cloudevents+json"}},
		{"structured with everything", envelope.CloudEventsStructured, rich, `hi`,
			`{"specversion":"1.0","id":"e-1","type":"com.acme.OrderPlaced","source":"/orders","time":"2026-11-24T19:00:00.123456Z","subject":"o-1","dataschema":"https://acme.example/s","correlationid":"c-1","causationid":"e-0","partitionkey":"k","tenant":"a\"b","datacontenttype":"text/plain","data_base64":"aGk="}`,
			[]string{"content-type=application/cloudevents+json"}},
		{"standard", envelope.Standard, full, `{"a":1}`,
			`{"id":"e-1","type":"com.acme.OrderPlaced","source":"/orders","spec_version":"1.0","time":"2026-11-24T19:00:00.123456Z","correlation_id":"c-1","causation_id":"e-0","data":{"a":1}}`,
			[]string{"content-type=application/json"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := parseHeaders("tenant=x")
			value, headers := envelope.Encode(tt.kind, &tt.in, []byte(tt.data), before)
			if diff := cmp.Diff(tt.value, string(value)); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{"tenant=x"}, tt.headers...), headerLines(headers)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if problems := envelope.Check(tt.kind, value, headers); problems != nil {
				t.Errorf("Check = %v", problems)
			}
			if tt.kind == envelope.None {
				return
			}
			back, data, err := envelope.Decode(tt.kind, value, headers)
			if err != nil {
				t.Fatal(err)
			}
			want := tt.in
			want.SpecVersion, want.Time = "1.0", want.Time.UTC()
			if want.DataContentType == "" && tt.kind != envelope.Standard {
				want.DataContentType = "application/json"
			}
			if diff := cmp.Diff(want, back); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if string(data) != tt.data {
				t.Errorf("data = %s, want %s", data, tt.data)
			}
		})
	}
}

func TestEncodeLeavesOutWhatIsAbsent(t *testing.T) {
	for kind, want := range map[envelope.Kind]string{
		envelope.CloudEventsStructured: `{"specversion":"1.0","id":"ü\n","datacontenttype":"application/json"}`,
		envelope.Standard:              `{"id":"ü\n","spec_version":"1.0"}`,
		envelope.CloudEventsBinary:     "",
	} {
		value, _ := envelope.Encode(kind, &envelope.Attributes{ID: "ü\n"}, nil, nil)
		if string(value) != want {
			t.Errorf("%s: %s, want %s", kind, value, want)
		}
	}
}

func TestDecode(t *testing.T) {
	tests := []struct {
		name    string
		kind    envelope.Kind
		value   string
		headers []string
		want    envelope.Attributes
		data    string
		err     string
	}{
		{name: "none with plain headers", kind: envelope.None, value: "x",
			headers: []string{"causation_id=a", "correlation_id=b"},
			want:    envelope.Attributes{CausationID: "a", CorrelationID: "b"}, data: "x"},
		{name: "binary, the attribute before the plain header", kind: envelope.CloudEventsBinary, value: "{}",
			headers: []string{"ce_id=1", "ce_causationid=a", "causation_id=b", "correlation_id=c", "ce_=x"},
			want:    envelope.Attributes{ID: "1", CausationID: "a", CorrelationID: "c"}, data: "{}"},
		{name: "binary, the last of two", kind: envelope.CloudEventsBinary,
			headers: []string{"ce_id=1", "ce_id=2"}, want: envelope.Attributes{ID: "2"}},
		{name: "binary that is structured", kind: envelope.CloudEventsBinary, value: "{}",
			headers: []string{"content-type=application/cloudevents+json"},
			err:     `not a binary CloudEvent: content-type "application/cloudevents+json" says structured`},
		{name: "structured, scalars and odd members", kind: envelope.CloudEventsStructured,
			value: ` {"id":"1","n":12,"b":true,"x":null,"o":{},"time":"soon","data":[1]}`,
			want:  envelope.Attributes{ID: "1", Extensions: map[string]string{"n": "12", "b": "true"}}, data: "[1]"},
		{name: "structured, text in a string", kind: envelope.CloudEventsStructured,
			value: `{"datacontenttype":"text/xml","data":"<a/>"}`,
			want:  envelope.Attributes{DataContentType: "text/xml"}, data: "<a/>"},
		{name: "structured, names are exact", kind: envelope.CloudEventsStructured,
			value: `{"ID":"1","Data":1}`, want: envelope.Attributes{Extensions: map[string]string{"ID": "1", "Data": "1"}}},
		{name: "structured, bad base64", kind: envelope.CloudEventsStructured,
			value: `{"data_base64":"*"}`, err: "not a cloudevents-structured envelope: data_base64: illegal base64 data at input byte 0"},
		{name: "structured, not an object", kind: envelope.CloudEventsStructured, value: `[]`,
			err: "not a cloudevents-structured envelope: the value is not a JSON object"},
		{name: "standard", kind: envelope.Standard, value: `{"id":"1","type":5,"data":null}`,
			want: envelope.Attributes{ID: "1"}, data: "null"},
		{name: "standard, not JSON", kind: envelope.Standard, value: `{"id"`,
			err: "not a standard envelope: the value is not JSON: unexpected end of JSON input"},
		{name: "standard, a tombstone", kind: envelope.Standard, err: "not a standard envelope: the value is not a JSON object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, data, err := envelope.Decode(tt.kind, []byte(tt.value), parseHeaders(tt.headers...))
			if text := errorText(err); text != tt.err {
				t.Fatalf("error = %q, want %q", text, tt.err)
			}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
			if string(data) != tt.data {
				t.Errorf("data = %q, want %q", data, tt.data)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestCheck(t *testing.T) {
	good := []string{"ce_specversion=1.0", "ce_id=1", "ce_source=/a", "ce_type=t"}
	with := func(more ...string) []string { return append(good[:len(good):len(good)], more...) }
	const structured = `{"specversion":"1.0","id":"1","source":"/a","type":"t"`
	structuredHeader := []string{"content-type=application/cloudevents+json; charset=utf-8"}
	tests := []struct {
		name    string
		kind    envelope.Kind
		value   string
		headers []string
		want    []string
	}{
		{"none", envelope.None, "", nil, nil},
		{"binary, good", envelope.CloudEventsBinary, "", with("ce_x1=", "trace=1"), nil},
		{"binary, nothing", envelope.CloudEventsBinary, "", nil, []string{
			"ce_id: the header is missing", "ce_source: the header is missing",
			"ce_specversion: the header is missing", "ce_type: the header is missing"}},
		{"binary, everything wrong", envelope.CloudEventsBinary, "", []string{
			"ce_specversion=0.3", "ce_id=", "ce_source=%zz", "ce_type=a\x01", "ce_time=today", "ce_subject=",
			"ce_dataschema=relative", "ce_my-ext=1", "ce_datacontenttype=x/y", "content-type=json", "ce_id=2"}, []string{
			"ce_datacontenttype: the media type belongs in the header content-type",
			`ce_dataschema: "relative" must be an absolute URI`,
			"ce_id: is there more than once",
			"ce_id: must not be empty",
			"ce_my-ext: an attribute's name must consist of a-z and 0-9",
			`ce_source: "%zz" is not a URI`,
			`ce_specversion: must be "1.0", is "0.3"`,
			"ce_subject: must not be empty",
			`ce_time: "today" is not a time of RFC 3339`,
			"ce_type: must not contain the character U+0001",
			`content-type: "json" is not a media type`}},
		{"binary, not UTF-8", envelope.CloudEventsBinary, "", with("ce_x=\xff", "ce_y=\ufdd0"), []string{
			"ce_x: must not contain bytes that are not UTF-8", "ce_y: must not contain the character U+FDD0"}},
		{"binary, says structured", envelope.CloudEventsBinary, "", with("content-type=application/cloudevents+json"), []string{
			`content-type: "application/cloudevents+json" says structured content mode, but the envelope is binary`}},
		{"structured, good", envelope.CloudEventsStructured, structured + `,"n":1,"ok":true,"gone":null,"data":{}}`, structuredHeader, nil},
		{"structured, nothing", envelope.CloudEventsStructured, `{}`, nil, []string{
			"content-type: the header is missing; a structured CloudEvent is known by application/cloudevents+json",
			"id: is missing", "source: is missing", "specversion: is missing", "type: is missing"}},
		{"structured, wrong", envelope.CloudEventsStructured,
			structured + `,"time":5,"f":1.5,"o":{},"Up":"x","data":1,"data_base64":7}`, []string{"content-type=application/json"}, []string{
				"Up: an attribute's name must consist of a-z and 0-9",
				`content-type: "application/json" does not say structured content mode; want application/cloudevents+json`,
				"data_base64: must be a string",
				"data_base64: must not stand beside data",
				"f: must be an integer; CloudEvents has no other numbers",
				"o: must be a string, an integer or a boolean",
				"time: must be a string"}},
		{"structured, bad base64", envelope.CloudEventsStructured, structured + `,"data_base64":"*"}`, structuredHeader,
			[]string{"data_base64: must be base64"}},
		{"structured, not JSON", envelope.CloudEventsStructured, "nope", structuredHeader,
			[]string{"not a cloudevents-structured envelope: the value is not a JSON object"}},
		{"standard, good", envelope.Standard,
			`{"id":"1","type":"t","source":"s","spec_version":"1","time":"2026-01-02T03:04:05Z","causation_id":null,"data":null}`, nil, nil},
		{"standard, wrong", envelope.Standard, `{"id":"","type":1,"time":"x","causation_id":2}`, nil, []string{
			"causation_id: must be a string", "data: is missing", "id: must not be empty", "source: is missing",
			"spec_version: is missing", `time: "x" is not a time of RFC 3339`, "type: must be a string"}},
		{"standard, not JSON", envelope.Standard, "{", nil,
			[]string{"not a standard envelope: the value is not JSON: unexpected end of JSON input"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range envelope.Check(tt.kind, []byte(tt.value), parseHeaders(tt.headers...)) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestType(t *testing.T) {
	tests := []struct {
		name    string
		kind    envelope.Kind
		match   envelope.Match
		value   string
		headers []string
		want    string
		ok      bool
	}{
		{"none does not say", envelope.None, envelope.Match{}, `{"type":"t"}`, nil, "", false},
		{"binary", envelope.CloudEventsBinary, envelope.Match{}, "", []string{"ce_type=t"}, "t", true},
		{"binary, empty", envelope.CloudEventsBinary, envelope.Match{}, "", []string{"ce_type="}, "", false},
		{"structured", envelope.CloudEventsStructured, envelope.Match{}, `{"type":"t"}`, nil, "t", true},
		{"structured, garbage", envelope.CloudEventsStructured, envelope.Match{}, `x`, nil, "", false},
		{"standard", envelope.Standard, envelope.Match{}, `{"type":"t"}`, nil, "t", true},
		{"a header before the envelope", envelope.CloudEventsBinary, envelope.Match{Header: "kind"}, "", []string{"ce_type=t", "kind=k"}, "k", true},
		{"in the data", envelope.None, envelope.Match{Value: place.MustParse("$.meta.type")}, `{"meta":{"type":"t"}}`, nil, "t", true},
		{"in the data of an envelope", envelope.Standard, envelope.Match{Value: place.MustParse("$.type")}, `{"type":"no","data":{"type":7}}`, nil, "7", true},
		{"in data that is not JSON", envelope.None, envelope.Match{Value: place.MustParse("$.type")}, `{`, nil, "", false},
		{"not in the data", envelope.None, envelope.Match{Value: place.MustParse("$.type")}, `{"type":null}`, nil, "", false},
		{"in a broken envelope", envelope.Standard, envelope.Match{Value: place.MustParse("$.type")}, `[`, nil, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := envelope.Type(tt.kind, tt.match, []byte(tt.value), parseHeaders(tt.headers...))
			if got != tt.want || ok != tt.ok {
				t.Errorf("Type = %q, %v; want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestParseKind(t *testing.T) {
	for _, k := range envelope.Kinds {
		if got, err := envelope.ParseKind(string(k)); got != k || err != nil {
			t.Errorf("ParseKind(%q) = %q, %v", k, got, err)
		}
	}
	if got, err := envelope.ParseKind(""); got != envelope.None || err != nil {
		t.Errorf("ParseKind(\"\") = %q, %v", got, err)
	}
	if _, err := envelope.ParseKind("cloudevents"); err == nil {
		t.Error("an unknown kind must be refused")
	}
}

// FuzzDecode holds that nothing panics, and that what could be read from a
// record without problems can be written and read again.
func FuzzDecode(f *testing.F) {
	for i := range envelope.Kinds {
		value, headers := envelope.Encode(envelope.Kinds[i], &full, []byte(`{"a":1}`), nil)
		f.Add(uint8(i), value, strings.Join(headerLines(headers), "\n"))
	}
	f.Add(uint8(2), []byte(`{"data_base64":"*","data":1,"x":1e9}`), "content-type=application/cloudevents")
	f.Fuzz(func(t *testing.T, k uint8, value []byte, lines string) {
		kind := envelope.Kinds[int(k)%len(envelope.Kinds)]
		headers := parseHeaders(strings.Split(lines, "\n")...)
		envelope.Type(kind, envelope.Match{}, value, headers)
		problems := envelope.Check(kind, value, headers)
		a, data, err := envelope.Decode(kind, value, headers)
		if err != nil {
			if problems == nil {
				t.Fatalf("Decode failed with %v where Check found nothing", err)
			}
			return
		}
		if problems != nil || kind == envelope.None {
			return
		}
		value, headers = envelope.Encode(kind, &a, data, nil)
		again, dataAgain, err := envelope.Decode(kind, value, headers)
		if err != nil {
			t.Fatal(err)
		}
		a.SpecVersion, again.SpecVersion = "", ""
		a.DataContentType, again.DataContentType = "", ""
		a.Time, again.Time = a.Time.UTC(), again.Time.UTC()
		dropEmpty(a.Extensions)
		if diff := cmp.Diff(a, again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("attributes changed (-first +again):\n%s", diff)
		}
		if json.Valid(data) && string(dataAgain) != string(data) {
			t.Fatalf("data changed from %q to %q", data, dataAgain)
		}
	})
}

// dropEmpty: an extension that is there and empty reads as absent once it
// was written by Encode.
func dropEmpty(extensions map[string]string) {
	for name, value := range extensions {
		if value == "" {
			delete(extensions, name)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	data := []byte(`{"order_id":"o-1","amount":12.5}`)
	for _, kind := range envelope.Kinds {
		b.Run(string(kind), func(b *testing.B) {
			b.ReportAllocs()
			headers := make([]envelope.Header, 0, 16)
			for b.Loop() {
				_, _ = envelope.Encode(kind, &full, data, headers)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	data := []byte(`{"order_id":"o-1","amount":12.5}`)
	for _, kind := range envelope.Kinds {
		b.Run(string(kind), func(b *testing.B) {
			value, headers := envelope.Encode(kind, &full, data, nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := envelope.Decode(kind, value, headers); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
