package envelope_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/field"
)

// TestGet: what an envelope says is read by the same names, whatever its form.
func TestGet(t *testing.T) {
	said := map[string]string{
		"id": "e-1", "type": "shop.Paid", "source": "/shop", "specversion": "1.0", "time": "2026-01-02T03:04:05Z",
		"correlationid": "p-1", "causationid": "e-0",
	}
	more := map[string]string{"subject": "s", "dataschema": "https://a/b", "datacontenttype": "application/json", "tenant": "t"}
	a := envelope.Attributes{
		ID: "e-1", Type: "shop.Paid", Source: "/shop", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), CorrelationID: "p-1", CausationID: "e-0",
	}
	for _, kind := range envelope.Kinds[1:] {
		full, want := a, map[string]string{}
		for name, value := range said {
			want[name] = value
		}
		if kind != envelope.Standard {
			full.Subject, full.DataSchema, full.Extensions = "s", "https://a/b", map[string]string{"tenant": "t"}
			for name, value := range more {
				want[name] = value
			}
		}
		value, headers := envelope.Encode(kind, &full, []byte(`{}`), nil)
		read, _, err := envelope.Decode(kind, value, headers)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, name := range append(envelope.Names(kind), "tenant", "unknown") {
			if v, ok := read.Get(name); ok {
				got[name] = v
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
	var nothing envelope.Attributes
	for _, name := range append(envelope.Names(envelope.CloudEventsBinary), "tenant") {
		if v, ok := nothing.Get(name); ok {
			t.Errorf("%s of nothing is %q", name, v)
		}
	}
}

func TestPresence(t *testing.T) {
	for kind, want := range map[envelope.Kind]map[string]field.Presence{
		envelope.None: {"id": field.Never, "causationid": field.Never},
		envelope.Standard: {
			"id": field.Always, "specversion": field.Always, "time": field.Always, "causationid": field.Sometimes, "subject": field.Never, "spec_version": field.Never,
		},
		envelope.CloudEventsStructured: {"id": field.Always, "time": field.Sometimes, "causationid": field.Sometimes, "tenant": field.Unstated},
		envelope.CloudEventsBinary:     {"id": field.Always, "time": field.Sometimes, "causationid": field.Sometimes, "tenant": field.Unstated},
	} {
		for name, presence := range want {
			if got := envelope.Presence(kind, name); got != presence {
				t.Errorf("%s of %s is there %s, want %s", name, kind, got, presence)
			}
		}
	}
}

// TestHeadersOf: an attribute that stands in a header is read from there.
func TestHeadersOf(t *testing.T) {
	for _, kind := range envelope.Kinds {
		for _, name := range []string{"id", "correlationid", "causationid"} {
			var read []string
			for _, header := range []string{"ce_" + name, "ce_id", "correlation_id", "causation_id", name} {
				a, _, err := envelope.Decode(kind, []byte(`{}`), []envelope.Header{{Key: header, Value: []byte("v")}})
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := a.Get(name); ok && !slices.Contains(read, header) {
					read = append(read, header)
				}
			}
			if got := envelope.HeadersOf(kind, name); strings.Join(got, " ") != strings.Join(read, " ") {
				t.Errorf("%s of %s may be in %v, and is read from %v", name, kind, got, read)
			}
		}
	}
}
