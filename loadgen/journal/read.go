package journal

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Read yields the entries of the journal in dir. Where it ends early, the last
// pair has an error that says at which byte: one that wraps ErrTruncated or
// ErrCorrupt comes after everything that could be read, any other means that
// there is no journal to read.
func Read(dir string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		path := filepath.Join(dir, File)
		// A pipe would be waited for without an end.
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			yield(Entry{}, fmt.Errorf("read the journal: %s is no regular file", path))
			return
		}
		f, err := os.Open(path)
		if err != nil {
			yield(Entry{}, fmt.Errorf("read the journal: %w", err))
			return
		}
		defer func() { _ = f.Close() }()
		for e, err := range read(f) {
			if err != nil {
				err = fmt.Errorf("%s: %w", path, err)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

func read(in io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		d, err := newDecoder(in)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer d.close()
		for {
			entries, err := d.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Entry{}, fmt.Errorf("block at byte %d: %w", d.at, err))
				return
			}
			for i := range entries {
				if !yield(d.entry(&entries[i]), nil) {
					return
				}
			}
		}
	}
}

func (d *decoder) entry(e *entry) Entry {
	return Entry{
		Kind: e.kind, Outcome: e.outcome.Base(), Reason: d.reasons[e.outcome.reason()],
		Sender: e.sender, Sequence: e.sequence,
		Topic: d.topics[e.topic], Partition: e.partition, Offset: e.offset,
		Sent: time.Duration(e.sent) * time.Microsecond, At: time.Duration(e.at) * time.Microsecond,
	}
}

// CSV writes the journal in dir as CSV with a header line. Times are in
// microseconds since the load began; fields that an entry does not have are
// empty. Where the journal ends early, the lines before are written and the
// error says so, as in Read.
func CSV(dir string, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"kind", "outcome", "reason", "sender", "sequence", "topic", "partition", "offset", "sent_us", "at_us"}); err != nil {
		return err
	}
	line := make([]string, 10)
	for e, err := range Read(dir) {
		if err != nil {
			out.Flush()
			return err
		}
		line[0], line[1], line[2], line[8] = e.Kind.String(), "", "", ""
		if e.Kind == Send {
			line[1], line[2] = e.Outcome.String(), e.Reason
			line[8] = strconv.FormatInt(e.Sent.Microseconds(), 10)
		}
		line[3] = strconv.Itoa(int(e.Sender))
		line[4] = strconv.FormatUint(e.Sequence, 10)
		line[5] = e.Topic
		line[6] = strconv.Itoa(int(e.Partition))
		line[7] = strconv.FormatInt(e.Offset, 10)
		line[9] = strconv.FormatInt(e.At.Microseconds(), 10)
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
