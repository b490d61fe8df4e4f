package invariant

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/reports/run"
)

func TestDisturbed(t *testing.T) {
	const s = time.Second
	fault := func(kind string, start, healed, stood, recovery time.Duration) run.Fault {
		return run.Fault{Kind: kind, Bit: true, Start: start * s, Healed: healed * s, StoodUntil: stood * s, Recovered: recovery > 0, Recovery: recovery * s}
	}
	for _, tt := range []struct {
		name   string
		faults []run.Fault
		want   []Span
	}{
		{"none", nil, nil},
		{"until it recovered, for three seconds", []run.Fault{fault("kill", 10, 12, 0, 5)}, []Span{{10 * s, 18 * s}}},
		{"at least until it is healed", []run.Fault{fault("latency", 10, 90, 0, 5)}, []Span{{10 * s, 90 * s}}},
		{"not seen to recover", []run.Fault{fault("crash", 10, 12, 0, 0)}, []Span{{10 * s, 42 * s}}},
		{"not seen to recover, and stood still", []run.Fault{fault("crash", 10, 12, 20, 0)}, []Span{{10 * s, 50 * s}}},
		{"never bit", []run.Fault{{Kind: "kill", Start: 10 * s, Healed: 12 * s}}, []Span{{10 * s, 12 * s}}},
		{"not healed", []run.Fault{fault("pause", 10, 0, 0, 0)}, []Span{{10 * s, 1<<63 - 1}}},
		{"in the load", []run.Fault{fault("poison", 0, 0, 0, 0), fault("duplicate", 0, 0, 0, 0)}, nil},
		{"in order, and apart", []run.Fault{fault("kill", 60, 62, 0, 5), fault("kill", 10, 12, 0, 25), fault("kill", 20, 22, 0, 5)}, []Span{{10 * s, 38 * s}, {60 * s, 68 * s}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, (&Evidence{Faults: tt.faults}).disturbed()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestCalm(t *testing.T) {
	for _, tt := range []struct {
		name      string
		span      Span
		disturbed []Span
		want      Span
	}{
		{"undisturbed", Span{5, 9}, nil, Span{5, 9}},
		{"disturbed long before", Span{5, 9}, []Span{{1, 3}}, Span{5, 9}},
		{"disturbed long after", Span{5, 9}, []Span{{11, 12}}, Span{5, 9}},
		{"disturbed before and after", Span{5, 9}, []Span{{1, 3}, {4, 5}, {9, 10}, {11, 12}}, Span{5, 9}},
		{"all of it", Span{5, 9}, []Span{{4, 10}}, Span{}},
		{"its begin", Span{5, 9}, []Span{{4, 6}}, Span{6, 9}},
		{"its end", Span{5, 9}, []Span{{8, 11}}, Span{5, 8}},
		{"the longer part before", Span{5, 19}, []Span{{12, 15}}, Span{5, 12}},
		{"the longer part after", Span{5, 19}, []Span{{6, 8}, {9, 10}}, Span{10, 19}},
		{"the longest part between", Span{5, 19}, []Span{{6, 7}, {17, 18}}, Span{7, 17}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := calm(tt.span, tt.disturbed); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
}
