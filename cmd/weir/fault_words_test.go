package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/flowweir/weir/harness/scenario"
)

// faultsInWords has every action of a scenario, and every form of a field.
var faultsInWords = []struct{ words, yaml string }{
	{"at 500ms kill leader-of orders/0 for 100ms", "{at: 500ms, heal-after: 100ms, kill: {leader-of: orders/0}}"},
	{"kill leader-of orders/0 for 100ms at 500ms", "{heal-after: 100ms, at: 500ms, kill: {leader-of: orders/0}}"},
	{"at 500ms stop brokers 0,2", "{at: 500ms, stop: {brokers: [0, 2]}}"},
	{"at 500ms kill controllers 3,4", "{at: 500ms, kill: {controllers: [3, 4]}}"},
	{"at 500ms pause brokers 0,2 count 1", "{at: 500ms, pause: {brokers: [0, 2], count: 1}}"},
	{"at 500ms pause service payments", "{at: 500ms, pause: {service: payments}}"},
	{"at 500ms wipe controller", "{at: 500ms, wipe: {controller: true}}"},
	{"at 500ms isolate all network controller", "{at: 500ms, isolate: {all: true, network: controller}}"},
	{"at 500ms fill-disk group-coordinator payments", "{at: 500ms, fill-disk: {group-coordinator: payments}}"},
	{"at 500ms rolling-restart all", "{at: 500ms, rolling-restart: {all: true}}"},
	{"at 500ms elect unclean orders/0", "{at: 500ms, elect: {unclean: orders/0}}"},
	{"at 500ms elect orders/0", "{at: 500ms, elect: {unclean: orders/0}}"},
	{"when acks 100 crash payments", "{when: {acks: 100}, crash: {service: payments}}"},
	{"when lag > 100 group payments until 900ms crash service payments before-commit", "{when: {lag: \"> 100\", group: payments, until: 900ms}, crash: {service: payments, before-commit: true}}"},
	{"restart payments when lag >100", "{when: {lag: \">100\"}, restart: {service: payments}}"},
	{"at 500ms cut service payments way replies broker 1", "{at: 500ms, cut: {service: payments, way: replies, broker: 1}}"},
	{"every 300ms reset client shop* for 100ms", "{every: 300ms, heal-after: 100ms, reset: {client: \"shop*\"}}"},
	{"at 500ms latency delay 50ms jitter 10ms api Fetch for 100ms", "{at: 500ms, heal-after: 100ms, latency: {delay: 50ms, jitter: 10ms, api: [Fetch]}}"},
	{"at 500ms bandwidth per-second 100KiB", "{at: 500ms, bandwidth: {per-second: 100KiB}}"},
	{"at 500ms reply api OffsetCommit,Heartbeat error NOT_COORDINATOR share 10%", "{at: 500ms, reply: {api: [OffsetCommit, Heartbeat], error: NOT_COORDINATOR, share: 10%}}"},
	{"at 500ms reply api Produce drop", "{at: 500ms, reply: {api: [Produce], drop: true}}"},
	{"at 500ms delete-topic orders", "{at: 500ms, delete-topic: {topic: orders}}"},
	{"at 500ms alter-topic topic orders config min.insync.replicas=3,retention.ms=1000", "{at: 500ms, alter-topic: {topic: orders, config: {min.insync.replicas: 3, retention.ms: 1000}}}"},
	{"at 500ms quota client payments consume 100KiB", "{at: 500ms, quota: {client: payments, consume: 100KiB}}"},
	{"always poison event com.acme.OrderPlaced share 1%", "{always: true, poison: {event: com.acme.OrderPlaced, share: 1%}}"},
	{"always poison event com.acme.OrderPlaced share 1% kind wrong-schema", "{always: true, poison: {event: com.acme.OrderPlaced, share: 1%, kind: wrong-schema}}"},
	{"always poison event com.acme.OrderPlaced share 1% kind missing-header header ce_id", "{always: true, poison: {event: com.acme.OrderPlaced, share: 1%, kind: missing-header, header: ce_id}}"},
	{"always duplicate event com.acme.OrderPlaced share 1% after 200ms", "{always: true, duplicate: {event: com.acme.OrderPlaced, share: 1%, after: 200ms}}"},
	{"always duplicate event com.acme.OrderPlaced share 1% partition other", "{always: true, duplicate: {event: com.acme.OrderPlaced, share: 1%, partition: other}}"},
	{"always near-identical event com.acme.OrderPlaced share 1%", "{always: true, near-identical: {event: com.acme.OrderPlaced, share: 1%}}"},
	{"always duplicate event com.acme.OrderPlaced share 1%", "{always: true, duplicate: {event: com.acme.OrderPlaced, share: 1%}}"},
}

// TestFaultInWords: words become the entry that they say, and the scenario
// takes it.
func TestFaultInWords(t *testing.T) {
	for _, tt := range faultsInWords {
		w, err := parseFault("fault", tt.words)
		if err != nil {
			t.Errorf("%s: %v", tt.words, err)
			continue
		}
		if got := w.yaml(); got != tt.yaml {
			t.Errorf("%s:\n%s, want\n%s", tt.words, got, tt.yaml)
		}
		_, findings := scenario.LoadFileWithFaults("testdata/flow/quick.yaml", "--fault", []byte("faults: ["+tt.yaml+"]"))
		for _, f := range findings {
			t.Errorf("%s: %s %s", tt.words, f.Position, f.Message)
		}
	}
}

// TestFaultWordsKnowTheScenario: the fields that words treat in their own way
// are those of a scenario's faults, and every action is tried above.
func TestFaultWordsKnowTheScenario(t *testing.T) {
	tried := map[string]bool{}
	for _, tt := range faultsInWords {
		if w, err := parseFault("fault", tt.words); err == nil {
			tried[w.action] = true
		}
	}
	kinds := map[reflect.Kind]map[string]bool{reflect.Bool: {}, reflect.Slice: {}, reflect.Map: {}}
	var walk func(reflect.Type)
	walk = func(of reflect.Type) {
		for i := range of.NumField() {
			field := of.Field(i)
			name, inline, _ := strings.Cut(field.Tag.Get("yaml"), ",")
			if inline == "inline" {
				walk(field.Type)
			} else if set := kinds[field.Type.Kind()]; set != nil {
				set[name] = true
			}
		}
	}
	entry := reflect.TypeFor[scenario.Fault]()
	for i := range entry.NumField() {
		field := entry.Field(i)
		if field.Type.Kind() != reflect.Pointer || field.Name == "When" {
			continue
		}
		walk(field.Type.Elem())
		if name := field.Tag.Get("yaml"); !tried[name] {
			t.Errorf("no words are tried for %s", name)
		}
	}
	for kind, known := range map[reflect.Kind][]string{reflect.Bool: faultSwitches, reflect.Slice: faultLists, reflect.Map: faultMaps} {
		if got, want := slices.Sorted(maps.Keys(kinds[kind])), slices.Sorted(slices.Values(known)); !slices.Equal(got, want) {
			t.Errorf("fields that are a %s: %v, and words know %v", kind, got, want)
		}
	}
	var condition []string
	for f := range reflect.TypeFor[scenario.When]().NumField() {
		condition = append(condition, reflect.TypeFor[scenario.When]().Field(f).Tag.Get("yaml"))
	}
	if !slices.Equal(condition, conditionFields) {
		t.Errorf("fields of when: %v, and words know %v", condition, conditionFields)
	}
}

func FuzzParseFault(f *testing.F) {
	for _, tt := range faultsInWords {
		f.Add(tt.words)
	}
	for _, odd := range []string{"", "at", "when", "when lag >", "kill", "kill broker", "crash for 1s", "elect when", "config =", "alter-topic config a"} {
		f.Add(odd)
	}
	f.Fuzz(func(t *testing.T, words string) {
		w, err := parseFault("fault", words)
		if err != nil {
			return
		}
		// What the words say may be wrong, but is of one line and YAML.
		_, findings := scenario.LoadFileWithFaults("testdata/flow/quick.yaml", "--fault", []byte("faults: ["+w.yaml()+"]"))
		for _, finding := range findings {
			if finding.ID == "file/syntax" && !strings.ContainsFunc(words, odd) {
				t.Errorf("%q becomes %s: %s", words, w.yaml(), finding.Message)
			}
		}
	})
}

// odd are characters of which a file says itself that they are none of a text.
func odd(r rune) bool { return r < ' ' || r > '~' }
