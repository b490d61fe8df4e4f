package run_test

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// A runner writes as it goes, so that a run that is killed has a record too.
func Example() {
	parent, err := os.MkdirTemp("", "weir")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(parent) }()
	started := time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	r := run.Run{ID: run.DirName(started, "orders", "5f3a9c01d2e4"), Name: "orders", Started: started}

	dir, err := run.Create(filepath.Join(parent, r.ID), r)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := dir.AppendInterval(run.Interval{Length: time.Second, Phase: run.PhaseSteady, Due: 100, Acked: 100}); err != nil {
		fmt.Println(err)
	}
	show(dir.Path())

	if err := dir.WriteResults(run.Results{Senders: []run.Sender{{Sent: 100, Acked: 100}}}); err != nil {
		fmt.Println(err)
	}
	r.Status, r.Verdict = run.Complete, finding.Pass
	if err := dir.WriteRun(r); err != nil {
		fmt.Println(err)
	}
	if err := dir.Close(); err != nil {
		fmt.Println(err)
	}
	show(dir.Path())
	// Output:
	// 20260314T092653Z-orders-5f3a9c: running, 1 interval(s), ended false
	// 20260314T092653Z-orders-5f3a9c: complete, 1 interval(s), ended true
}

func show(root string) {
	rec, err := run.Open(root)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: %s, %d interval(s), ended %v\n", filepath.Base(root), rec.Run.Status, len(rec.Intervals), rec.Ended())
}
