package journal_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/loadgen/journal"
	"github.com/flowweir/weir/reports/finding"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const µs = time.Microsecond

func create(t testing.TB, maxBytes int64) (*journal.Writer, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "journal")
	w, err := journal.Create(dir, maxBytes)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w, dir
}

func closed(t testing.TB, w *journal.Writer) journal.Stats {
	t.Helper()
	stats, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return stats
}

func readAll(t testing.TB, dir string) []journal.Entry {
	t.Helper()
	var all []journal.Entry
	for e, err := range journal.Read(dir) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// TestRoundTrip: every value of every field survives, in the order of the
// stream, across several blocks.
func TestRoundTrip(t *testing.T) {
	w, dir := create(t, 0)
	s := w.Stream()
	rng := rand.New(rand.NewPCG(3, 4))
	topics := []string{"", "order.events", "payment.events", "<script>"}
	reasons := []string{"", "NOT_ENOUGH_REPLICAS", "timed out"}
	extremes := []int64{0, 1, -1, 1<<31 - 1, 1<<62 - 1, -1 << 62}
	var want []journal.Entry
	for n := range 10_000 {
		e := journal.Entry{
			Kind:   journal.Kind(rng.IntN(6)),
			Sender: uint16(rng.Uint32()), Sequence: rng.Uint64() >> rng.IntN(64),
			Topic: topics[rng.IntN(len(topics))], Partition: int32(rng.Uint32()) >> rng.IntN(32),
			Offset: rng.Int64() >> rng.IntN(64), At: time.Duration(rng.Int64N(1e12)) * µs,
		}
		if n < len(extremes) {
			e.Offset, e.Sequence = extremes[n], uint64(extremes[n])
		}
		topic := w.Topic(e.Topic)
		if e.Kind == journal.Send {
			e.Outcome, e.Reason = journal.Outcome(rng.IntN(3)), reasons[rng.IntN(len(reasons))]
			e.Sent = time.Duration(rng.Int64N(1e12)) * µs
			s.Ack(e.Sender, e.Sequence, e.Outcome.Because(w.Reason(e.Reason)), topic, e.Partition, e.Offset, e.Sent, e.At)
		} else {
			s.See(e.Kind, e.Sender, e.Sequence, topic, e.Partition, e.Offset, e.At)
		}
		want = append(want, e)
	}
	stats := closed(t, w)
	if diff := cmp.Diff(want, readAll(t, dir)); diff != "" {
		t.Fatalf("(-written +read):\n%s", diff)
	}
	info, err := os.Stat(filepath.Join(dir, journal.File))
	if err != nil {
		t.Fatal(err)
	}
	if want := (journal.Stats{Bytes: info.Size(), Entries: 10_000, Blocks: stats.Blocks}); stats != want || stats.Blocks < 3 {
		t.Fatalf("stats %+v, want %+v in at least 3 blocks", stats, want)
	}
}

func TestConcurrentStreams(t *testing.T) {
	w, dir := create(t, 0)
	const streams, each = 8, 9_000
	var wg sync.WaitGroup
	for n := range streams {
		wg.Go(func() {
			s := w.Stream()
			topic := w.Topic("topic-" + string(rune('a'+n)))
			for seq := range uint64(each) {
				s.See(journal.Received, uint16(n), seq, topic, int32(n), int64(seq), 0)
			}
		})
	}
	wg.Wait()
	closed(t, w)
	next := make([]uint64, streams)
	for _, e := range readAll(t, dir) {
		if e.Sequence != next[e.Sender] || e.Topic != "topic-"+string(rune('a'+e.Sender)) {
			t.Fatalf("got %+v, want sequence %d", e, next[e.Sender])
		}
		next[e.Sender]++
	}
	if want := slices.Repeat([]uint64{each}, streams); !slices.Equal(next, want) {
		t.Fatalf("read %v entries of the streams, want %v", next, want)
	}
}

// TestBound: beyond the bound only what matters is kept; the rest is counted.
func TestBound(t *testing.T) {
	w, dir := create(t, 1)
	s := w.Stream()
	see := func(seq uint64) { s.See(journal.Received, 1, seq, 0, 0, 0, 0) }
	see(0)
	w.FaultWindow(true)
	w.FaultWindow(true)
	see(1)
	w.FaultWindow(false)
	see(2)
	w.FaultWindow(false)
	see(3)
	s.Ack(1, 4, journal.Acked, 0, 0, 0, 0, 0)
	s.Ack(1, 5, journal.Failed, 0, -1, -1, 0, 0)
	s.Ack(1, 6, journal.Unknown.Because(w.Reason("timed out")), 0, -1, -1, 0, 0)
	stats := closed(t, w)
	see(7)
	var kept []uint64
	for _, e := range readAll(t, dir) {
		kept = append(kept, e.Sequence)
	}
	if want := []uint64{1, 2, 5, 6}; !slices.Equal(kept, want) || stats.Entries != 4 || stats.Dropped != 3 {
		t.Fatalf("kept %v with %+v, want %v and 3 dropped", kept, stats, want)
	}
}

// TestTruncated cuts a journal at every byte: what was whole before the cut is
// read, and unless the cut is between blocks, the reader says so.
func TestTruncated(t *testing.T) {
	w, dir := create(t, 0)
	s := w.Stream()
	for seq := range uint64(5000) {
		s.See(journal.Effect, 0, seq, w.Topic("t"), 0, int64(seq), 0)
	}
	closed(t, w)
	whole, err := os.ReadFile(filepath.Join(dir, journal.File))
	if err != nil {
		t.Fatal(err)
	}
	regular := map[int]bool{}
	for cut := range len(whole) + 1 {
		if cut < len(whole) && cut%7 != 0 && cut > 64 {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, journal.File), whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		n, cutOff := 0, false
		for _, err := range journal.Read(dir) {
			if errors.Is(err, journal.ErrTruncated) {
				cutOff = true
			} else if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			} else {
				n++
			}
		}
		if n != 0 && n != 4096 && n != 5000 {
			t.Fatalf("cut at %d: read %d entries, want whole blocks", cut, n)
		}
		if !cutOff {
			regular[cut] = true
		}
	}
	if !regular[len(whole)] || len(regular) > 4 {
		t.Fatalf("no truncation seen at %v of %d bytes", regular, len(whole))
	}
}

func TestDamaged(t *testing.T) {
	w, dir := create(t, 0)
	w.Stream().See(journal.Effect, 0, 1, w.Topic("t"), 0, 1, 0)
	closed(t, w)
	path := filepath.Join(dir, journal.File)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 12; at < len(whole); at++ {
		damaged := bytes.Clone(whole)
		damaged[at] ^= 0x10
		if err := os.WriteFile(path, damaged, 0o644); err != nil {
			t.Fatal(err)
		}
		var last error
		for _, err := range journal.Read(dir) {
			last = err
		}
		if !errors.Is(last, journal.ErrCorrupt) && !errors.Is(last, journal.ErrTruncated) {
			t.Fatalf("a flipped bit in byte %d gives %v", at, last)
		}
	}
}

func TestNotAJournal(t *testing.T) {
	dir := t.TempDir()
	for content, want := range map[string]string{
		"":                          journal.ErrTruncated.Error(),
		"PK\x03\x04 something else": "no journal of Weir",
		"WEIRJRNL\x02\x00\x00\x00":  "a journal of version 2",
	} {
		if err := os.WriteFile(filepath.Join(dir, journal.File), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, err := range journal.Read(dir) {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q gives %v, want %q", content, err, want)
			}
		}
	}
	for _, err := range journal.Read(filepath.Join(dir, "none")) {
		if !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a missing journal gives %v", err)
		}
	}
	if _, err := journal.Create(dir, 0); !errors.Is(err, os.ErrExist) {
		t.Errorf("creating over a journal gives %v", err)
	}
	if _, err := journal.Create(t.TempDir(), -1); err == nil {
		t.Error("a negative bound is accepted")
	}
}

func TestCSV(t *testing.T) {
	w, dir := create(t, 0)
	s := w.Stream()
	topic := w.Topic(`a,"b"`)
	s.Ack(1, 2, journal.Acked, topic, 3, 4, 5*µs, 7*µs)
	s.Ack(1, 3, journal.Failed.Because(w.Reason("NOT_LEADER")), topic, -1, -1, 6*µs, 8*µs)
	s.See(journal.Dead, 1, 2, w.Topic("dlq"), 0, 9, 10*µs)
	closed(t, w)
	var out bytes.Buffer
	if err := journal.CSV(dir, &out); err != nil {
		t.Fatal(err)
	}
	want := `kind,outcome,reason,sender,sequence,topic,partition,offset,sent_us,at_us
send,acked,,1,2,"a,""b""",3,4,5,7
send,failed,NOT_LEADER,1,3,"a,""b""",-1,-1,6,8
dead,,,1,2,dlq,0,9,,10
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

func TestStories(t *testing.T) {
	w, dir := create(t, 0)
	send, read := w.Stream(), w.Stream()
	orders, dlq := w.Topic("order.events"), w.Topic("order.events.dlq")
	read.See(journal.Received, 0, 7, orders, 3, 812, 300*µs)
	read.See(journal.Dead, 0, 7, dlq, 0, 5, 900*µs)
	for n := range 3000 {
		read.See(journal.Probe, 0, 9, orders, 1, 4, time.Duration(n)*µs)
	}
	send.Ack(0, 7, journal.Acked, orders, 3, 812, 100*µs, 200*µs)
	send.Ack(0, 8, journal.Unknown.Because(w.Reason("timed out")), orders, -1, -1, 100*µs, 10*time.Second)
	send.Ack(1, 7, journal.Acked, orders, 0, 0, 0, 0)
	closed(t, w)

	stories, err := journal.Stories(dir, map[journal.ID]struct{}{
		{Sender: 0, Sequence: 7}: {}, {Sender: 0, Sequence: 8}: {}, {Sender: 0, Sequence: 9}: {}, {Sender: 5, Sequence: 0}: {},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(stories) != 4 {
		t.Fatalf("%d stories, want 4", len(stories))
	}
	seven := stories[journal.ID{Sequence: 7}]
	want := []finding.Step{
		{At: 100 * µs, What: "sent"},
		{At: 200 * µs, What: "acked at order.events/3@812"},
		{At: 300 * µs, What: "received at order.events/3@812"},
		{At: 900 * µs, What: "dead-lettered at order.events.dlq/0@5"},
	}
	if diff := cmp.Diff(want, seven.Steps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if seven.Topic != "order.events" || seven.Partition != 3 || seven.Offset != 812 {
		t.Errorf("place %s/%d@%d", seven.Topic, seven.Partition, seven.Offset)
	}
	eight := stories[journal.ID{Sequence: 8}]
	want = []finding.Step{
		{At: 100 * µs, What: "sent"},
		{At: 10 * time.Second, What: "outcome unknown at order.events: timed out"},
	}
	if diff := cmp.Diff(want, eight.Steps); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if eight.Offset != -1 || eight.Partition != -1 {
		t.Errorf("an unknown send has the place %s/%d@%d", eight.Topic, eight.Partition, eight.Offset)
	}
	nine := stories[journal.ID{Sequence: 9}]
	last := finding.Step{At: 48 * µs, What: "and 2951 more"}
	if len(nine.Steps) != 50 || nine.Steps[49] != last || nine.Steps[48].At != 48*µs {
		t.Errorf("a long story ends with %+v in step %d, want %+v in step 50", nine.Steps[len(nine.Steps)-1], len(nine.Steps), last)
	}
	if none := stories[journal.ID{Sender: 5}]; len(none.Steps) != 0 {
		t.Errorf("a story of nothing: %+v", none)
	}
}
