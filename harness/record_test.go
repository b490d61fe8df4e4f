package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestProduceObeysTheContract(t *testing.T) {
	c := shop(t)
	for _, event := range []string{"shop.Sold", "shop.Refunded"} {
		sent := c.Produce(event)
		if found := sent.Problems(); len(found) > 0 {
			t.Errorf("%s breaks its contract:\n%s", event, problems(found))
		}
		read := c.AwaitIn(sent.Topic, LeadsBackTo(sent))
		if read.String() != sent.String() || read.Event != event || read.ID() != sent.ID() {
			t.Errorf("read\n%s\nand sent\n%s", read, sent)
		}
	}
}

// TestProduceDoesNotCompress: clients without the codec read it, as they read
// what Kafka's own client sends by default.
func TestProduceDoesNotCompress(t *testing.T) {
	c := shop(t)
	sent := c.Produce("shop.Sold", Set("$.customer.name", strings.Repeat("Ada ", 1000)))
	if read := c.AwaitIn(sent.Topic, LeadsBackTo(sent)); read.Attrs.CompressionType() != 0 {
		t.Errorf("compression %d, want none", read.Attrs.CompressionType())
	}
}

func TestOverrides(t *testing.T) {
	c := shop(t)
	r := c.Produce("shop.Sold", Set("$.amount", 42), Set("$.customer.name", "Ada"), Set("header:tenant", "xyz"), Set("header:ce_source", "/till"), Set("header:note", "n"))
	for at, want := range map[string]string{
		"$.amount": "42", "$.customer.name": "Ada", "header:tenant": "xyz", "header:ce_source": "/till", "header:note": "n",
	} {
		if got, _ := r.At(at); got != want {
			t.Errorf("%s is %q, want %q", at, got, want)
		}
	}
	if key, _ := r.At("$.sale"); key != string(r.Key) {
		t.Errorf("key %q, want that of the data %q", r.Key, key)
	}
	if n := len(slices.DeleteFunc(slices.Clone(r.Headers), func(h kgo.RecordHeader) bool { return h.Key != "ce_source" })); n != 1 {
		t.Errorf("ce_source is there %d times, want once", n)
	}
	if r := c.Produce("shop.Sold", Set("key", "k")); string(r.Key) != "k" {
		t.Errorf("key %q, want k", r.Key)
	}
	if r := c.Produce("shop.Refunded"); string(r.Key) != "north:s-1" {
		t.Errorf("key %q, want north:s-1", r.Key)
	}
	if r := c.Produce("shop.Sold", Poison([]byte("{"))); string(r.Value) != "{" || r.Event != "shop.Sold" {
		t.Errorf("poison is %s", r)
	}
}

func TestProduceFailsWhere(t *testing.T) {
	for name, test := range map[string]struct {
		event    string
		override Override
		want     string
	}{
		"the event is unknown": {"shop.Solt", nil, `Produce shop.Solt: no contract that was given produces shop.Solt: pass harness.Contracts("weir.yaml") to Run for that of its producer; did you mean "shop.Sold"?`},
		"data becomes invalid": {"shop.Sold", Set("$.amount", 0), "Produce shop.Sold: with these values it is not valid any more (harness.Poison sends what is not):\n  /amount is 0, must be at least 1 (testdata/shop/sold.json:7:35)"},
		"the place is none":    {"shop.Sold", Set("amount", 1), "Produce shop.Sold: "},
		"a header is no text":  {"shop.Sold", Set("header:tenant", 1), "Produce shop.Sold: header:tenant: 1 is a int, and only a string can stand there"},
	} {
		t.Run(name, func(t *testing.T) {
			r := failing(t, func(t testing.TB) {
				var overrides []Override
				if test.override != nil {
					overrides = append(overrides, test.override)
				}
				shop(t).Produce(test.event, overrides...)
			})
			if !r.failed || !strings.HasPrefix(r.said(), test.want) {
				t.Errorf("said %q, want %q", r.said(), test.want)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	const number = "0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11"
	good := func() *kgo.Record { return soldRecord("s-1", number, `{"sale": "`+number+`", "amount": 5}`) }
	without := func(name string) *kgo.Record {
		r := good()
		r.Headers = slices.DeleteFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
		return r
	}
	c := shop(t)
	for name, test := range map[string]struct {
		record *kgo.Record
		want   []string
	}{
		"nothing": {good(), nil},
		"the schema": {soldRecord("s-1", number, `{"sale": "`+number+`", "amount": 0}`),
			[]string{"testdata/shop/sold.json:7:35 record/schema"}},
		"data that is no JSON": {soldRecord("s-1", number, `{`),
			[]string{"testdata/shop/weir.yaml:10:13 record/schema", "testdata/shop/weir.yaml:12:10 record/unjudged"}},
		"the key":           {soldRecord("s-1", "4711", `{"sale": "`+number+`", "amount": 5}`), []string{"testdata/shop/weir.yaml:12:10 record/key"}},
		"the envelope":      {without("ce_source"), []string{"testdata/shop/weir.yaml:8:5 record/envelope"}},
		"a required header": {without("tenant"), []string{"testdata/shop/weir.yaml:14:15 record/header"}},
		"a header's pattern": {func() *kgo.Record {
			r := without("tenant")
			r.Headers = append(r.Headers, kgo.RecordHeader{Key: "tenant", Value: []byte("AB")})
			return r
		}(), []string{"testdata/shop/weir.yaml:14:15 record/header"}},
		"the type": {without("ce_type"), []string{" record/unknown-event"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, f := range c.flow.Read(test.record).Problems() {
				at := ""
				if f.Position != nil {
					at = f.Position.String()
				}
				got = append(got, at+" "+f.ID)
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("found %q, want %q:\n%s", got, test.want, problems(c.flow.Read(test.record).Problems()))
			}
		})
	}
}

// A contract that asserts formats holds records to them, and one that does not
// takes them for annotations.
func TestProblemsOfFormats(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("sold.json", `{"type": "object", "properties": {"sale": {"type": "string", "format": "uuid"}}}`)
	for formats, want := range map[string]int{"annotate": 0, "assert": 1} {
		contract := formats + ".yaml"
		write(contract, "weir: contract/v1\nservice: {name: shop}\nproduces:\n"+
			"  - {event: shop.Sold, topic: shop.sales, schema: {file: sold.json, formats: "+formats+"}}\n")
		c := Run(t, Contracts(filepath.Join(dir, contract)))
		if sent := c.Produce("shop.Sold"); len(sent.Problems()) > 0 {
			t.Errorf("%s: generated data is not valid: %s", formats, problems(sent.Problems()))
		}
		found := c.flow.Read(&kgo.Record{Topic: "shop.sales", Value: []byte(`{"sale": "s-1"}`)}).Problems()
		if len(found) != want {
			t.Errorf("%s: %d findings, want %d:\n%s", formats, len(found), want, problems(found))
		}
	}
}
