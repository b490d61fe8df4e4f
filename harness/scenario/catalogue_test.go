package scenario

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/flowweir/weir/reports/run"
)

// TestContractOnADocument: a contract that stands on an AsyncAPI document
// gives a plan like any other: topics, groups and data come from there.
func TestContractOnADocument(t *testing.T) {
	s, findings := LoadFile("testdata/catalogue/scenario.yaml")
	equal(t, summary(findings), []string(nil))
	p, findings := Resolve(s)
	equal(t, summary(findings), []string(nil))
	equal(t, p.Topics, []run.Topic{
		{Name: "order.events", Partitions: 6, Replication: 3, Role: RoleInput, Config: map[string]string{"retention.ms": "604800000"}},
		{Name: "payment.events", Partitions: 3, Replication: 3, Role: RoleOther, Config: map[string]string{}},
	})
	f := p.Flows[0]
	equal(t, []any{f.Topic, f.Produces.Key.Place, p.Contracts[0].Consumes[0].Group}, []any{"order.events", "$.order_id", "order-service"})

	if err := f.resolve(newSerdes(t.Context(), p.Files, nil)); err != nil {
		t.Fatal(err)
	}
	docs, err := newDocuments(f)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		doc, err := docs.generate(rng)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := docs.validate(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := docs.validate([]byte(`{"order_id": "o-1", "amount": 0}`)); err == nil {
		t.Error("the document's payload asks for an amount of 1")
	}

	f.Load.Examples = true
	if docs, err = newDocuments(f); err != nil {
		t.Fatal(err)
	}
	doc, err := docs.generate(rng)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, doc, any(map[string]any{"order_id": "o-1", "amount": json.Number("1")}))
}

// TestContractThatMissesItsDocument: what is wrong between the two keeps a
// plan from being made.
func TestContractThatMissesItsDocument(t *testing.T) {
	s, _ := LoadFile("testdata/catalogue/scenario.yaml")
	s.Contracts = []string{"broken.weir.yaml"}
	p, findings := Resolve(s)
	if p != nil {
		t.Error("there is a plan")
	}
	equal(t, summary(findings), []string{
		`testdata/catalogue/broken.weir.yaml:5:17 asyncapi/unknown-operation: the document has no operation "publishOrder" that produces anything`,
	})
}
