package journal

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/zstd"
)

const (
	fileMagic   = "WEIRJRNL"
	blockMagic  = "WJB1"
	version     = 1
	headerSize  = 24
	fileSize    = len(fileMagic) + 4
	typeNames   = 1
	typeEntries = 2

	// Bounds of what a reader believes: a block of this package has at most
	// 4,096 entries of at most 60 bytes, or 64 Ki names of 500.
	maxCount   = 1 << 16
	maxContent = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func fileHeader() []byte {
	return binary.LittleEndian.AppendUint32([]byte(fileMagic), version)
}

// position is what an offset is relative to.
type position struct {
	kind      Kind
	topic     uint16
	partition int32
}

// stream is what a sequence is relative to.
type stream struct {
	kind   Kind
	sender uint16
}

// bases are what columns are relative to, by key. Entries come in runs of the
// same key, which is remembered.
type bases[K comparable] struct {
	index  map[K]int
	values []int64
	last   K
	value  *int64
}

// reset sets all bases to 0, for a new block.
func (b *bases[K]) reset() {
	if b.index == nil {
		b.index = make(map[K]int)
	}
	clear(b.values)
	b.value = nil
}

// of returns the base of a key; it is valid until the next call.
func (b *bases[K]) of(key K) *int64 {
	if b.value != nil && key == b.last {
		return b.value
	}
	n, ok := b.index[key]
	if !ok {
		n = len(b.values)
		b.index[key] = n
		b.values = append(b.values, 0)
	}
	b.last, b.value = key, &b.values[n]
	return b.value
}

// encoder makes blocks; its buffers are reused.
type encoder struct {
	zstd         *zstd.Encoder
	content, out []byte
	sequences    bases[stream]
	offsets      bases[position]
}

func (e *encoder) init() error {
	var err error
	e.zstd, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("start the journal's compressor: %w", err)
	}
	return nil
}

func (e *encoder) close() { _ = e.zstd.Close() }

func (e *encoder) names(names []name) []byte {
	c := e.content[:0]
	for _, n := range names {
		c = append(c, n.table)
		c = binary.AppendUvarint(c, uint64(n.number))
		c = binary.AppendUvarint(c, uint64(len(n.text)))
		c = append(c, n.text...)
	}
	e.content = c
	return e.block(typeNames, len(names))
}

func (e *encoder) entries(entries []entry) []byte {
	c := e.content[:0]
	for i := range entries {
		c = append(c, byte(entries[i].kind))
	}
	var before entry
	for i := range entries {
		c = binary.AppendVarint(c, int64(entries[i].sender)-int64(before.sender))
		before.sender = entries[i].sender
	}
	c = e.sequenceColumn(c, entries)
	for i := range entries {
		c = binary.AppendVarint(c, int64(entries[i].topic)-int64(before.topic))
		before.topic = entries[i].topic
	}
	for i := range entries {
		c = binary.AppendVarint(c, int64(entries[i].partition)-int64(before.partition))
		before.partition = entries[i].partition
	}
	c = e.offsetColumn(c, entries)
	for i := range entries {
		c = binary.AppendVarint(c, entries[i].at-before.at)
		before.at = entries[i].at
	}
	for i := range entries {
		if entries[i].kind == Send {
			c = binary.AppendVarint(c, entries[i].at-entries[i].sent)
		}
	}
	for i := range entries {
		if entries[i].kind == Send {
			c = binary.AppendUvarint(c, uint64(entries[i].outcome))
		}
	}
	e.content = c
	return e.block(typeEntries, len(entries))
}

func (e *encoder) sequenceColumn(c []byte, entries []entry) []byte {
	e.sequences.reset()
	for i := range entries {
		base := e.sequences.of(stream{entries[i].kind, entries[i].sender})
		c = binary.AppendVarint(c, int64(entries[i].sequence)-*base)
		*base = int64(entries[i].sequence)
	}
	return c
}

func (e *encoder) offsetColumn(c []byte, entries []entry) []byte {
	e.offsets.reset()
	for i := range entries {
		base := e.offsets.of(position{entries[i].kind, entries[i].topic, entries[i].partition})
		c = binary.AppendVarint(c, entries[i].offset-*base)
		*base = entries[i].offset
	}
	return c
}

// block compresses the content and puts its header before it.
func (e *encoder) block(kind byte, count int) []byte {
	e.out = append(e.out[:0], make([]byte, headerSize)...)
	e.out = e.zstd.EncodeAll(e.content, e.out)
	out := e.out
	copy(out, blockMagic)
	out[4], out[5], out[6], out[7] = kind, 0, 0, 0
	binary.LittleEndian.PutUint32(out[8:], uint32(count))
	binary.LittleEndian.PutUint32(out[12:], uint32(len(e.content)))
	binary.LittleEndian.PutUint32(out[16:], uint32(len(out)-headerSize))
	binary.LittleEndian.PutUint32(out[20:], checksum(out[:20], out[headerSize:]))
	return out
}

func checksum(header, stored []byte) uint32 {
	return crc32.Update(crc32.Checksum(header, castagnoli), castagnoli, stored)
}
