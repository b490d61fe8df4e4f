package trigger_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/loadgen/histogram"
	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/loadgen/schedule"
	"github.com/flowweir/weir/loadgen/series"
	. "github.com/flowweir/weir/loadgen/trigger"
	"github.com/flowweir/weir/reports/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is all that a driver reports to.
type bench struct {
	t       testing.TB
	dir     string
	config  Config
	phases  histogram.Phases
	counter series.Counters
	stalls  series.Stalls
}

func newBench(t testing.TB, segments ...schedule.Segment) *bench {
	t.Helper()
	s, err := schedule.New(segments...)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir()}
	start := time.Now()
	b.phases.Set(histogram.Steady, 0)
	meter, err := histogram.New(b.dir, start, &b.phases)
	if err != nil {
		t.Fatal(err)
	}
	stories, err := journal.Create(b.dir, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := meter.Close(); err != nil {
			t.Error(err)
		}
		_, _ = stories.Close()
	})
	b.config = Config{
		Name: "POST /orders", Schedule: s, Start: start, Journal: stories, Meter: meter,
		Sender: ledger.New().Sender("trigger", ledger.Expect{}), Counters: &b.counter, Stalls: &b.stalls,
	}
	return b
}

// serve makes requests to a server the thing to do.
func (b *bench) serve(handler http.HandlerFunc) *httptest.Server {
	server := httptest.NewServer(handler)
	client := Client(DefaultInFlight)
	b.t.Cleanup(func() {
		client.CloseIdleConnections()
		server.Close()
	})
	b.config.Do = func(ctx context.Context, seq uint64, due time.Time) error {
		body := strings.NewReader(fmt.Sprintf(`{"seq":%d,"due":%d}`, seq, due.UnixNano()))
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/orders", body)
		if err != nil {
			return err
		}
		reply, err := client.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, reply.Body)
		if err = errors.Join(err, reply.Body.Close()); err != nil {
			return err
		}
		return Judge(reply.StatusCode, http.StatusAccepted)
	}
	return server
}

func (b *bench) driver() *Driver {
	b.t.Helper()
	d, err := New(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(d.Close)
	return d
}

func (b *bench) sendAll(d *Driver) {
	b.t.Helper()
	if err := d.Run(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	if open, err := d.Flush(b.t.Context()); open != 0 || err != nil {
		b.t.Fatal(open, err)
	}
	b.config.Meter.Rotate(time.Since(b.config.Start))
}

func (b *bench) latency(kind string) run.Latency {
	for _, l := range b.config.Meter.Latencies() {
		if l.Kind == kind && l.Phase == "" {
			return l
		}
	}
	return run.Latency{}
}

func TestOutcomes(t *testing.T) {
	// Sequences modulo 5 get these replies; the last has none.
	replies := []int{http.StatusAccepted, http.StatusConflict, http.StatusServiceUnavailable, http.StatusOK, 0}
	const n = 500
	b := newBench(t, schedule.Hold(5000, 100*time.Millisecond))
	b.config.Timeout = time.Minute
	b.serve(func(w http.ResponseWriter, r *http.Request) {
		var seq, due int
		if _, err := fmt.Fscanf(r.Body, `{"seq":%d,"due":%d}`, &seq, &due); err != nil {
			t.Error(err)
		}
		if want := b.config.Start.Add(b.config.Schedule.Due(uint64(seq))).UnixNano(); int64(due) != want {
			t.Errorf("request %d is due at %d, want %d", seq, due, want)
		}
		if status := replies[seq%len(replies)]; status > 0 {
			w.WriteHeader(status)
			return
		}
		panic(http.ErrAbortHandler) // cuts the connection
	})
	d := b.driver()
	b.sendAll(d)

	counts := b.config.Sender.Counts()
	if counts.Sent != n || counts.Acked != n/5 || counts.Failed != n/5 || counts.Unknown != n*3/5 || counts.Pending != 0 {
		t.Errorf("ledger: %+v", counts)
	}
	for _, kind := range []string{"send", "publish"} {
		if l := b.latency(kind); l.Count != n/5 || l.Failed != n/5 || l.Unfinished != n*3/5 {
			t.Errorf("%s: %+v", kind, l)
		}
	}
	for _, kind := range []string{"schedule-delay", "wake", "blocked"} {
		if l := b.latency(kind); l.Count != n || l.Negative != 0 {
			t.Errorf("%s: %+v", kind, l)
		}
	}
	total := b.counter.Totals(0)
	if total.Due != n || total.Sent != n || total.Acked != n/5 || total.Failed != n/5 {
		t.Errorf("counters: %+v", total)
	}
	want := map[string]int64{"reply 409 Conflict": n / 5, "reply 503 Service Unavailable": n / 5, "reply 200 OK": n / 5, "the service closed the connection": n / 5}
	if got := d.Reasons(); !maps.Equal(got, want) {
		t.Errorf("reasons: %v, want %v", got, want)
	}
	if _, err := b.config.Journal.Close(); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for e, err := range journal.Read(b.dir) {
		if err != nil {
			t.Fatal(err)
		}
		want := []journal.Outcome{journal.Acked, journal.Failed, journal.Unknown, journal.Unknown, journal.Unknown}[e.Sequence%5]
		if e.Outcome.Base() != want || e.Topic != "POST /orders" || e.Partition != -1 || e.Offset >= 0 || (e.Reason == "") != (want == journal.Acked) {
			t.Errorf("journal: %+v", e)
		}
		seen++
	}
	if seen != n {
		t.Errorf("the journal has %d of %d requests", seen, n)
	}
}

// TestAServiceThatStandsStill: what a stalled service costs is in publish,
// from the time that requests were due, and it is blocked, not wake.
func TestAServiceThatStandsStill(t *testing.T) {
	b := newBench(t, schedule.Hold(1000, time.Second))
	b.config.InFlight, b.config.Timeout = 10, time.Minute
	until := b.config.Start.Add(500 * time.Millisecond)
	var most, under atomic.Int64
	b.serve(func(w http.ResponseWriter, _ *http.Request) {
		now := under.Add(1)
		defer under.Add(-1)
		for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
		}
		time.Sleep(time.Until(until))
		w.WriteHeader(http.StatusAccepted)
	})
	b.sendAll(b.driver())
	if c := b.config.Sender.Counts(); c.Acked != 1000 {
		t.Fatalf("%+v", c)
	}
	if m := most.Load(); m > 10 {
		t.Errorf("%d requests were under way at once, the bound is 10", m)
	}
	publish, _ := b.config.Meter.Quantile(histogram.Publish, 0.75)
	send, _ := b.config.Meter.Quantile(histogram.Send, 0.75)
	held, _ := b.config.Meter.Quantile(histogram.Blocked, 0.75)
	_, stall := b.stalls.Longest(0, time.Minute)
	// Half of the load was due in the stall: p75 is about half of it.
	if publish < 10*send {
		t.Errorf("publish p75 %s, send p75 %s: the stall does not show", publish, send)
	}
	if ratio := held.Seconds() / publish.Seconds(); ratio < 0.5 || ratio > 1 {
		t.Errorf("blocked p75 %s of publish p75 %s (stall %s)", held, publish, stall)
	}
}

func TestEnds(t *testing.T) {
	b := newBench(t, schedule.Hold(1000, time.Hour))
	b.config.InFlight = 3
	begun := make(chan struct{}, 3)
	b.config.Do = func(ctx context.Context, _ uint64, _ time.Time) error {
		begun <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	d := b.driver()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	for range 3 {
		<-begun
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatalf("Run: %v", err)
	}
	// ctx is over, so that Flush cuts at once.
	open, err := d.Flush(ctx)
	if open != 3 || err == nil || !strings.Contains(err.Error(), "3 requests without a reply") {
		t.Errorf("Flush: %d, %v", open, err)
	}
	if c := b.config.Sender.Counts(); c.Sent != 3 || c.Unknown != 3 || c.Pending != 0 {
		t.Errorf("%+v", c)
	}
	if got := d.Reasons(); got["cancelled"] != 3 {
		t.Errorf("%v", got)
	}
}

func TestTimeout(t *testing.T) {
	b := newBench(t, schedule.Hold(100, 100*time.Millisecond))
	b.config.Timeout = time.Millisecond
	b.config.Do = func(ctx context.Context, _ uint64, _ time.Time) error {
		<-ctx.Done()
		return fmt.Errorf("POST http://127.0.0.1:50123/: %w", ctx.Err())
	}
	d := b.driver()
	b.sendAll(d)
	if c := b.config.Sender.Counts(); c.Unknown != 10 || d.Reasons()["timeout"] != 10 {
		t.Errorf("%+v, %v", c, d.Reasons())
	}
}

// TestStepsBefore: where a step before it was not met the request was not
// made, and a step that is refused leaves nothing open.
func TestStepsBefore(t *testing.T) {
	b := newBench(t, schedule.Hold(100, 100*time.Millisecond))
	b.config.Do = func(_ context.Context, seq uint64, _ time.Time) error {
		status := []int{http.StatusNotFound, http.StatusBadGateway}[seq%2]
		return &StepError{What: "given step 1 was not met", Err: fmt.Errorf("POST /carts: %w", StatusError{status})}
	}
	d := b.driver()
	b.sendAll(d)
	if c := b.config.Sender.Counts(); c.Failed != 5 || c.Unknown != 5 {
		t.Errorf("%+v", c)
	}
	want := map[string]int64{"given step 1 was not met: reply 404 Not Found": 5, "given step 1 was not met: reply 502 Bad Gateway": 5}
	if got := d.Reasons(); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestReasonsOfOneKind: what differs only in the ids and numbers of each request
// is one reason.
func TestReasonsOfOneKind(t *testing.T) {
	b := newBench(t, schedule.Hold(100, 100*time.Millisecond))
	b.config.Do = func(_ context.Context, seq uint64, _ time.Time) error {
		id := fmt.Sprintf("27476056-be04-8000-8000-%012d", seq)
		return []error{
			fmt.Errorf("invalid port %q after host", ":"+id),
			fmt.Errorf("no order %s of client %d", id, 1000+seq),
			errors.New(`the reply has no "cart"`),
		}[seq%3]
	}
	d := b.driver()
	b.sendAll(d)
	want := map[string]int64{`invalid port "…" after host`: 4, "no order … of client …": 3, `the reply has no "cart"`: 3}
	if got := d.Reasons(); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestJudge(t *testing.T) {
	for status, want := range map[int]string{
		202: "accepted", 400: "refused: reply 400 Bad Request", 409: "refused: reply 409 Conflict", 499: "refused: reply 499",
		200: "reply 200 OK", 302: "reply 302 Found", 408: "reply 408 Request Timeout", 500: "reply 500 Internal Server Error",
	} {
		got := "accepted"
		var reply StatusError
		if errors.As(Judge(status, 202), &reply) {
			got = reply.Error()
			if reply.Refuses() {
				got = "refused: " + got
			}
		}
		if got != want {
			t.Errorf("Judge(%d, 202) = %s, want %s", status, got, want)
		}
	}
	if Judge(404, 404) != nil {
		t.Error("an expected 404 is not accepted")
	}
}

func TestRefusals(t *testing.T) {
	_, err := New(Config{InFlight: -1})
	for _, part := range []string{"a name", "something to do", "a schedule", "a start", "a sender", "a meter", "counters", "stalls", "-1 requests in flight"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("got %v, want an error with %q", err, part)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	bench := newBench(b, schedule.Hold(schedule.MaxRate, 24*time.Hour))
	bench.serve(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	bench.config.InFlight = 64
	do := bench.config.Do
	done := make(chan struct{})
	bench.config.Do = func(c context.Context, seq uint64, due time.Time) error {
		if seq >= uint64(b.N) {
			if seq == uint64(b.N) {
				close(done)
			}
			return context.Canceled
		}
		return do(c, seq, due)
	}
	d := bench.driver()
	ctx, stop := context.WithCancel(b.Context())
	b.ReportAllocs()
	b.ResetTimer()
	go func() { <-done; stop() }()
	_ = d.Run(ctx)
	_, _ = d.Flush(b.Context())
}
