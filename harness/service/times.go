package service

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Marks are at most markEvery apart while a service writes all the time; after
// each marksKept of them, which is an hour, twice as far: a day of output has
// some 160,000.
const (
	markEvery = 100 * time.Millisecond
	marksKept = 36_000
)

// times notes beside a log when what is in it was written.
type times struct {
	file *os.File
	// now is the time since the run started.
	now   func() time.Duration
	every time.Duration
	kept  int           // marks until every is doubled
	next  time.Duration // of the next mark, at the earliest
	count int
}

// openTimes appends to the index of a log.
func openTimes(log string, started time.Time) (*times, error) {
	f, err := os.OpenFile(run.LogTimes(log), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the index of the log: %w", err)
	}
	return &times{file: f, every: markEvery, kept: marksKept, now: func() time.Duration { return time.Since(started) }}, nil
}

// wrote notes that what begins at offset is written now. A mark has left the
// process before what it is about: a killed run knows of all that it has.
func (t *times) wrote(offset int64) error {
	now := t.now()
	if now < t.next {
		return nil
	}
	if t.count++; t.count%t.kept == 0 {
		t.every *= 2
	}
	t.next = now + t.every
	line, err := json.Marshal(run.LogMark{After: now, Offset: offset})
	if err != nil {
		return err
	}
	_, err = t.file.Write(append(line, '\n'))
	return err
}
