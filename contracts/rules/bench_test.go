package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// BenchmarkCheck loads and judges repositories of 200 services from disk, of
// 1,000 interactions in all and of 200,000: nothing grows with the square. What
// weir check takes in all is measured where the command is.
func BenchmarkCheck(b *testing.B) {
	for _, interactions := range []int{5, 1000} {
		b.Run(fmt.Sprintf("services=200/interactions=%d", 200*interactions), func(b *testing.B) {
			dir := b.TempDir()
			repository(b, dir, 200, interactions)
			b.ReportAllocs()
			for b.Loop() {
				fsys := os.DirFS(dir)
				set, problems := contracts.LoadDir(fsys, ".")
				found := slices.Concat(problems, rules.Check(set, fsys, now))
				if len(set) != 200 || finding.Errors(found) > 0 || len(found) > 0 {
					b.Fatalf("%d contracts, %d findings, the first: %+v", len(set), len(found), found[0])
				}
			}
		})
	}
}

// repository writes services with as many interactions each, three in five of
// which produce. Each consumes what its neighbours produce.
func repository(b *testing.B, dir string, services, interactions int) {
	produce := interactions * 3 / 5
	schemas := min(produce, 20) // files of a service
	for s := range services {
		name := fmt.Sprintf("s%03d", s)
		files := map[string]string{"weir.yaml": contract(name, s, services, produce, interactions-produce, schemas)}
		for i := range schemas {
			files[fmt.Sprintf("schemas/e%02d.json", i)] = schema
			files[fmt.Sprintf("examples/e%02d.json", i)] = `{"id": "a-1", "tenant": "acme", "placed_at": "2026-11-24T12:00:00Z", "total": 990, "lines": [{"sku": "x", "count": 1}]}`
		}
		for file, content := range files {
			full := filepath.Join(dir, name, file)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func contract(name string, s, services, produce, consume, schemas int) string {
	var y strings.Builder
	fmt.Fprintf(&y, "weir: contract/v1\nservice: {name: %s, owner: team-%s}\ntopics:\n", name, name)
	fmt.Fprintf(&y, "  %s.events: {partitions: 12, replication: 3, retention: 7d, config: {min.insync.replicas: 2}}\n", name)
	fmt.Fprintf(&y, "  %s.retry: {partitions: 12, replication: 3, retention: 7d}\n  %s.dlq: {partitions: 3, replication: 3, retention: 30d}\nproduces:\n", name, name)
	for i := range produce {
		fmt.Fprintf(&y, "  - {event: com.acme.%s.E%dPlaced, topic: %s.events, schema: schemas/e%02d.json, key: $.id, envelope: cloudevents-binary, headers: {traceparent: required}, examples: [examples/e%02d.json]}\n",
			name, i, name, i%schemas, i%schemas)
	}
	y.WriteString("consumes:\n")
	for i := range consume {
		from := fmt.Sprintf("s%03d", (s+1+i%7)%services)
		fmt.Fprintf(&y, "  - {event: com.acme.%s.E%dPlaced, topic: %s.events, group: %s, needs: [$.id, $.total], idempotency: {key: header:ce_id}, effect: {http: 'GET /x/{id}'}, retry: {attempts: 3, topics: [%s.retry]}, dlq: {topic: %s.dlq}}\n",
			from, i%produce, from, name, name, name)
	}
	return y.String()
}

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": ["id", "tenant", "placed_at", "total", "lines"],
  "additionalProperties": false,
  "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 36},
    "tenant": {"type": "string", "pattern": "^[a-z]+$"},
    "placed_at": {"type": "string", "format": "date-time"},
    "total": {"type": "integer", "minimum": 0},
    "currency": {"enum": ["EUR", "USD", "GBP"]},
    "note": {"type": ["string", "null"]},
    "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}}
  },
  "$defs": {
    "line": {
      "type": "object",
      "required": ["sku", "count"],
      "properties": {"sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}
    }
  }
}
`
