package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// pools lends the client the slices that it decodes fetches into.
type pools struct {
	records free[kgo.Record]
	bytes   free[byte]
}

func newPools() *pools { return &pools{} }

var (
	_ kgo.PoolRecords         = (*pools)(nil)
	_ kgo.PoolDecompressBytes = (*pools)(nil)
)

// GetRecords lends a slice for the records of one batch.
func (p *pools) GetRecords(n int) []kgo.Record { return p.records.get(n) }

// PutRecords takes it back.
func (p *pools) PutRecords(s []kgo.Record) { p.records.put(s) }

// GetDecompressBytes lends a slice to decompress a batch into. Four times its
// size is a guess; a slice that grew comes back larger.
func (p *pools) GetDecompressBytes(compressed []byte, _ kgo.CompressionCodecType) []byte {
	return p.bytes.get(4 * len(compressed))
}

// PutDecompressBytes takes it back.
func (p *pools) PutDecompressBytes(s []byte) { p.bytes.put(s) }

// free is a list of slices that are not in use. It keeps a few only: the
// client holds one or two fetches of each broker.
type free[T any] struct {
	mu     sync.Mutex
	slices [][]T
}

func (f *free[T]) get(n int) []T {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := len(f.slices) - 1; i >= 0; i-- {
		if s := f.slices[i]; cap(s) >= n {
			f.slices = append(f.slices[:i], f.slices[i+1:]...)
			return s[:0]
		}
	}
	return make([]T, 0, n)
}

func (f *free[T]) put(s []T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.slices) < 64 {
		f.slices = append(f.slices, s)
		return
	}
	f.slices[0] = s // the oldest, which no one wanted, is the garbage
}

// entries are those that are not in use. One goroutine takes and one gives
// back; they meet once for a chunk of entries, and not for each.
type entries struct {
	fresh func() *entry

	// Of the one that takes, and of the one that gives back: on cache lines
	// of their own.
	_        [64]byte
	taken    []*entry
	warmed   int // what warm returned, read by nobody
	_        [64]byte
	returned []*entry
	_        [64]byte

	mu     sync.Mutex
	chunks [][]*entry // full ones
	spare  [][]*entry // empty ones
}

const (
	chunkSize = 64
	// maxChunks bounds what is kept after a backlog: 65,536 entries.
	maxChunks = 1024
)

func (f *entries) get() *entry {
	n := len(f.taken)
	if n == 0 {
		if f.refill(); len(f.taken) == 0 {
			return f.fresh()
		}
		n = len(f.taken)
	}
	e := f.taken[n-1]
	f.taken = f.taken[:n-1]
	if n > 1 {
		f.warmed += f.taken[n-2].warm()
	}
	return e
}

func (f *entries) refill() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.chunks); n > 0 {
		if f.taken != nil {
			f.spare = append(f.spare, f.taken)
		}
		f.taken, f.chunks = f.chunks[n-1], f.chunks[:n-1]
	}
}

func (f *entries) put(e *entry) {
	if f.returned = append(f.returned, e); len(f.returned) < chunkSize {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.chunks) == maxChunks {
		clear(f.returned) // garbage
		f.returned = f.returned[:0]
		return
	}
	f.chunks = append(f.chunks, f.returned)
	if n := len(f.spare); n > 0 {
		f.returned, f.spare = f.spare[n-1], f.spare[:n-1]
		return
	}
	f.returned = make([]*entry, 0, chunkSize)
}
