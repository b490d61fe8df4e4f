package service

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"
)

// keptLines and keptBytes bound what is kept in memory of a service's log: a
// longer line is cut there, never in the file.
const (
	keptLines = 200
	keptBytes = 4 << 10
)

// log is the output of all lives of a service: everything in a file, the last
// lines in memory.
type log struct {
	mu       sync.Mutex
	file     *os.File // nil: nothing but the last lines is kept
	size     int64    // of the file
	times    *times   // nil: nobody asks when it was written to
	err      error    // the first failed write
	lines    []string // a ring of the last lines; next is its oldest when full
	next     int
	partial  []byte // a line that has not ended, at most keptBytes of it
	midline  bool   // the file does not end with a newline
	pattern  *regexp.Regexp
	matched  chan struct{}
	hasMatch bool
}

// openLog appends to the file at path and makes its directory. Its index counts
// from started; without that there is none.
func openLog(path string, started time.Time) (*log, error) {
	l := &log{}
	if path == "" {
		return l, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make the log's directory: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	l.file = f
	if started.IsZero() {
		return l, nil
	}
	info, err := f.Stat()
	if err == nil {
		l.size = info.Size()
		l.times, err = openTimes(path, started)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// Write takes what the service wrote. It never errs: a full disk must not
// make the service fail by a broken pipe; close reports it.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.append(p)
	for rest := p; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte{'\n'})
		if room := keptBytes - len(l.partial); room > 0 {
			l.partial = append(l.partial, line[:min(room, len(line))]...)
		}
		if ended {
			l.endLine()
		}
		rest = after
	}
	return len(p), nil
}

// append writes to the file and its index; l.mu is held.
func (l *log) append(p []byte) {
	if l.file == nil || len(p) == 0 {
		return
	}
	var untimed error
	if l.times != nil {
		untimed = l.times.wrote(l.size)
	}
	n, err := l.file.Write(p)
	l.size += int64(n)
	if l.err == nil {
		l.err = cmp.Or(err, untimed)
	}
	l.midline = p[len(p)-1] != '\n'
}

// endLine keeps the line that ended; l.mu is held.
func (l *log) endLine() {
	line := string(bytes.TrimSuffix(l.partial, []byte{'\r'}))
	l.partial = l.partial[:0]
	if len(l.lines) < keptLines {
		l.lines = append(l.lines, line)
	} else {
		l.lines[l.next] = line
		l.next = (l.next + 1) % keptLines
	}
	if l.pattern != nil && !l.hasMatch && l.pattern.MatchString(line) {
		l.hasMatch = true
		close(l.matched)
	}
}

// mark separates the lives of the service in the file.
func (l *log) mark(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.partial) > 0 {
		l.endLine()
	}
	text := fmt.Sprintf("--- weir %s: %s ---\n", time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), fmt.Sprintf(format, args...))
	if l.midline {
		text = "\n" + text
	}
	l.append([]byte(text))
}

// expect returns a channel that is closed by the first line from now on that
// re matches. It replaces an earlier expectation.
func (l *log) expect(re *regexp.Regexp) <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pattern, l.matched, l.hasMatch = re, make(chan struct{}), false
	return l.matched
}

// tail returns the last n lines.
func (l *log) tail(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]string, 0, len(l.lines)+1)
	all = append(all, l.lines[l.next:]...)
	all = append(all, l.lines[:l.next]...)
	if len(l.partial) > 0 {
		all = append(all, string(l.partial))
	}
	return all[max(0, len(all)-max(0, n)):]
}

// close closes the file and returns the first error of any write.
func (l *log) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	err := l.file.Close()
	l.file = nil
	if l.times != nil {
		err = errors.Join(err, l.times.file.Close())
	}
	if l.err != nil {
		return l.err
	}
	return err
}
