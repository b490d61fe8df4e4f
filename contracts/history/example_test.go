package history_test

import (
	"fmt"
	"testing/fstest"
	"time"

	"github.com/flowweir/weir/contracts/history"
)

func ExampleRetained() {
	fsys := fstest.MapFS{
		"schemas/history/order-placed/0001-20260301T090000Z.json": {},
		"schemas/history/order-placed/0002-20260815T143000Z.json": {},
		"schemas/history/order-placed/0003-20261124T100000Z.json": {},
	}
	versions, findings, err := history.Versions(fsys, "schemas/history/order-placed/")
	if err != nil || len(findings) > 0 {
		fmt.Println(findings, err)
		return
	}
	// Version 2 was published in August, but the topic keeps records for a
	// week, and until Tuesday they were written with it.
	week := history.Retention{Period: 7 * 24 * time.Hour}
	thursday := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for _, v := range history.Retained(versions, week, thursday) {
		fmt.Println(v)
	}
	// Output:
	// version 2 (2026-08-15 14:30:00Z)
	// version 3 (2026-11-24 10:00:00Z)
}
