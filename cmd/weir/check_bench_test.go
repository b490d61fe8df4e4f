package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// BenchmarkCheck is weir check over a repository of 200 services with 1,000
// interactions and 3 published versions of each event's schema, a third each
// in JSON Schema, Avro and Protobuf: all of it, from reading the files to
// printing. It has 1.5 s and 300 MB on two cores.
func BenchmarkCheck(b *testing.B) {
	dir := b.TempDir()
	writeServices(b, dir, 200)
	b.Chdir(dir)
	benchmarkVerb(b, exitPass, "200 contracts: 0 errors, 0 warnings\n", "check")
}

// BenchmarkCheckOneService is the check of a change of one service of the
// same repository: its schema and its contract differ from what is committed.
// All contracts are read, now and at the revision; of the schemas those that
// the service and its consumers need. It has 300 ms.
func BenchmarkCheckOneService(b *testing.B) {
	dir := b.TempDir()
	writeServices(b, dir, 200)
	b.Chdir(dir)
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "--all"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=m"}, {"gc", "--quiet"},
	} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			b.Skipf("git: %v\n%s", err, out)
		}
	}
	for file, edit := range map[string][2]string{
		"s100/weir.yaml":          {"key: $.id", "key: $.tenant"},
		"s100/schemas/event.json": {`"total": {"type": "integer"`, `"total": {"type": "number"`},
	} {
		src, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(src), edit[0], edit[1])), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	benchmarkVerb(b, exitFindings, ": 2 errors, 2 warnings\n", "check", "--only", "s100", "--against", "HEAD")
}

func benchmarkVerb(b *testing.B, code int, want string, args ...string) {
	b.Helper()
	peak, cpu := memoryPeak(), cpuTime(b)
	b.ReportAllocs()
	for b.Loop() {
		s, stdout, stderr := testState(args...)
		s.now = func() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }
		if got := execute(s); got != code || !strings.HasSuffix(stdout.String(), want) {
			b.Fatalf("exit code %d\n%s%s", got, stdout, stderr)
		}
	}
	b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/float64(b.N), "cpu-ms/op")
	b.ReportMetric(peak(), "peak-MB")
}

// cpuTime is what the process has used of all cores: on a machine that others
// use too it says more than the time that passed.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	self, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		b.Fatal(err)
	}
	times, err := self.Times()
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration((times.User + times.System) * float64(time.Second))
}

// memoryPeak samples what the runtime holds of the system's memory until the
// function that it returns is called.
func memoryPeak() func() float64 {
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	stop, result := make(chan bool), make(chan uint64)
	go func() {
		var peak uint64
		tick := time.NewTicker(2 * time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(samples)
			peak = max(peak, samples[0].Value.Uint64()-samples[1].Value.Uint64())
			select {
			case <-stop:
				result <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() float64 {
		close(stop)
		return float64(<-result) / 1e6
	}
}

// writeServices writes services of five interactions each: three events, each
// with its current schema and three published versions, and two that their
// neighbours produce, one read by needs and one by a schema of its own.
func writeServices(b *testing.B, dir string, services int) {
	b.Helper()
	for s := range services {
		name := fmt.Sprintf("s%03d", s)
		files := map[string]string{"weir.yaml": serviceContract(s, services)}
		for _, format := range []string{"json", "avsc", "proto"} {
			files["schemas/event."+format] = eventSchema(format, name, 3)
			for version := range 3 {
				files[fmt.Sprintf("schemas/%s/%04d-2026%02d01T000000Z.%s", format, version+1, version+8, format)] = eventSchema(format, name, version+1)
			}
		}
		for format, notes := range map[string]string{"json": "", "avsc": `, "note1": null, "note2": null`, "proto": ""} {
			files["examples/"+format+".json"] = `{"id": "a-1", "tenant": "acme", "total": 990, "lines": [{"sku": "x", "count": 1}]` + notes + `}`
		}
		files["schemas/reader.json"] = strings.Replace(eventSchema("json", name, 1), `"total"], `, `"total"], "title": "what is read", `, 1)
		for file, content := range files {
			full := filepath.Join(dir, name, file)
			if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
				b.Fatal(err)
			}
			if err := os.WriteFile(full, []byte(content), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func serviceContract(s, services int) string {
	name := fmt.Sprintf("s%03d", s)
	var y strings.Builder
	fmt.Fprintf(&y, "weir: contract/v1\nservice: {name: %s, owner: team-%s}\ntopics:\n", name, name)
	for _, format := range []string{"json", "avsc", "proto"} {
		fmt.Fprintf(&y, "  %s.%s: {partitions: 12, replication: 3, retention: 90d, config: {min.insync.replicas: 2}}\n", name, format)
	}
	fmt.Fprintf(&y, "  %s.retry: {partitions: 12, replication: 3, retention: 7d, config: {min.insync.replicas: 2}}\n  %s.dlq: {partitions: 3, replication: 3, retention: 90d, config: {min.insync.replicas: 2}}\nschemas:\n", name, name)
	for _, format := range []string{"json", "avsc", "proto"} {
		fmt.Fprintf(&y, "  %s: {file: schemas/event.%s, history: schemas/%s}\n", format, format, format)
	}
	y.WriteString("produces:\n")
	for _, format := range []string{"json", "avsc", "proto"} {
		fmt.Fprintf(&y, "  - {event: com.acme.%s.%sPlaced, topic: %s.%s, schema: %s, key: $.id, ordering: none, envelope: cloudevents-binary, headers: {traceparent: required}, examples: [examples/%s.json]}\n",
			name, strings.ToUpper(format[:1])+format[1:], name, format, format, format)
	}
	y.WriteString("consumes:\n")
	for i, reads := range []string{"needs: [$.id, $.total]", "schema: schemas/reader.json"} {
		from := fmt.Sprintf("s%03d", (s+1+i)%services)
		format := []string{"json", "avsc", "proto"}[s%3]
		if i == 1 {
			format = "json"
		}
		fmt.Fprintf(&y, "  - {event: com.acme.%s.%sPlaced, topic: %s.%s, group: %s, %s, idempotency: {key: header:ce_id}, effect: {http: 'GET /x/{id}'}, retry: {attempts: 3, backoff: {initial: 1s}, topics: [%s.retry]}, dlq: {topic: %s.dlq}}\n",
			from, strings.ToUpper(format[:1])+format[1:], from, format, name, reads, name, name)
	}
	return y.String()
}

// eventSchema is a version of an event's schema; each adds an optional field.
func eventSchema(format, name string, version int) string {
	var more strings.Builder
	switch format {
	case "json":
		for v := range version - 1 {
			fmt.Fprintf(&more, `, "note%d": {"type": ["string", "null"], "maxLength": 200}`, v+1)
		}
		return `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object", "required": ["id", "tenant", "total"], "properties": {
    "id": {"type": "string", "minLength": 1, "maxLength": 36},
    "tenant": {"type": "string", "pattern": "^[a-z]+$"},
    "total": {"type": "integer", "minimum": 0},
    "currency": {"enum": ["EUR", "USD", "GBP"]},
    "lines": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/line"}}` + more.String() + `
  },
  "$defs": {"line": {"type": "object", "required": ["sku", "count"], "properties": {"sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}}}
}
`
	case "avsc":
		for v := range version - 1 {
			fmt.Fprintf(&more, `, {"name": "note%d", "type": ["null", "string"], "default": null}`, v+1)
		}
		return `{"type": "record", "namespace": "com.acme.` + name + `", "name": "Placed", "fields": [
  {"name": "id", "type": "string"}, {"name": "tenant", "type": "string"}, {"name": "total", "type": "long"},
  {"name": "lines", "type": {"type": "array", "items": {"type": "record", "name": "Line", "fields": [{"name": "sku", "type": "string"}, {"name": "count", "type": "int"}]}}}` + more.String() + `
]}
`
	}
	for v := range version - 1 {
		fmt.Fprintf(&more, "  optional string note%d = %d;\n", v+1, v+10)
	}
	return "syntax = \"proto3\";\npackage acme." + name + ";\nmessage Placed {\n  string id = 1;\n  string tenant = 2;\n  int64 total = 3;\n  repeated Line lines = 4;\n" + more.String() + "}\nmessage Line { string sku = 1; int32 count = 2; }\n"
}
