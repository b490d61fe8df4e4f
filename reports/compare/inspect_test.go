package compare

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// TestInspect has a case for each finding, and the sides as they are for none.
func TestInspect(t *testing.T) {
	each := func(change func(*run.Record)) func(_, c []*run.Record) {
		return func(_, c []*run.Record) {
			for _, rec := range c {
				change(rec)
			}
		}
	}
	scenario := func(was, is string) func(_, c []*run.Record) {
		return each(func(rec *run.Record) {
			rec.Scenario = json.RawMessage(strings.Replace(string(rec.Scenario), was, is, 1))
		})
	}
	tests := []struct {
		name     string
		change   func(base, candidate []*run.Record)
		id       string
		severity finding.Severity
		message  string
	}{
		{name: "alike", change: func(_, _ []*run.Record) {}},
		{"killed", func(_, c []*run.Record) { c[1].Run.Status = run.Running }, idIncomplete, finding.Error, "the run candidate-2 did not come to its planned end: its status is running"},
		{"no results", func(b, _ []*run.Record) { b[0].Results = nil }, idIncomplete, finding.Error, "the run base-1 has no results.json"},
		{"a log that was cut off", func(b, _ []*run.Record) {
			b[1].Defects = []run.Defect{{File: run.File{Path: "histograms/publish.hlog", Bytes: 9}, Has: 4}}
		}, idIncomplete, finding.Error, "the run base-2 is not whole any more: histograms/publish.hlog was cut off: 4 of the 9 bytes that the run left are there"},
		{"a journal that is gone", func(b, _ []*run.Record) {
			b[1].Defects = []run.Defect{{File: run.File{Path: "journal/blocks.wj", Bytes: 9}, Missing: true}}
		}, "", "", ""},
		{"generator bound", func(b, _ []*run.Record) { b[0].Results.Generator.Bound = true }, idGeneratorBound, finding.Error, "the generator limited the run base-1"},
		{"failed", func(b, _ []*run.Record) { b[0].Run.Verdict, b[0].Run.Reason = finding.Fail, "it lost records" }, idFailed, finding.Warning, "the run base-1 failed by its own verdict: it lost records"},
		{"no steady phase", func(b, _ []*run.Record) { b[0].Intervals = nil }, idNoSteady, finding.Error, "the run base-1 has no interval of the steady phase"},
		{"profile", each(func(r *run.Record) { r.Run.Loads[0].Profile = "hold 1/s for 1s" }), idWorkload, finding.Error, "load 1 profile is ramp 0..5000/s over 10s, hold 5000/s for 50s in the base and hold 1/s for 1s in the candidate"},
		{"one run's profile", func(_, c []*run.Record) { c[2].Run.Loads[0].Profile = "" }, idWorkload, finding.Error, "load 1 profile is ramp 0..5000/s over 10s, hold 5000/s for 50s in base-1 and absent in candidate-3"},
		{"a run of the base", func(b, _ []*run.Record) { b[3].Run.Loads[0].Keys = "uniform" }, idWorkload, finding.Error, "load 1 keys is zipf 1.1 of 100,000 in base-1 and uniform in base-4"},
		{"faults", each(func(r *run.Record) { r.Results.Faults = []run.Fault{{Kind: "kill", Target: "broker 2"}} }), idWorkload, finding.Error, "fault 1 is absent in the base and kill broker 2 in the candidate"},
		{"warm-up", scenario(`{`, `{"Warmup": "5s", `), idWorkload, finding.Error, "warmup is absent in the base and 5s in the candidate"},
		{"producer of the scenario", scenario(`"via": "topic"`, `"Producer": {"linger": "9ms"}, "via": "topic"`), "", "", ""},
		{"scenario of another version", each(func(r *run.Record) { r.Scenario, r.Run.Weir.Version = json.RawMessage(`{}`), "v9" }), idWeir, finding.Warning, "weir version is v0.1.0 in the base and v9 in the candidate"},
		{"no scenario", each(func(r *run.Record) { r.Scenario = json.RawMessage(`[1]`) }), idWorkload, finding.Error, "faults 1 at is 20s in the base and absent in the candidate; faults 1 heal-after is 10s in the base and absent in the candidate; faults 1 kill leader-of is order.events/0 in the base and absent in the candidate; and 12 more"},
		{"cluster kind", each(func(r *run.Record) { r.Run.Cluster.Kind = "embedded" }), idClusterKind, finding.Error, "cluster kind is docker in the base and embedded in the candidate"},
		{"broker version", each(func(r *run.Record) { r.Run.Cluster.Version = "4.2.0" }), idCluster, finding.Warning, "cluster version is 4.3.1 in the base and 4.2.0 in the candidate"},
		{"addresses", each(func(r *run.Record) { r.Run.Cluster.Bootstrap = []string{"elsewhere:1"} }), "", "", ""},
		{"partitions", each(func(r *run.Record) { r.Run.Topics[0].Partitions = 3 }), idTopics, finding.Warning, "topic 1 partitions is 12 in the base and 3 in the candidate"},
		{"producer", each(func(r *run.Record) { r.Run.Loads[0].Producer = map[string]string{"acks": "1"} }), idProducer, finding.Warning, "producer 1 acks is all in the base and 1 in the candidate; producer 1 compression.type is lz4 in the base and absent in the candidate; producer 1 enable.idempotence is true in the base and absent in the candidate; and 1 more"},
		{"service", each(func(r *run.Record) { r.Run.Services[1].Command = "./payment-service-2" }), idServices, finding.Warning, "service 2 command is ./payment-service in the base and ./payment-service-2 in the candidate"},
		{"service's port", each(func(r *run.Record) { r.Run.Services[0].URL, r.Run.Services[0].Restarts = "http://127.0.0.1:1", 4 }), "", "", ""},
		{"name", each(func(r *run.Record) { r.Run.Name = "other" }), idScenario, finding.Warning, "scenario is checkout in the base and other in the candidate"},
		{"host", each(func(r *run.Record) { r.Run.Host.Cores = 64 }), idHost, finding.Warning, "host cores is 2 in the base and 64 in the candidate"},
		{"seeds", func(_, c []*run.Record) { c[0].Run.Seed = 1 }, idSeed, finding.Warning, "the base has seed 42, the candidate another seed in each run: keys and payloads are not drawn alike"},
		{"overlap", func(_, c []*run.Record) { c[0].Run.Started = c[0].Run.Started.Add(-50 * time.Second) }, idOverlap, finding.Warning, "the run candidate-1 began 20s before base-1 ended, on the same machine: they took from each other"},
		{"overlap on two machines", func(b, c []*run.Record) {
			for i := range b {
				b[i].Run.Started, b[i].Run.Host.Name = c[i].Run.Started, "other"
			}
		}, idHost, finding.Warning, "host name is other in the base and ci-runner-7 in the candidate"},
		{"one side after the other", each(func(r *run.Record) {
			r.Run.Started, r.Run.Ended = r.Run.Started.Add(time.Hour), r.Run.Ended.Add(time.Hour)
		}), idOrder, finding.Warning, "the runs of the two sides were not made in turn: what changed on the machine between them looks like a difference of the flow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			base, candidate := sides(t, 5, 1)
			tt.change(base, candidate)
			found := inspect(byStart(base), byStart(candidate))
			if tt.id == "" {
				if len(found) > 0 {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != 1 || found[0].ID != tt.id || found[0].Severity != tt.severity || !strings.HasPrefix(found[0].Message, tt.message) {
				t.Errorf("found %+v\nwant %s %s: %s", found, tt.severity, tt.id, tt.message)
			}
		})
	}
}

func TestEveryIDIsARule(t *testing.T) {
	rules := map[string]bool{}
	for _, r := range Rules() {
		if r.Summary == "" || rules[r.ID] {
			t.Errorf("%s has no summary or is there twice", r.ID)
		}
		rules[r.ID] = true
	}
	for _, f := range facets(true) {
		if !rules[f.id] {
			t.Errorf("%s is no rule", f.id)
		}
	}
}

func TestInterleaved(t *testing.T) {
	tests := []struct {
		order string // by start: b is a run of the base, c one of the candidate
		want  bool
	}{
		{"bcbcbc", true},
		{"bccbbc", true}, // the first of a pair changes
		{"cbcbcb", true},
		{"bbbccc", false},
		{"bbcc", false},
		{"bcbbcc", false},
		{"bcb", false},
		{"bc", true},
	}
	for _, tt := range tests {
		var base, candidate []*run.Record
		for i, side := range tt.order {
			rec := &run.Record{Run: run.Run{Started: time.Unix(int64(i), 0)}}
			if side == 'b' {
				base = append(base, rec)
			} else {
				candidate = append(candidate, rec)
			}
		}
		if got := interleaved(base, candidate); got != tt.want {
			t.Errorf("%s: interleaved is %v", tt.order, got)
		}
	}
}
