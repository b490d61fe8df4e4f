package live

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/envelope"
)

func TestRecordShowsItself(t *testing.T) {
	r := &kgo.Record{
		Topic: "shop.sales", Partition: 1, Offset: 17, Key: []byte("k"), Value: []byte("{}"),
		Headers: []kgo.RecordHeader{{Key: "ce_specversion", Value: []byte("1.0")}, {Key: "weir-id", Value: []byte{1, 2}}},
	}
	if got, want := (&Record{Record: r, Event: "shop.Sold"}).String(), "shop.sales/1@17 shop.Sold key k\n  ce_specversion: 1.0\n  weir-id: \"\\x01\\x02\"\n  {}"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r.Value = []byte(strings.Repeat("x", maxShown+1))
	if got := (&Record{Record: r}).String(); !strings.HasSuffix(got, "x… (401 bytes)") {
		t.Errorf("a long value ends with %q", got[len(got)-30:])
	}
}

// TestNumbersKeepTheirDigits: data is exactly one value of JSON, with numbers
// as they were written.
func TestNumbersKeepTheirDigits(t *testing.T) {
	for text, want := range map[string]any{`{"n": 1.10}`: map[string]any{"n": json.Number("1.10")}, `{} {}`: nil, `{`: nil} {
		r := &Record{Record: &kgo.Record{}, value: half{payload: []byte(text)}}
		if r.decode(envelope.None); !cmp.Equal(r.Data, want) {
			t.Errorf("%s is read as %v, want %v", text, r.Data, want)
		}
	}
}

// TestAnAttributeCannotBeSet: the envelope is the contract's.
func TestAnAttributeCannotBeSet(t *testing.T) {
	err := Set("envelope:causation_id", "c")(&draft{headers: map[string]string{}})
	const want = "envelope:causation_id: the envelope is written as the contract says; $.field, header:name and key can be set"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestAtAnAttribute: an attribute is read by one name from every envelope.
func TestAtAnAttribute(t *testing.T) {
	for kind, r := range map[envelope.Kind]*kgo.Record{
		envelope.Standard:              {Value: []byte(`{"id": "a", "causation_id": "b", "data": {"id": "c"}}`)},
		envelope.CloudEventsStructured: {Value: []byte(`{"id": "a", "causationid": "b", "data": {"id": "c"}}`)},
		envelope.CloudEventsBinary: {Value: []byte(`{"id": "c"}`), Headers: []kgo.RecordHeader{
			{Key: "ce_id", Value: []byte("a")}, {Key: "ce_causationid", Value: []byte("b")},
		}},
	} {
		read := &Record{Record: r, value: half{payload: r.Value}}
		read.decode(kind)
		for at, want := range map[string]string{
			"envelope:id": "a", "envelope:causationid": "b", "envelope:causation_id": "b", "envelope:ce_causationid": "b", "$.id": "c", "envelope:correlationid": "",
		} {
			if got, ok := read.At(at); got != want || ok != (want != "") {
				t.Errorf("%s of %s is %q, %v; want %q", at, kind, got, ok, want)
			}
		}
	}
}
