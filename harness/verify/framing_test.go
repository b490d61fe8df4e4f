package verify_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/flowweir/weir/contracts/envelope"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness/verify"
	"github.com/flowweir/weir/reports/finding"
)

// schemaRegistry has two versions of the schema of payments and of orders, and
// a subject of its own that nobody should name.
func schemaRegistry(t *testing.T) *registry.Registry {
	t.Helper()
	f := srfake.New()
	t.Cleanup(f.Close)
	text := func(file string) string {
		b, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	const first = `{"type": "object", "required": ["order"], "properties": {"order": {"type": "string", "minLength": 4, "maxLength": 9}}}`
	for _, s := range [][2]string{
		{"other-value", `{"type": "integer"}`}, // 1
		{"payments-value", text("paid.json")},  // 2
		{"orders-value", first},                // 3
		{"orders-value", text("placed.json")},  // 4
	} {
		if _, _, err := f.RegisterSchema(s[0], sr.Schema{Schema: s[1], Type: sr.TypeJSON}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := registry.New(registry.Config{URL: f.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// framed frames payments as a service does, with an id.
func framed(t *testing.T, id wire.ID, kind wire.Kind) func(context.Context, *kgo.Client) {
	return func(ctx context.Context, client *kgo.Client) {
		for ctx.Err() == nil {
			for _, r := range client.PollFetches(ctx).Records() {
				order, cause := string(r.Key), ""
				for _, h := range r.Headers {
					if h.Key == "ce_id" {
						cause = string(h.Value)
					}
				}
				out := paid(order, cause)
				value, headers, err := wire.Framing{Kind: kind}.Encode(id, out.Value)
				if err != nil {
					t.Error(err)
				}
				out.Value = value
				for _, h := range headers {
					out.Headers = append(out.Headers, kgo.RecordHeader(h))
				}
				// It cannot read what is not framed, nor of a schema that it
				// does not know.
				if got, _, err := (wire.Framing{Kind: wire.Confluent}).Decode([]envelope.Header{}, r.Value); err == nil && (got.Number == 3 || got.Number == 4) {
					client.ProduceSync(ctx, out)
				}
			}
			_ = client.CommitUncommittedOffsets(ctx)
		}
	}
}

// TestFraming: the framing and the id of a schema are judged, and events carry
// those of their versions.
func TestFraming(t *testing.T) {
	schemas := schemaRegistry(t)
	for name, test := range map[string]struct {
		contract string
		id       wire.ID
		kind     wire.Kind
		// verdicts of framing and of schema, and why the framing is broken.
		framing, schema finding.Verdict
		says            string
	}{
		"right":                    {"payments.yaml", wire.ID{Number: 2}, wire.Confluent, finding.Pass, finding.Pass, ""},
		"the id of another schema": {"payments.yaml", wire.ID{Number: 1}, wire.Confluent, finding.Pass, finding.Pass, "it carries schema 1, which is none of the subject payments-value: 2 (version 1)"},
		"no framing":               {"payments.yaml", wire.ID{}, wire.None, finding.Fail, finding.Vacuous, `the value is not framed as confluent: `},
		"right in a header":        {"payments-header.yaml", wire.ID{Number: 2}, wire.ConfluentHeader, finding.Pass, finding.Pass, ""},
		"in no header":             {"payments-header.yaml", wire.ID{Number: 2}, wire.Confluent, finding.Fail, finding.Vacuous, "the value is not framed as confluent-header: "},
		"the id in a header":       {"payments.yaml", wire.ID{Number: 2}, wire.ConfluentHeader, finding.Fail, finding.Vacuous, `the value is not framed as confluent: `},
	} {
		t.Run(name, func(t *testing.T) {
			up := running(t, framed(t, test.id, test.kind))
			cfg := config(up, nil)
			cfg.Contract = "testdata/framed/" + test.contract
			cfg.Scenario.Contracts = []string{cfg.Contract, "testdata/framed/orders.yaml"}
			cfg.Registry, cfg.Settle = schemas, time.Millisecond
			r, err := verify.Run(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			all := judged(t, r)
			framing := all["produces/framing"]
			if framing.Verdict != test.framing || all["produces/schema"].Verdict != test.schema {
				t.Errorf("framing %+v\nschema %+v", framing, all["produces/schema"])
			}
			if framing.Verdict == finding.Pass && test.says != "" {
				framing = all["produces/schema-id"]
			}
			if test.says != "" && (len(framing.Problems) == 0 || len(framing.Problems[0].Message) < len(test.says) || framing.Problems[0].Message[:len(test.says)] != test.says) {
				t.Errorf("framing: %+v, want %s", framing.Problems, test.says)
			}
			if versions := all["consumes/versions"]; versions.Verdict != finding.Pass || versions.Seen != 4 {
				t.Errorf("versions: %s of %d records, want two events and their effects: %s", versions.Verdict, versions.Seen, versions.Reason)
			}
		})
	}
}

// TestFramingWithoutARegistry: the id is not known then, and no event can be
// made.
func TestFramingWithoutARegistry(t *testing.T) {
	up := running(t, framed(t, wire.ID{Number: 2}, wire.Confluent))
	cfg := config(up, nil)
	cfg.Scenario.Contracts, cfg.Contract = []string{"testdata/framed/payments.yaml", "testdata/framed/orders.yaml"}, "testdata/framed/payments.yaml"
	r, err := verify.Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range judged(t, r) {
		if p.Verdict != finding.Inconclusive && p.Verdict != finding.Vacuous {
			t.Errorf("%s: %s without a registry: %s", name, p.Verdict, p.Reason)
		}
	}
	if got := judged(t, r)["consumes/effect"].Reason; got != "no schema registry is given: set WEIR_REGISTRY_URL" {
		t.Errorf("effect: %s", got)
	}
}
