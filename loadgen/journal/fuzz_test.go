package journal

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"
)

type buffer struct{ bytes.Buffer }

func (*buffer) Close() error { return nil }

// sample is a small journal with both kinds of blocks.
func sample(f *testing.F) []byte {
	f.Helper()
	var out buffer
	w, err := newWriter(&out, "sample", 0)
	if err != nil {
		f.Fatal(err)
	}
	s := w.Stream()
	topic := w.Topic("order.events")
	for n := range uint64(20) {
		s.Ack(0, n, Outcome(n%3).Because(w.Reason("NOT_LEADER")), topic, int32(n%3), int64(n), time.Duration(n), time.Duration(2*n))
		s.See(Dead, 1, n, w.Topic("dlq"), 0, int64(n), time.Duration(3*n))
	}
	if _, err := w.Close(); err != nil {
		f.Fatal(err)
	}
	return out.Bytes()
}

// FuzzRead: no file makes the reader panic, hang or allocate much; what it
// says of a damaged one is one of the documented errors.
func FuzzRead(f *testing.F) {
	whole := sample(f)
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Add([]byte(fileMagic + "\x01\x00\x00\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		failed := false
		for _, err := range read(bytes.NewReader(data)) {
			if failed {
				t.Fatal("something comes after an error")
			}
			failed = err != nil
			if header := len(data) >= fileSize && bytes.HasPrefix(data, fileHeader()); failed && header &&
				!errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) {
				t.Fatalf("an undocumented error: %v", err)
			}
		}
	})
}

// FuzzContent goes past checksum and compression: the content of a block is
// arbitrary.
func FuzzContent(f *testing.F) {
	d, err := newDecoder(bytes.NewReader(sample(f)))
	if err != nil {
		f.Fatal(err)
	}
	for {
		kind, count, err := d.block()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, uint16(count), bytes.Clone(d.content))
	}
	f.Fuzz(func(t *testing.T, kind byte, count uint16, content []byte) {
		var e encoder
		if err := e.init(); err != nil {
			t.Fatal(err)
		}
		defer e.close()
		e.content = content
		file := append(fileHeader(), e.block(kind, int(count))...)
		n := 0
		for _, err := range read(bytes.NewReader(file)) {
			if err == nil {
				n++
			} else if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("an undocumented error: %v", err)
			}
		}
		if n != 0 && n != int(count) {
			t.Fatalf("%d entries of a block of %d", n, count)
		}
	})
}
