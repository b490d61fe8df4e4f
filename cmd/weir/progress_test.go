package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/scenario"
)

var steady = scenario.Progress{
	Phase: "steady", At: 12 * time.Second, Length: 37 * time.Second, Due: 3000, Acked: 2990,
	PublishP99: 4100 * time.Microsecond, EndToEndP99: 5200 * time.Microsecond, Lag: 1200,
}

func TestProgressLine(t *testing.T) {
	fault := steady
	fault.Phase, fault.Open = "fault", []string{"kill leader of a/0", "crash \x1b[2Jpayment"}
	slow := steady
	slow.SoFar = true
	idle := scenario.Progress{Phase: "drain", At: 40 * time.Second, Length: 37 * time.Second}
	tests := []struct {
		in   scenario.Progress
		want string
	}{
		{scenario.Progress{Phase: scenario.PhaseSetup}, "setup"},
		{steady, "steady    12 s · 2,990/s acked of 3,000/s · publish p99 4.1 ms · end to end p99 5.2 ms · lag 1,200 · 25 s left"},
		{fault, "fault     12 s · 2,990/s acked of 3,000/s · publish p99 4.1 ms · end to end p99 5.2 ms · lag 1,200 · 25 s left · open: kill leader of a/0, crash \\u001b[2Jpayment"},
		{slow, "steady    12 s · 2,990/s acked of 3,000/s · publish p99 so far 4.1 ms · end to end p99 so far 5.2 ms · lag 1,200 · 25 s left"},
		{idle, "drain     40 s · 0/s acked of 0/s · lag 0"},
	}
	for _, tt := range tests {
		if got := progressLine(tt.in); got != tt.want {
			t.Errorf("got  %q\nwant %q", got, tt.want)
		}
	}
}

// TestProgressFits: on any common width the phase, the rate, a p99, the lag
// and the time left are all there.
func TestProgressFits(t *testing.T) {
	fault := steady
	fault.Phase, fault.Open = "fault", []string{"kill leader of orders/0"}
	slow, busy := steady, steady
	slow.SoFar = true
	busy.Due, busy.Acked, busy.Lag, busy.At, busy.Length = 125000, 124990, 1234567, 110*time.Second, 600*time.Second
	busy.PublishP99, busy.EndToEndP99 = 1234*time.Millisecond, 2345*time.Millisecond
	tests := []struct {
		in    scenario.Progress
		width int
		want  string
	}{
		{steady, 120, "steady    12 s · 2,990/s acked of 3,000/s · publish p99 4.1 ms · end to end p99 5.2 ms · lag 1,200 · 25 s left"},
		{steady, 81, "steady 12 s · 2,990 of 3,000/s · p99 4.1 ms · e2e 5.2 ms · lag 1,200 · 25 s left"},
		{steady, 80, "steady 12 s · 2,990 of 3,000/s · p99 4.1 ms · lag 1,200 · 25 s left"},
		{steady, 60, "steady 25 s left · 2,990/s · p99 4.1 ms · lag 1,200"},
		{slow, 80, "steady 12 s · 2,990 of 3,000/s · p99 so far 4.1 ms · lag 1,200 · 25 s left"},
		{slow, 60, "steady 25 s left · 2,990/s · p99 so far 4.1 ms · lag 1,200"},
		{fault, 120, "fault 12 s · 2,990 of 3,000/s · p99 4.1 ms · e2e 5.2 ms · lag 1,200 · 25 s left · open: kill leader of orders/0"},
		{fault, 80, "fault 25 s left · 2,990/s · p99 4.1 ms · lag 1,200 · open: kill leader of orde…"},
		{fault, 60, "fault 25 s left · 2,990/s · p99 4.1 ms · lag 1,200 · open:…"},
		{busy, 120, "steady   110 s · 124,990/s acked of 125,000/s · publish p99 1.23 s · end to end p99 2.35 s · lag 1,234,567 · 490 s left"},
		{busy, 80, "steady 110 s · 124,990 of 125,000/s · p99 1.23 s · lag 1,234,567 · 490 s left"},
		{busy, 60, "steady 490 s left · 124,990/s · p99 1.23 s · lag 1,234,567"},
	}
	for _, tt := range tests {
		if got := fit(tt.in, tt.width); got != tt.want {
			t.Errorf("%d columns:\ngot  %q\nwant %q", tt.width, got, tt.want)
		}
	}
}

// TestProgressOnATerminal: one line, redrawn below the log, gone at the end.
func TestProgressOnATerminal(t *testing.T) {
	s, _, stderr := testState()
	s.err = terminal{is: true, width: func() int { return 20 }}
	p := newProgress(s, false)
	p.show(steady)
	fmt.Fprint(p, "a fault")
	fmt.Fprint(p, " \x1b[31mopens\nhalf")
	p.notice("bye")
	p.done()
	p.done()
	const (
		line  = "steady 25 s left ·…"
		erase = "\r\x1b[K"
	)
	want := erase + line + erase + "a fault \\u001b[31mopens\n" + line + erase + "\nbye\n" + line + erase
	if stderr.String() != want {
		t.Errorf("got  %q\nwant %q", stderr, want)
	}
}

// TestProgressElsewhere: a line at most every five seconds, and one for each
// phase.
func TestProgressElsewhere(t *testing.T) {
	s, _, stderr := testState()
	now := time.Unix(0, 0)
	s.now = func() time.Time { return now }
	p := newProgress(s, false)
	lines := func() int { return bytes.Count(stderr.Bytes(), []byte("\n")) }
	for second, want := range []int{1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3} {
		now = time.Unix(int64(second), 0)
		p.show(steady)
		if lines() != want {
			t.Errorf("%d lines after %d s, want %d", lines(), second, want)
		}
	}
	fault := steady
	fault.Phase = "fault"
	p.show(fault)
	if lines() != 4 {
		t.Errorf("%d lines after the phase changed, want 4", lines())
	}
}

func TestQuietProgressOnlyNotices(t *testing.T) {
	s, _, stderr := testState()
	p := newProgress(s, true)
	p.show(steady)
	fmt.Fprintln(p, "log")
	p.notice("aborting")
	p.done()
	if stderr.String() != "aborting\n" {
		t.Errorf("got %q", stderr)
	}
}

// TestReaderGone: what a closed pipe means is known to be one.
func TestReaderGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	_, err = io.WriteString(results{w}, "x")
	if !errors.Is(err, errReaderGone) {
		t.Errorf("got %v", err)
	}
	if printed(err) != nil {
		t.Error("a reader that went away changes an exit code")
	}
	s, _, _ := testState()
	s.stdout = results{w}
	if err := s.explainAll(); s.fail(err) != exitPass {
		t.Errorf("got %v", err)
	}
}
