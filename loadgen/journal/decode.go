package journal

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

var (
	// ErrTruncated says that the journal ends in the middle of a block: the
	// run was killed while it wrote. Everything before was read.
	ErrTruncated = errors.New("the journal ends in the middle of a block: the run was killed while it wrote")
	// ErrCorrupt says that a block is not what was written. Everything
	// before was read.
	ErrCorrupt = errors.New("the journal is damaged")
)

// decoder reads blocks; its buffers are reused.
type decoder struct {
	in      *bufio.Reader
	zstd    *zstd.Decoder
	at      int64 // offset of the block that is read, for errors
	size    int64 // of it
	stored  []byte
	content []byte

	topics, reasons map[uint16]string
	sequences       bases[stream]
	offsets         bases[position]
	entries         []entry
}

// newDecoder reads the file's header.
func newDecoder(in io.Reader) (*decoder, error) {
	d := &decoder{
		in: bufio.NewReaderSize(in, 1<<16), size: int64(fileSize),
		topics: map[uint16]string{0: ""}, reasons: map[uint16]string{0: ""},
	}
	header := make([]byte, fileSize)
	if _, err := io.ReadFull(d.in, header); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			err = ErrTruncated
		}
		return nil, err
	}
	if string(header[:len(fileMagic)]) != fileMagic {
		return nil, fmt.Errorf("this is no journal of Weir: it does not begin with %q", fileMagic)
	}
	if v := binary.LittleEndian.Uint32(header[len(fileMagic):]); v != version {
		return nil, fmt.Errorf("a journal of version %d, this Weir reads version %d: use the Weir that wrote it", v, version)
	}
	var err error
	d.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxContent))
	return d, err
}

func (d *decoder) close() { d.zstd.Close() }

// next reads blocks up to and including one with entries; io.EOF is the
// regular end.
func (d *decoder) next() ([]entry, error) {
	for {
		kind, count, err := d.block()
		if err != nil {
			return nil, err
		}
		c := cursor{rest: d.content}
		if kind == typeNames {
			d.names(&c, count)
		} else {
			d.columns(&c, count)
		}
		if c.bad || len(c.rest) > 0 {
			return nil, fmt.Errorf("%w: the content of the block cannot be read", ErrCorrupt)
		}
		if kind == typeEntries {
			return d.entries, nil
		}
	}
}

// block reads a block's header and content, and checks both.
func (d *decoder) block() (kind byte, count int, err error) {
	d.at += d.size
	d.size = 0
	var header [headerSize]byte
	if _, err := io.ReadFull(d.in, header[:]); err != nil {
		if err == io.ErrUnexpectedEOF {
			err = ErrTruncated
		}
		return 0, 0, err
	}
	kind = header[4]
	n := binary.LittleEndian.Uint32(header[8:])
	size := binary.LittleEndian.Uint32(header[12:])
	stored := binary.LittleEndian.Uint32(header[16:])
	if string(header[:4]) != blockMagic || kind != typeNames && kind != typeEntries ||
		n > maxCount || size > maxContent || stored > maxContent {
		return 0, 0, fmt.Errorf("%w: no block begins here", ErrCorrupt)
	}
	if err := d.read(int(stored)); err != nil {
		return 0, 0, err
	}
	d.size = headerSize + int64(stored)
	if checksum(header[:20], d.stored) != binary.LittleEndian.Uint32(header[20:]) {
		return 0, 0, fmt.Errorf("%w: wrong checksum", ErrCorrupt)
	}
	d.content, err = d.zstd.DecodeAll(d.stored, d.content[:0])
	if err != nil || len(d.content) != int(size) {
		return 0, 0, fmt.Errorf("%w: the block cannot be decompressed", ErrCorrupt)
	}
	return kind, int(n), nil
}

// read fills stored. It grows it as bytes come, so that a header that lies
// about its size costs no memory.
func (d *decoder) read(size int) error {
	d.stored = d.stored[:0]
	for len(d.stored) < size {
		chunk := min(size-len(d.stored), 1<<16)
		from := len(d.stored)
		d.stored = append(d.stored, make([]byte, chunk)...)
		if _, err := io.ReadFull(d.in, d.stored[from:]); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = ErrTruncated
			}
			return err
		}
	}
	return nil
}

func (d *decoder) names(c *cursor, count int) {
	for range count {
		table := c.byte()
		number, size := c.uvarint(), c.uvarint()
		if number > 1<<16-1 {
			c.bad = true
		}
		text := string(c.bytes(size))
		switch {
		case c.bad:
			return
		case table == tableTopics:
			d.topics[uint16(number)] = text
		case table == tableReasons:
			d.reasons[uint16(number)] = text
		default:
			c.bad = true
		}
	}
}

// columns decodes a block of entries; see the package comment.
func (d *decoder) columns(c *cursor, count int) {
	kinds := c.bytes(uint64(count))
	if c.bad {
		return
	}
	d.entries = append(d.entries[:0], make([]entry, count)...)
	list := d.entries
	for i := range list {
		list[i].kind = Kind(kinds[i])
		c.check(kinds[i] < uint8(len(kindNames)))
	}
	var before entry
	for i := range list {
		before.sender = uint16(c.inside(int64(before.sender)+c.varint(), 0, 1<<16-1))
		list[i].sender = before.sender
	}
	d.sequences.reset()
	for i := range list {
		base := d.sequences.of(stream{list[i].kind, list[i].sender})
		*base += c.varint()
		list[i].sequence = uint64(*base)
	}
	for i := range list {
		before.topic = uint16(c.inside(int64(before.topic)+c.varint(), 0, 1<<16-1))
		list[i].topic = before.topic
		_, known := d.topics[before.topic]
		c.check(known)
	}
	for i := range list {
		before.partition = int32(c.inside(int64(before.partition)+c.varint(), -1<<31, 1<<31-1))
		list[i].partition = before.partition
	}
	d.offsets.reset()
	for i := range list {
		base := d.offsets.of(position{list[i].kind, list[i].topic, list[i].partition})
		*base += c.varint()
		list[i].offset = *base
	}
	for i := range list {
		before.at += c.varint()
		list[i].at = before.at
	}
	d.sendColumns(c, list)
}

func (d *decoder) sendColumns(c *cursor, list []entry) {
	for i := range list {
		if list[i].kind == Send {
			list[i].sent = list[i].at - c.varint()
		}
	}
	for i := range list {
		if list[i].kind != Send {
			continue
		}
		o := c.uvarint()
		c.check(o < 1<<16)
		list[i].outcome = Outcome(o)
		_, known := d.reasons[list[i].outcome.reason()]
		c.check(known && list[i].outcome.Base() < outcomes)
	}
}

// cursor reads values off a content; once bad it yields zeros.
type cursor struct {
	rest []byte
	bad  bool
}

func (c *cursor) check(ok bool) {
	if !ok {
		c.fail()
	}
}

func (c *cursor) fail() { c.rest, c.bad = nil, true }

func (c *cursor) bytes(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.fail()
		return nil
	}
	b := c.rest[:n]
	c.rest = c.rest[n:]
	return b
}

func (c *cursor) byte() byte {
	if b := c.bytes(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

func (c *cursor) uvarint() uint64 {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

func (c *cursor) varint() int64 {
	v, n := binary.Varint(c.rest)
	if n <= 0 {
		c.fail()
		return 0
	}
	c.rest = c.rest[n:]
	return v
}

// inside returns v, or 0 and a bad cursor where v is not between lo and hi.
func (c *cursor) inside(v, lo, hi int64) int64 {
	if v < lo || v > hi {
		c.fail()
		return 0
	}
	return v
}
