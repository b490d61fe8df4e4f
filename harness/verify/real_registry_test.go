package verify_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/source/registry/registrytest"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/reports/finding"
)

// TestARealRegistry: a service keeps its promises with the ids that a registry
// gives which is not ours, in each format and framing, and what is wrong with
// one is found by it, too.
func TestARealRegistry(t *testing.T) {
	url, found := registrytest.Start(t)
	if !found {
		return
	}
	// A machine that is busy must not end a registration half way.
	const patience = 2 * time.Minute
	writer, err := sr.NewClient(sr.URLs(url), sr.HTTPClient(&http.Client{Timeout: patience}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := registry.New(registry.Config{URL: url, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	for name, l := range languages(t) {
		add := func(subject, text string) int32 {
			t.Helper()
			id, err := writer.RegisterSchema(t.Context(), subject, sr.Schema{Schema: text, Type: l.kind}, -1, -1)
			if err != nil {
				t.Error(err)
			}
			return int32(id)
		}
		// Each format has subjects of its own: all are in one registry.
		orders, payments := name+"-orders-value", name+"-payments-value"
		add(orders, l.first)
		add(orders, l.placed)
		id := wire.ID{Number: add(payments, l.paid), Message: l.message}
		other := wire.ID{Number: add(name+"-other-value", l.less), Message: l.message}
		breaking := name + "-breaking-value"
		add(breaking, l.paid)
		unknown := wire.ID{Number: 1 << 30, Message: l.message}
		of := func(subject string, kind wire.Kind) string {
			return fmt.Sprintf("{registry: {subject: %s, auto-register: false}, wire: %s}", subject, kind)
		}
		judge := func(what, subject string, kind wire.Kind, id func() wire.ID, write func(string) []byte, broken string) {
			t.Run(name+"/"+what, func(t *testing.T) {
				f := wire.Framing{Kind: kind, Protobuf: name == "protobuf"}
				choose := func(id string) bool {
					return broken == "" || strings.HasSuffix(id, "shop.Paid/"+broken)
				}
				all := verified(t, shop(t, l, of(orders, kind), of(subject, kind)), r, choose, codedShop(t, l, f, id, write))
				for promise, p := range all {
					switch {
					case promise == "produces/"+broken:
						if p.Verdict != finding.Fail || p.Finding().ID != "promise/"+broken {
							t.Errorf("%s: %s: %s", promise, p.Verdict, p.Reason)
						}
					case p.Verdict != finding.Pass && !p.Moot:
						t.Errorf("%s: %s: %s %v", promise, p.Verdict, p.Reason, p.Problems)
					}
				}
				if len(all) == 0 {
					t.Error("nothing was judged")
				}
			})
		}
		judge("in the prefix", payments, wire.Confluent, always(id), l.write, "")
		judge("in a header", payments, wire.ConfluentHeader, always(id), l.write, "")
		judge("that of another subject", payments, wire.Confluent, always(other), l.write, "schema-id")
		judge("one that the registry lacks", payments, wire.Confluent, always(unknown), l.write, "known-id")
		judge("no subject", name+"-gone-value", wire.Confluent, always(id), l.write, "subject")
		more := func() wire.ID { return wire.ID{Number: add(payments, l.more), Message: l.message} }
		judge("a version of its own", payments, wire.Confluent, more, func(order string) []byte { return append(l.write(order), l.absent...) }, "auto-register")
		less := func() wire.ID { return wire.ID{Number: add(breaking, l.less), Message: l.message} }
		judge("a version that breaks readers", breaking, wire.Confluent, less, l.writeLess, "compatibility")
		if name == "avro" {
			add("keyed-orders", l.placed)
			t.Run("keys", func(t *testing.T) {
				keysInARealRegistry(t, r, l, always(wire.ID{Number: add("keyed-payments", l.paid)}), always(other))
			})
		}
	}
}

// keysInARealRegistry: an id of the subject of the keys, and one of another.
func keysInARealRegistry(t *testing.T, r *registry.Registry, l language, right, other func() wire.ID) {
	dir := keyedShop(t, l, "{registry: {subject: keyed-orders}}", "{registry: {subject: keyed-payments}}")
	for want, id := range map[finding.Verdict]func() wire.ID{finding.Pass: right, finding.Fail: other} {
		choose := func(id string) bool { return strings.HasSuffix(id, "/schema-id:key") }
		all := verified(t, dir, r, choose, keyedService(t, l, wire.Framing{Kind: wire.Confluent}, id, l.write, ""))
		if p := all["produces/schema-id:key"]; p.Verdict != want {
			t.Errorf("%s, want %s: %s %v", p.Verdict, want, p.Reason, p.Problems)
		}
	}
}
