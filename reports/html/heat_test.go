package html

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

func TestShades(t *testing.T) {
	for share, want := range map[float64]int{0: 0, 0.01: 1, 1.0 / 6: 1, 0.17: 2, 0.5: 3, 0.84: 6, 1: 6, 7: 6} {
		if got := shade(share); got != want {
			t.Errorf("shade of %v = %d, want %d", share, got, want)
		}
	}
	for n, want := range map[int64]int{0: 0, 1: 1, 10: 1, 11: 2, 100: 2, 101: 3, 301: 4, 1001: 5, 3001: 6, 10_000: 6} {
		if got := latencyShade(n, 10_000); got != want {
			t.Errorf("shade of %d of 10,000 = %d, want %d", n, got, want)
		}
	}
}

// TestLayers: acks are per second of what was covered, a second without acks is
// one of none, and lag is the highest of its step. The busiest partitions have
// rows, in the order of their numbers.
func TestLayers(t *testing.T) {
	lag := func(n int64) map[string]map[string]int64 {
		return map[string]map[string]int64{"g": {"a/0": n}, "idle": {"a/0": 0}}
	}
	g := grid{2 * time.Second, 3}
	all := layers([]run.Interval{
		{Start: 0, Length: time.Second, Partitions: map[string]int64{"a/10": 30, "a/9": 10}, Lag: lag(5)},
		{Start: time.Second, Length: time.Second, Partitions: map[string]int64{"a/10": 31}, Lag: lag(7)},
		{Start: 4 * time.Second, Length: 500 * time.Millisecond, Partitions: map[string]int64{"a/9": 4}},
	}, g, 6*time.Second, nil)
	if len(all) != 2 || all[0].Name != "acked" || all[1].Name != "lag of g" {
		t.Fatalf("layers %+v: want the acks and the lag of the group that lagged", all)
	}
	show := func(l *layer) (rows []string) {
		for i, name := range l.Rows {
			row := name
			for _, v := range l.Values[i] {
				if v == nil {
					row += " –"
				} else {
					row += fmt.Sprintf(" %g", *v)
				}
			}
			rows = append(rows, row)
		}
		return rows
	}
	if got, want := show(all[0]), []string{"a/9 5 – 8", "a/10 30.5 – 0"}; !slices.Equal(got, want) {
		t.Errorf("acks %q, want %q", got, want)
	}
	if got, want := show(all[1]), []string{"a/0 7 – –"}; !slices.Equal(got, want) {
		t.Errorf("lag %q, want %q", got, want)
	}
	if got := all[0].table.Rows[1].Cells; !slices.Equal(got, []string{"30.5/s", "0/s", "0/s"}) {
		t.Errorf("row of the table: %q", got)
	}
}

// TestLayersAreBounded: of more partitions than there are rows the busiest are
// shown, and one burst does not take the shades from the rest.
func TestLayersAreBounded(t *testing.T) {
	in := run.Interval{Length: time.Second, Partitions: map[string]int64{}}
	for p := range int64(100) {
		in.Partitions[fmt.Sprintf("a/%d", p)] = 100 + p
	}
	in.Partitions["a/99"] = 1_000_000
	l := layers([]run.Interval{in}, grid{time.Second, 1}, time.Second, nil)[0]
	if len(l.Rows) != maxHeatRows || l.Left != 100-maxHeatRows || l.Rows[0] != "a/36" || l.Rows[63] != "a/99" {
		t.Errorf("%d rows from %s to %s, %d left out", len(l.Rows), l.Rows[0], l.Rows[len(l.Rows)-1], l.Left)
	}
	if l.Full != 198 { // the 63rd of 64
		t.Errorf("the full shade is at %v, want 198", l.Full)
	}
}

func TestHeatDrawing(t *testing.T) {
	levels := [][]int{{1, 1, 0, 2}, {0, 0, 0, 1}}
	d := drawHeat("title", 100, grid{time.Second, 4}, 3500*time.Millisecond, nil, 2, 28, func(step, row int) int { return levels[row][step] })
	if len(d.Shades) != 2 || d.Shades[0].Path != "M0 0h2v1H0zM3 1h1v1H3z" || d.Shades[1].Path != "M3 0h1v1H3z" {
		t.Errorf("shades %+v", d.Shades)
	}
	if d.Box != "0 0 3.5 2" || d.Plot != "28.0" || d.Width != 1000-100-svgRight {
		t.Errorf("drawing %+v", d)
	}
}

func TestByPartition(t *testing.T) {
	names := []string{"b/0", "a/10", "a/9", "a", "a/b/2", "/1", "a/x"}
	slices.SortFunc(names, byPartition)
	if want := []string{"/1", "a", "a/9", "a/10", "a/b/2", "a/x", "b/0"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if got, want := shorten("payments.order-placed.retry/12"), "…order-placed.retry/12"; got != want {
		t.Errorf("shortened to %q, want %q", got, want)
	}
}
