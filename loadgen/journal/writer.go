package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// File is the name of the journal's file in its directory.
const File = "blocks.wj"

// DefaultMaxBytes is the bound of a journal unless another is given.
const DefaultMaxBytes = 2 << 30

// flushEvery bounds how long entries wait in memory.
const flushEvery = time.Second

// Stats account for a journal.
type Stats struct {
	// Bytes is the size of the file; Entries and Blocks are what is in it.
	Bytes   int64
	Entries uint64
	Blocks  uint64
	// Dropped entries are not in the file: beyond the bound, after a write
	// error, or recorded after Close.
	Dropped uint64
}

// Writer writes a journal. It is safe for concurrent use.
type Writer struct {
	path     string
	out      io.WriteCloser
	maxBytes int64

	topics, reasons names

	windows atomic.Int32
	over    atomic.Bool
	dropped atomic.Uint64

	mu      sync.Mutex
	streams []*Stream
	closed  bool

	full chan *block
	free chan *block
	// spare counts the blocks that may still be made.
	spare atomic.Int32

	done  chan struct{}
	enc   encoder
	stats Stats
	err   error
	// failed is err for those that ask meanwhile.
	failed atomic.Pointer[error]
}

// Create begins a journal in dir, which it makes if needed. A journal that is
// there already is an error: it belongs to another run. maxBytes bounds the
// file; 0 means DefaultMaxBytes, and a negative bound is an error.
func Create(dir string, maxBytes int64) (*Writer, error) {
	if maxBytes < 0 {
		return nil, fmt.Errorf("a journal of at most %d bytes: give a positive bound, or 0 for %d", maxBytes, int64(DefaultMaxBytes))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create the journal's directory: %w", err)
	}
	path := filepath.Join(dir, File)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, fmt.Errorf("create the journal (a run needs a directory of its own): %w", err)
	}
	w, err := newWriter(f, path, maxBytes)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return w, nil
}

func newWriter(out io.WriteCloser, path string, maxBytes int64) (*Writer, error) {
	if maxBytes == 0 {
		maxBytes = DefaultMaxBytes
	}
	const queue = 8
	w := &Writer{
		path: path, out: out, maxBytes: maxBytes,
		full: make(chan *block, queue), free: make(chan *block, queue),
		done: make(chan struct{}),
	}
	w.topics.init(tableTopics, 1<<16)
	w.reasons.init(tableReasons, 1<<(16-outcomeBits))
	w.spare.Store(queue)
	if err := w.enc.init(); err != nil {
		return nil, err
	}
	w.write(fileHeader())
	if w.err != nil {
		return nil, w.err
	}
	go w.run()
	return w, nil
}

// Topic returns the number of a topic for entries of this journal.
func (w *Writer) Topic(name string) uint16 { return w.topics.number(name) }

// Reason returns the number of the reason of a failed or unknown outcome, for
// Outcome.Because. Reasons are meant to be few: an error code or its class.
// The 16,383rd and later ones become "(other)", and texts are cut at 500
// bytes.
func (w *Writer) Reason(text string) uint16 { return w.reasons.number(text) }

// FaultWindow opens or closes a window in which everything is kept, even
// beyond the bound. Windows may overlap: each that was opened is to be closed.
func (w *Writer) FaultWindow(open bool) {
	if open {
		w.windows.Add(1)
	} else {
		w.windows.Add(-1)
	}
}

// Stream returns a new stream, for one goroutine.
func (w *Writer) Stream() *Stream {
	s := &Stream{w: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		s.closed = true
		return s
	}
	w.streams = append(w.streams, s)
	w.spare.Add(1)
	return s
}

// drops says that an entry is to be dropped, and counts it.
func (w *Writer) drops(important bool) bool {
	if important || !w.over.Load() || w.windows.Load() > 0 {
		return false
	}
	w.dropped.Add(1)
	return true
}

// empty returns an empty block, and waits for one where all are in use.
func (w *Writer) empty() *block {
	select {
	case b := <-w.free:
		return b
	default:
	}
	if w.spare.Add(-1) >= 0 {
		return &block{entries: make([]entry, 0, blockEntries)}
	}
	w.spare.Add(1)
	return <-w.free
}

// Close writes what the streams hold and closes the file. What is recorded
// after it is dropped and counted. Its error is the first that writing met.
func (w *Writer) Close() (Stats, error) {
	w.mu.Lock()
	streams, again := w.streams, w.closed
	w.closed = true
	w.mu.Unlock()
	if !again {
		for _, s := range streams {
			s.mu.Lock()
			s.closed = true
			if b := s.take(); b != nil {
				w.full <- b
			}
			s.mu.Unlock()
		}
		close(w.full)
	}
	<-w.done
	stats := w.stats
	stats.Dropped = w.dropped.Load()
	return stats, w.err
}

// Err is the first error that writing met so far; Close answers it too.
func (w *Writer) Err() error {
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// run compresses and writes blocks until Close.
func (w *Writer) run() {
	defer close(w.done)
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	for {
		select {
		case b, ok := <-w.full:
			if !ok {
				w.finish()
				return
			}
			w.block(b)
		case now := <-ticker.C:
			w.flush(now)
		}
	}
}

// flush takes the blocks that have waited since the flush before. A stream
// that is busy is left alone: it may be waiting for this goroutine.
func (w *Writer) flush(now time.Time) {
	w.mu.Lock()
	streams := w.streams
	w.mu.Unlock()
	for _, s := range streams {
		if !s.mu.TryLock() {
			continue
		}
		var b *block
		switch {
		case s.block == nil:
			s.since = time.Time{}
		case s.since.IsZero():
			s.since = now
		default:
			b = s.take()
			s.since = time.Time{}
		}
		s.mu.Unlock()
		if b != nil {
			w.block(b)
		}
	}
}

// block writes the names that are new, then the entries.
func (w *Writer) block(b *block) {
	w.names()
	if w.err == nil {
		w.write(w.enc.entries(b.entries))
	}
	if w.err == nil {
		w.stats.Entries += uint64(len(b.entries))
		w.stats.Blocks++
	} else {
		w.dropped.Add(uint64(len(b.entries)))
	}
	b.entries = b.entries[:0]
	select {
	case w.free <- b:
	default:
		w.spare.Add(1)
	}
}

func (w *Writer) names() {
	fresh := append(w.topics.fresh(), w.reasons.fresh()...)
	if len(fresh) > 0 && w.err == nil {
		w.write(w.enc.names(fresh))
	}
}

func (w *Writer) write(p []byte) {
	n, err := w.out.Write(p)
	w.stats.Bytes += int64(n)
	if err != nil {
		w.err = fmt.Errorf("write journal %s: %w; entries since are dropped", w.path, err)
		w.failed.Store(&w.err)
	}
	if w.stats.Bytes >= w.maxBytes {
		w.over.Store(true)
	}
}

func (w *Writer) finish() {
	w.names()
	if err := w.out.Close(); err != nil && w.err == nil {
		w.err = fmt.Errorf("close journal %s: %w", w.path, err)
	}
	w.enc.close()
}
