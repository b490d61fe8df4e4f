package infer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/contracts/infer"
)

// Examples outside the contract's directory are copied: a contract that names
// them would be broken wherever else it is checked out.
func TestExamplesFromOutside(t *testing.T) {
	var records []infer.Record
	for _, name := range []string{"examples/e1.json", "../a/e1.json", "/tmp/b/e1.json"} {
		records = append(records, infer.Record{File: name, Value: []byte(`{"order_id": "` + name + `"}`)})
	}
	d, err := infer.FromRecords(t.Context(), infer.Request{Service: "orders", Event: "com.acme.OrderPlaced", Topic: "orders", Records: records})
	if err != nil {
		t.Fatal(err)
	}
	copied := map[string]string{}
	for _, f := range d.Files() {
		if strings.HasPrefix(f.Name, "examples/") {
			copied[f.Name] = string(f.Content)
		}
	}
	want := map[string]string{"examples/e1-2.json": `{"order_id": "../a/e1.json"}`, "examples/e1-3.json": `{"order_id": "/tmp/b/e1.json"}`}
	if diff := cmp.Diff(want, copied); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	notes := []string{
		"../a/e1.json is outside the contract's directory: examples/e1-2.json is a copy",
		"/tmp/b/e1.json is outside the contract's directory: examples/e1-3.json is a copy",
	}
	if diff := cmp.Diff(notes, d.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	contract := string(d.Files()[0].Content)
	for _, name := range []string{"examples/e1.json", "examples/e1-2.json", "examples/e1-3.json"} {
		if !strings.Contains(contract, "- "+name+"\n") {
			t.Errorf("%s is not in\n%s", name, contract)
		}
	}
}
