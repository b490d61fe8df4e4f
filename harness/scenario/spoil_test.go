package scenario

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/payload"
)

// spoilContracts are those of events that differ in what can be wrong with them.
const spoilContracts = "contracts: [spoil]\n"

// TestWhatCannotBeSpoilt compares every finding with its place.
func TestWhatCannotBeSpoilt(t *testing.T) {
	for name, tt := range map[string]struct{ event, fault, services, want string }{
		"a schema that takes all":               {"Anything", "poison: {event: Anything, share: 1%, kind: wrong-schema}", "", `:5:68 scenario/bad-load: the schema of Anything, or that of a consumer, takes all that was tried as an event, so that none is wrong: use kind: undecodable`},
		"a consumer's schema that takes all":    {"Whole", "poison: {event: Whole, share: 1%, kind: wrong-schema}", "lenient", `:6:65 scenario/bad-load: the schema of Whole, or that of a consumer, takes all that was tried as an event, so that none is wrong: use kind: undecodable`},
		"no schema":                             {"Sampled", "poison: {event: Sampled, share: 1%, kind: wrong-schema}", "", `:5:67 scenario/bad-load: the schema of Sampled, or that of a consumer, takes all that was tried as an event, so that none is wrong: use kind: undecodable`},
		"data by which the event is known":      {"Typed", "poison: {event: Typed, share: 1%, kind: wrong-schema}", "", `:5:65 scenario/bad-load: by $.note in its data consumers know Typed: without it they rightly leave a record alone`},
		"no header":                             {"Anything", "poison: {event: Anything, share: 1%, kind: missing-header}", "", `:5:68 scenario/bad-load: neither the envelope of Anything nor its contract requires a header that could be missing`},
		"a header that none must have":          {"Whole", "poison: {event: Whole, share: 1%, kind: missing-header, header: ce_time}", "", `:5:89 scenario/bad-load: no record of Whole must have the header ce_time: name one that its envelope or its contract requires`},
		"a header by which the event is known":  {"Whole", "poison: {event: Whole, share: 1%, kind: missing-header, header: ce_type}", "", `:5:89 scenario/bad-load: by the header ce_type consumers know Whole: without it they rightly leave a record alone`},
		"dead letters that may lose their head": {"Whole", "poison: {event: Whole, share: 1%, kind: missing-header}", "headless", `:6:65 scenario/bad-load: dead letters of headless need not keep the headers, and nothing else of such a record leads back to it: add headers to the contract's dlq.preserve`},
		"a size of every event":                 {"Whole", "poison: {event: Whole, share: 1%, kind: too-large, size: 50B}", "", `:5:82 scenario/bad-load: events of Whole are that large by themselves: name a size that none has`},
		"a duplicate behind the load's records": {"Whole", "duplicate: {event: Whole, share: 1%, after: 100}", "", `:5:69 scenario/timing: the load of Whole has only 100 records`},
		"a duplicate behind the load's end":     {"Whole", "duplicate: {event: Whole, share: 1%, after: 10s}", "", `:5:69 scenario/timing: the load of Whole ends at 10s`},
		"other partitions without a key":        {"Keyless", "duplicate: {event: Keyless, share: 1%, partition: other}", "", `:5:75 scenario/bad-load: records of Keyless have no key, so that none has a partition of its own`},
		"other partitions of one":               {"Single", "duplicate: {event: Single, share: 1%, partition: other}", "", `:5:74 scenario/bad-load: single.events has only one partition`},
		"events without an id":                  {"Anything", "near-identical: {event: Anything, share: 1%}", "", `:5:49 scenario/bad-load: events of Anything have no envelope, so that none has an id to differ in`},
		"events that a consumer may merge":      {"Whole", "near-identical: {event: Whole, share: 1%}", "merging", `:6:49 scenario/bad-load: merging knows an event of Whole again by $.order_id, in which near-identical ones do not differ: it rightly takes two for one`},
	} {
		parts := []string{spoilContracts, "load: [{event: " + tt.event + ", profile: [{hold: 10/s, for: 10s}]}]\n"}
		if tt.services != "" {
			parts = append(parts, "services: [{name: "+tt.services+", command: [x]}]\n")
		}
		_, findings := Resolve(scenarioOf(t, append(parts, "faults: [{always: true, "+tt.fault+"}]\n")...))
		t.Run(name, func(t *testing.T) { equal(t, summary(findings), []string{planFile + tt.want}) })
	}
}

// TestTooLargeForATopic: what no broker takes is no poison of a consumer, and a
// dead letter must have room.
func TestTooLargeForATopic(t *testing.T) {
	const rest = ", takes records of up to %d bytes, and with what goes beside it this is one of up to %d"
	fits := func(topic, which string, takes, need int) string {
		return planFile + ":8:82 scenario/bad-load: " + topic + ", which " + which + fmt.Sprintf(rest, takes, need)
	}
	for name, tt := range map[string]struct {
		size, cluster, topics, producer string
		want                            []string
	}{
		"fits":                   {size: "900KiB"},
		"no batch and no topic":  {size: "1MiB", want: []string{planFile + ":8:82 scenario/bad-load: data of 1048576 bytes does not fit a batch of 1048576 with what goes beside it", fits("reader.dlq", "dead letters of reader go to", 1048588, 1052672), fits("whole.events", "it is sent to", 1048588, 1052672)}},
		"no topic of the broker": {size: "900KiB", cluster: "message.max.bytes: 900000", topics: "whole.events: {config: {max.message.bytes: 1000000}}", want: []string{fits("reader.dlq", "dead letters of reader go to", 900000, 925696)}},
		"room in all":            {size: "1MiB", topics: "whole.events: {config: {max.message.bytes: 2000000}}, reader.dlq: {config: {max.message.bytes: 1052672}}", producer: ", producer: {batch: 2MiB}"},
	} {
		_, findings := Resolve(scenarioOf(t, spoilContracts, "cluster: {config: {"+tt.cluster+"}}\n", "topics: {"+tt.topics+"}\n", "services: [{name: reader, command: [x]}]\n"+
			"load: [{event: Whole, profile: [{hold: 10/s, for: 10s}]"+tt.producer+"}]\n",
			"faults: [{always: true, poison: {event: Whole, share: 1%, kind: too-large, size: "+tt.size+"}}]\n"))
		t.Run(name, func(t *testing.T) { equal(t, summary(findings), tt.want) })
	}
}

// TestHowALoadIsSpoilt: what a dry run says, and what the records are made of.
func TestHowALoadIsSpoilt(t *testing.T) {
	p := planOf(t, spoilContracts, "services: [{name: reader, command: [x]}]\n",
		"load: [{event: Whole, profile: [{hold: 10/s, for: 10s}]}, {event: Tenanted, profile: [{hold: 10/s, for: 10s}]}]\n", `faults:
  - {at: 5s, every: 1s, restart: {service: reader}}
  - {always: true, poison: {event: Whole, share: 1%}}
  - {always: true, duplicate: {event: Tenanted, share: 2%}}
  - {always: true, poison: {event: Whole, share: 3%, kind: wrong-schema}}
  - {always: true, poison: {event: Whole, share: 4%, kind: missing-header, header: ce_source}}
  - {always: true, poison: {event: Whole, share: 5%, kind: missing-header}}
  - {always: true, poison: {event: Tenanted, share: 6%, kind: missing-header}}
  - {always: true, duplicate: {event: Whole, share: 1%, after: 0}}
  - {always: true, duplicate: {event: Whole, share: 1%, after: 99}}
  - {always: true, duplicate: {event: Whole, share: 1%, after: 5s}}
  - {always: true, duplicate: {event: Whole, share: 1%, partition: other}}
  - {always: true, duplicate: {event: Whole, share: 1%, after: 2, partition: other}}
  - {always: true, near-identical: {event: Whole, share: 5%}}
  - {always: true, poison: {event: Whole, share: 5%, kind: too-large, size: 64KiB}}
`)
	var b bytes.Buffer
	p.Describe(&b, "embedded", 1)
	var got []string
	for line := range strings.Lines(b.String()) {
		if said, ok := strings.CutPrefix(line, "fault      always    "); ok {
			got = append(got, strings.TrimSpace(said))
		}
	}
	equal(t, got, []string{
		"poison 1% of Whole",
		"duplicate 2% of Tenanted",
		"poison 3% of Whole in the wrong schema, in 5 forms",
		"poison 4% of Whole without the header ce_source",
		"poison 5% of Whole without the header ce_id",
		"poison 6% of Tenanted without the header tenant",
		"duplicate 1% of Whole directly behind the first",
		"duplicate 1% of Whole 99 records later",
		"duplicate 1% of Whole 5s later",
		"duplicate 1% of Whole on another partition",
		"duplicate 1% of Whole 2 records later, on another partition",
		"near-identical 5% of Whole",
		"poison 5% of Whole with 64KiB of data, most of it at $.padding",
	})
	equal(t, p.spoilt(p.Flows[0]), []payload.Fault{
		{Kind: payload.Undecodable, Share: 0.01}, {Kind: payload.WrongSchema, Share: 0.03},
		{Kind: payload.MissingHeader, Share: 0.04, Header: "ce_source"}, {Kind: payload.MissingHeader, Share: 0.05, Header: "ce_id"},
		{Kind: payload.Duplicate, Share: 0.01, After: &payload.Distance{}}, {Kind: payload.Duplicate, Share: 0.01, After: &payload.Distance{Records: 99}},
		{Kind: payload.Duplicate, Share: 0.01, After: &payload.Distance{Time: 5 * time.Second}},
		{Kind: payload.Duplicate, Share: 0.01, Elsewhere: true}, {Kind: payload.Duplicate, Share: 0.01, After: &payload.Distance{Records: 2}, Elsewhere: true},
		{Kind: payload.NearIdentical, Share: 0.05, After: &payload.Distance{}}, {Kind: payload.TooLarge, Share: 0.05, Size: 65536},
	})
	equal(t, p.Notes, []string{
		"headless consumes Whole but is not part of this run: its effects and dead letters are not watched",
		"lenient consumes Whole but is not part of this run: its effects and dead letters are not watched",
		"merging consumes Whole but is not part of this run: its effects and dead letters are not watched",
		"reader declares no effect for Whole: whether it was processed is not watched",
		"poison 3% of Whole in the wrong schema: each record is an event in one of these forms: without what its schema requires; with a value of another type for each member; that is an array; without $.order_id; with a value of another type in $.order_id",
		"reader promises to know an event of Whole again for 5s, and duplicates come 99 records later: no-duplicate-effect asks for one effect all the same",
	})
	equal(t, p.spoilt(p.Flows[1]), []payload.Fault{{Kind: payload.Duplicate, Share: 0.02}, {Kind: payload.MissingHeader, Share: 0.06, Header: "tenant"}})
	var index []int
	for _, f := range p.Schedule() {
		if f.Kind.InLoad() {
			index = append(index, p.spoiltIndex(f))
		}
	}
	equal(t, index, []int{0, 0, 1, 2, 3, 1, 4, 5, 6, 7, 8, 9, 10})
}

// TestFaultsThatHitNothing: which records are drawn is known before.
func TestFaultsThatHitNothing(t *testing.T) {
	p := planOf(t, spoilContracts, "load: [{event: Whole, profile: [{hold: 10/s, for: 10s}]}, {event: Single, profile: [{hold: 10/s, for: 50s}]}]\n", `faults:
  - {always: true, poison: {event: Whole, share: 20%}}
  - {always: true, poison: {event: Single, share: 0.001%}}
  - {always: true, duplicate: {event: Single, share: 20%}}
  - {always: true, duplicate: {event: Whole, share: 1%, after: 99}}
`)
	before := len(p.Notes)
	p.misses(7)
	equal(t, p.Notes[before:], []string{
		"poison 0.001% of Single makes none of the 500 records with seed 7, and the run will be vacuous: raise the share, or make the load longer",
		"duplicate 1% of Whole 99 records later makes none of the 100 records with seed 7, and the run will be vacuous: raise the share, or make the load longer",
	})
}

// TestWrongInARegistry: what a schema of a registry refuses is known once the
// run has asked for it, and is no reason to refuse the file before.
func TestWrongInARegistry(t *testing.T) {
	s, findings := LoadFile("testdata/run/framed.yaml")
	equal(t, summary(findings), []string(nil))
	s.Faults[0].Poison.Kind = PoisonWrongSchema
	p, findings := Resolve(s)
	equal(t, summary(findings), []string(nil))
	equal(t, p.Faults[0].How, "in the wrong schema")
}
