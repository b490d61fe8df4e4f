package journal

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// BenchmarkSee is what an entry costs its caller: blocks are emptied as soon
// as they are full, and neither compressed nor written.
func BenchmarkSee(b *testing.B) {
	w := &Writer{full: make(chan *block, 8), free: make(chan *block, 8)}
	w.spare.Store(8)
	go func() {
		for full := range w.full {
			full.entries = full.entries[:0]
			w.free <- full
		}
	}()
	defer close(w.full)
	s := w.Stream()
	b.Run("kept", func(b *testing.B) {
		b.ReportAllocs()
		for n := range b.N {
			s.See(Received, 0, uint64(n), 1, 3, int64(n), time.Duration(n)*time.Microsecond)
		}
	})
	b.Run("dropped", func(b *testing.B) {
		b.ReportAllocs()
		w.over.Store(true)
		for n := range b.N {
			s.See(Received, 0, uint64(n), 1, 3, int64(n), time.Duration(n)*time.Microsecond)
		}
	})
}

// full is a disk that takes so many bytes.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.left {
		return 0, errors.New("no space left on device")
	}
	f.left -= len(p)
	return len(p), nil
}

func (*full) Close() error { return nil }

// TestFullDisk: recording goes on, what is not written is counted, and Close
// says why.
func TestFullDisk(t *testing.T) {
	w, err := newWriter(&full{left: 100}, "j", 0)
	if err != nil {
		t.Fatal(err)
	}
	s := w.Stream()
	const n = 20*blockEntries + 1
	for seq := range uint64(n) {
		s.See(Received, 0, seq, w.Topic("t"), 0, 0, 0)
	}
	stats, err := w.Close()
	if err == nil || !strings.Contains(err.Error(), "write journal j: no space left on device") {
		t.Errorf("closed with %v", err)
	}
	if early := w.Err(); !errors.Is(err, early) || early == nil {
		t.Errorf("Err answers %v", early)
	}
	if stats.Entries != 0 || stats.Dropped != n {
		t.Errorf("%+v, want %d dropped", stats, n)
	}
	if again, err2 := w.Close(); again != stats || !errors.Is(err2, err) {
		t.Errorf("closed again with %+v, %v", again, err2)
	}
	if s := w.Stream(); !s.closed {
		t.Error("a stream of a closed writer is open")
	}
}

// TestFlush: a block that waits goes to the file on the second tick, and a
// busy stream is left alone.
func TestFlush(t *testing.T) {
	var out buffer
	w, err := newWriter(&out, "j", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.enc.init(); err != nil { // flush is called by hand from here on
		t.Fatal(err)
	}
	defer w.enc.close()
	s := &Stream{w: w}
	w.streams = []*Stream{s}
	s.See(Received, 0, 1, 0, 0, 0, 0)
	now := time.Now()
	w.flush(now)
	if w.stats.Entries != 0 || s.block == nil {
		t.Fatal("a fresh block was taken")
	}
	s.mu.Lock()
	w.flush(now)
	s.mu.Unlock()
	if w.stats.Entries != 0 {
		t.Fatal("the block of a busy stream was taken")
	}
	w.flush(now)
	if w.stats.Entries != 1 || s.block != nil {
		t.Fatalf("%d entries written, want 1", w.stats.Entries)
	}
}

// TestManyReasons: the table is bounded, and what does not fit has a name.
func TestManyReasons(t *testing.T) {
	var n names
	n.init(tableReasons, 8)
	for i, text := range []string{"", "a", "b", "c", "d", "e", "f", "g", "h", "a", strings.Repeat("x", 600)} {
		want := []uint16{0, 1, 2, 3, 4, 5, 6, 7, 7, 1, 7}[i]
		if got := n.number(text); got != want {
			t.Errorf("%q has number %d, want %d", text, got, want)
		}
	}
	fresh := n.fresh()
	if len(fresh) != 7 || fresh[6] != (name{tableReasons, 7, otherName}) || n.fresh() != nil {
		t.Errorf("fresh names %v", fresh)
	}
}
