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
