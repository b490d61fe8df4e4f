package html

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// TestBrokersOverTime: a step has the mean of its samples, one without samples
// has none, and what was said before the load is left out.
func TestBrokersOverTime(t *testing.T) {
	rec := &run.Record{Results: &run.Results{Brokers: &run.BrokerMetrics{Series: []run.BrokerSeries{{Series: "disk-busy", Unit: run.UnitShare}}}}}
	say := func(at time.Duration, series, broker string, v float64) {
		rec.Brokers = append(rec.Brokers, run.BrokerSample{At: at, Series: series, Broker: broker, Value: v})
	}
	say(-time.Second, "disk-busy", "b1", 1)
	say(0, "disk-busy", "b1", 0.1)
	say(time.Second, "disk-busy", "b1", 0.2)
	say(4*time.Second, "disk-busy", "b1", 0.5)
	say(9*time.Second, "disk-busy", "b1", 1)
	for i := range maxBrokerLines + 3 {
		say(0, "idle", fmt.Sprintf("b%02d", i), float64(i))
	}
	all := newBrokerSeries(rec, grid{2 * time.Second, 3}, 6*time.Second, nil)
	if len(all) != 2 || all[0].Name != "disk-busy" || all[0].Unit != run.UnitShare || all[1].Unit != "" {
		t.Fatalf("series %+v", all)
	}
	v := all[0].Values[0]
	if *v[0] != 0.15 || v[1] != nil || *v[2] != 0.5 {
		t.Errorf("disk-busy %v", v)
	}
	if got, want := all[0].table.Rows[0].Cells, []string{"15%", "–", "50%"}; !slices.Equal(got, want) {
		t.Errorf("row %q, want %q", got, want)
	}
	if s := all[1]; len(s.Brokers) != maxBrokerLines || s.Left != 3 || len(s.Values) != maxBrokerLines {
		t.Errorf("%d brokers of idle, %d left out", len(s.Brokers), s.Left)
	}
}
