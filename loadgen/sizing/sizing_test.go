package sizing_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/flowweir/weir/loadgen/sizing"
	"github.com/flowweir/weir/reports/run"
)

func flag(x float64) sizing.Value { return sizing.Value{Is: x, Source: sizing.Flag, Detail: "--x"} }

// guideline is the case of the textbook: 100k/s at 10k/s per partition.
func guideline() sizing.Inputs {
	return sizing.Inputs{Target: flag(100_000), PerPartition: flag(10_000), BufferLow: flag(0.2), BufferHigh: flag(0.5)}
}

func TestGuideline(t *testing.T) {
	got, err := sizing.Worksheet(guideline())
	if err != nil {
		t.Fatal(err)
	}
	want := run.Worksheet{
		Inputs: []run.Figure{
			{Name: "target", Value: 100_000, Unit: "1/s", Source: "flag", Detail: "--x"},
			{Name: "per partition", Value: 10_000, Unit: "1/s", Source: "flag", Detail: "--x"},
			{Name: "buffer", Value: 0.2, High: 0.5, Unit: "share", Source: "flag", Detail: "--x"},
		},
		Results: []run.Figure{
			{Name: "partitions", Value: 10, Formula: "⌈target ÷ per partition⌉"},
			{Name: "partitions with buffer", Value: 12, High: 15, Formula: "⌈target × (1 + buffer) ÷ per partition⌉"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// whole is a worksheet of which every line is there.
func whole() sizing.Inputs {
	in := guideline()
	in.PerConsumer = flag(8_000)
	in.Outage = flag(600)
	in.KeyShare = flag(0.1)
	in.EventBytes, in.Replication, in.Groups = flag(1_000), flag(3), flag(2)
	in.Retention = flag(86_400)
	in.Ingress, in.Egress, in.Disk, in.Headroom = flag(100e6), flag(200e6), flag(10e12), flag(0.5)
	return in
}

// results are the results by name, as value, upper end and note.
func results(t *testing.T, in sizing.Inputs) (map[string][2]float64, map[string]string, run.Worksheet) {
	t.Helper()
	sheet, err := sizing.Worksheet(in)
	if err != nil {
		t.Fatal(err)
	}
	values, notes := map[string][2]float64{}, map[string]string{}
	for _, r := range sheet.Results {
		if r.Formula == "" {
			t.Errorf("%s has no formula", r.Name)
		}
		values[r.Name], notes[r.Name] = [2]float64{r.Value, r.High}, r.Note
	}
	for _, i := range sheet.Inputs {
		if i.Source == "" {
			t.Errorf("%s has no source", i.Name)
		}
	}
	return values, notes, sheet
}

func TestWorksheet(t *testing.T) {
	values, notes, sheet := results(t, whole())
	want := map[string][2]float64{
		"partitions":                       {13, 0},                    // 100,000 ÷ 8,000 = 12.5
		"partitions with buffer":           {15, 19},                   // 15.0 and 18.75
		"consumers of each group":          {15, 19},                   //
		"ingress":                          {300e6, 0},                 // 100,000 × 1,000 × 3: 6 brokers of 50 MB/s free
		"egress":                           {400e6, 0},                 // × (2 + 3 − 1): 4 brokers
		"disk":                             {300e6 * 86_400, 0},        // 25.92 TB: 6 brokers of 5 TB free
		"brokers":                          {7, 0},                     // 1 + 6
		"catch-up after an outage":         {60e6 / 52e3, 60e6 / 20e3}, // 19 × 8,000 − 100,000, and 15 ×
		"most that the hottest key allows": {80_000, 0},
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
	wantNotes := map[string]string{
		"partitions": "", "partitions with buffer": "", "consumers of each group": "", "catch-up after an outage": "",
		"ingress":                          "6 brokers hold it, with headroom",
		"egress":                           "4 brokers hold it, with headroom",
		"disk":                             "6 brokers hold it, with headroom",
		"brokers":                          "one of them may be down",
		"most that the hottest key allows": "less than the target, and more partitions cannot help: all records of a key go to one of them",
	}
	if diff := cmp.Diff(wantNotes, notes); diff != "" {
		t.Error(diff)
	}
	if len(sheet.Inputs) != 14 || len(sheet.Notes) != 0 {
		t.Errorf("%d inputs, notes %q", len(sheet.Inputs), sheet.Notes)
	}
}

func TestWorksheetLeavesOutWhatIsNotKnown(t *testing.T) {
	in := whole()
	in.PerConsumer, in.Retention, in.Disk, in.Egress = sizing.Value{}, sizing.Value{}, sizing.Value{}, sizing.Value{}
	values, notes, _ := results(t, in)
	want := map[string][2]float64{
		"partitions": {10, 0}, "partitions with buffer": {12, 15}, "ingress": {300e6, 0}, "egress": {400e6, 0}, "brokers": {7, 0},
		"most that the hottest key allows": {100_000, 0},
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
	if notes["egress"] != "egress per broker is not known, and not counted" || notes["most that the hottest key allows"] != "" {
		t.Error(notes)
	}
}

func TestSmallLoadsNeedABrokerForEachReplica(t *testing.T) {
	in := whole()
	in.Target, in.Replication = flag(10), flag(5)
	values, notes, _ := results(t, in)
	if values["brokers"] != [2]float64{5, 0} || notes["brokers"] != "one for each replica; the load needs fewer" {
		t.Errorf("%v, %q", values["brokers"], notes["brokers"])
	}
}

func TestCatchUpWithoutSpareConsumers(t *testing.T) {
	in := whole()
	in.BufferLow = flag(0)
	in.PerConsumer = flag(10_000)
	values, notes, _ := results(t, in)
	if values["catch-up after an outage"] != [2]float64{60e6 / 50e3, 0} || notes["catch-up after an outage"] != "with 15 consumers; with 10, never" {
		t.Errorf("%v, %q", values["catch-up after an outage"], notes["catch-up after an outage"])
	}
	in.BufferHigh = flag(0)
	values, _, sheet := results(t, in)
	if _, there := values["catch-up after an outage"]; there || len(sheet.Notes) != 1 {
		t.Errorf("%v, notes %q", values, sheet.Notes)
	}
}

func TestProblems(t *testing.T) {
	for name, spoil := range map[string]func(*sizing.Inputs){
		"target":              func(in *sizing.Inputs) { in.Target = sizing.Value{} },
		"per partition":       func(in *sizing.Inputs) { in.PerPartition = flag(0) },
		"per consumer":        func(in *sizing.Inputs) { in.PerConsumer = flag(math.NaN()) },
		"buffer":              func(in *sizing.Inputs) { in.BufferHigh = flag(0.1) },
		"hottest key's share": func(in *sizing.Inputs) { in.KeyShare = flag(1.5) },
		"headroom":            func(in *sizing.Inputs) { in.Headroom = flag(1) },
		"retention":           func(in *sizing.Inputs) { in.Retention = flag(math.Inf(1)) },
	} {
		in := whole()
		spoil(&in)
		_, err := sizing.Worksheet(in)
		var problem *sizing.Problem
		if !errors.As(err, &problem) || problem.Input != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPartitionsHold: the partitions take the target, and one fewer does not.
func TestPartitionsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := float64(rapid.IntRange(1, 1e7).Draw(t, "target"))
		limit := float64(rapid.IntRange(1, 1e6).Draw(t, "limit"))
		sheet, err := sizing.Worksheet(sizing.Inputs{Target: flag(rate), PerPartition: flag(limit), BufferLow: flag(0), BufferHigh: flag(0)})
		if err != nil {
			t.Fatal(err)
		}
		if n := sheet.Results[0].Value; n*limit < rate || (n-1)*limit >= rate || n != math.Trunc(n) {
			t.Fatalf("%g partitions of %g for %g", n, limit, rate)
		}
	})
}

func TestShareOfATopic(t *testing.T) {
	in := whole()
	in.Target, in.Share = flag(200_000), flag(0.5)
	values, _, sheet := results(t, in)
	if values["partitions"] != [2]float64{13, 0} || values["ingress"] != [2]float64{600e6, 0} || values["consumers of each group"] != [2]float64{15, 19} {
		t.Error(values)
	}
	if f := sheet.Results[0].Formula; f != "⌈target × topic's share ÷ min(per partition, per consumer)⌉" {
		t.Error(f)
	}
}

func TestZipfShare(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		s    float64
		want float64
	}{
		{1, 1.1, 1},
		{2, 1, 2.0 / 3},
		{4, 2, 1 / (1 + 1.0/4 + 1.0/9 + 1.0/16)},
		{1_000_000, 1, 1 / 14.392726722865},               // the millionth harmonic number
		{1 << 50, 2, 6 / (math.Pi * math.Pi)},             // ζ(2), Euler
		{1_000_000, 1.5, 1 / (2.612375348685 - 2/1000.0)}, // ζ(3/2) less its tail
	} {
		if got := sizing.ZipfShare(c.n, c.s); math.Abs(got-c.want) > 1e-8 {
			t.Errorf("ZipfShare(%d, %g) = %.10f, want %.10f", c.n, c.s, got, c.want)
		}
	}
}
