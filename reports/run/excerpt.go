package run

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"time"
)

// LogMark is one line of services/NAME.times.jsonl: what the service's log has
// from Offset on was written at the mark or after it, and before the next one.
type LogMark struct {
	// After is since the run started and not since its load began, before which
	// services write already; load_after_ns of run.json lies between the two.
	After time.Duration `json:"after_ns"`
	// Offset counts the bytes of the log.
	Offset int64 `json:"offset"`
}

// LogTimes is the name of the index that says when a log was written.
func LogTimes(log string) string { return strings.TrimSuffix(log, logExt) + timesExt }

// Excerpt is what a service wrote around a moment of the run.
type Excerpt struct {
	Lines []LogLine
	// Earlier and Later say that lines were left out before or after these.
	Earlier, Later bool
}

// LogLine is a line of a log and the mark behind which it begins, since the
// load began.
type LogLine struct {
	At   time.Duration
	Text string
}

// Around bounds an excerpt.
type Around struct {
	// Before and After are how far it reaches from its moment.
	Before, After time.Duration
	// Lines is how many lines it has at most. Where there are more, a third of
	// them are before the moment, and all are as close to it as can be.
	Lines int
	// Bytes is where a line is cut.
	Bytes int
}

// excerptBytes is how much of a log is read before a moment, and after it.
const excerptBytes = 256 << 10

// Excerpts reads what a service wrote around each of some moments since the
// load began. It errs where nothing tells when the log was written, or what
// tells it is damaged.
func (r *Record) Excerpts(s Service, moments []time.Duration, bounds Around) ([]Excerpt, error) {
	root, err := os.OpenRoot(r.Root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	log, err := r.timedLog(regular{root}, s)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.file.Close() }()
	var all []Excerpt
	for _, at := range moments {
		e, err := log.around(at+r.Run.LoadAfter, bounds)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Log, err)
		}
		for i := range e.Lines {
			e.Lines[i].At -= r.Run.LoadAfter
		}
		all = append(all, e)
	}
	return all, nil
}

// timedLog is a log with its index. Times are since the run started.
type timedLog struct {
	file interface {
		io.ReaderAt
		io.Closer
	}
	size  int64
	marks []LogMark
}

func (r *Record) timedLog(fsys fs.FS, s Service) (*timedLog, error) {
	if r.Run.LoadAfter <= 0 {
		return nil, fmt.Errorf("%s does not say when the load began", runFile)
	}
	for _, name := range []string{s.Log, LogTimes(s.Log)} {
		if d := r.Defect(name); d != nil {
			return nil, errors.New(d.String())
		}
	}
	marks, err := readMarks(fsys, path.Clean(LogTimes(s.Log)))
	if err != nil {
		return nil, err
	}
	f, err := fsys.Open(path.Clean(s.Log))
	if err != nil {
		return nil, err
	}
	file, ok := f.(*os.File)
	info, err := f.Stat()
	switch {
	case err == nil && !ok:
		err = fmt.Errorf("%s: %w", s.Log, errNotRegular)
	case err == nil && marks[len(marks)-1].Offset > info.Size():
		err = fmt.Errorf("%s is shorter than its index says", s.Log)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &timedLog{file: file, size: info.Size(), marks: marks}, nil
}

// readMarks reads an index, of which only the last line may be cut off.
func readMarks(fsys fs.FS, name string) ([]LogMark, error) {
	const most = 1 << 20 // more than a service writes in years
	f, err := fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s", name)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var all []LogMark
	in := bufio.NewReader(f)
	for {
		line, err := in.ReadSlice('\n') // one that does not fit is none of weir's
		if errors.Is(err, io.EOF) {
			break // a torn line is none
		}
		var m LogMark
		if err == nil {
			err = json.Unmarshal(line, &m)
		}
		if n := len(all); err == nil && (m.Offset < 0 || n > 0 && (m.After < all[n-1].After || m.Offset < all[n-1].Offset)) {
			err = errors.New("is out of order")
		} else if err == nil && n == most {
			err = errors.New("is one more than any run writes")
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, len(all)+1, short(err))
		}
		all = append(all, m)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s is empty", name)
	}
	return all, nil
}

// offset is where the log stood at a time.
func (l *timedLog) offset(at time.Duration) int64 {
	i := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].After >= at })
	if i == len(l.marks) {
		return l.size
	}
	return l.marks[i].Offset
}

// written is when the byte at an offset was, by the mark before it.
func (l *timedLog) written(offset int64) time.Duration {
	i := sort.Search(len(l.marks), func(i int) bool { return l.marks[i].Offset > offset })
	return l.marks[max(i-1, 0)].After
}

func (l *timedLog) around(at time.Duration, bounds Around) (Excerpt, error) {
	from, middle, to := l.offset(at-bounds.Before), l.offset(at), l.offset(at+bounds.After)
	lines, err := l.lines(max(from, middle-excerptBytes), min(to, middle+excerptBytes), bounds.Bytes)
	if err != nil {
		return Excerpt{}, err
	}
	first := sort.Search(len(lines), func(i int) bool { return lines[i].At >= at })
	before := min(first, max(bounds.Lines/3, bounds.Lines-(len(lines)-first)))
	after := min(len(lines)-first, bounds.Lines-before)
	return Excerpt{
		Lines:   lines[first-before : first+after],
		Earlier: before < first || middle-from > excerptBytes,
		Later:   first+after < len(lines) || to-middle > excerptBytes,
	}, nil
}

// lines are those that begin within a span of bytes, each cut at longest.
func (l *timedLog) lines(from, to int64, longest int) ([]LogLine, error) {
	if from >= to {
		return nil, nil
	}
	start := max(from-1, 0) // of what tells whether a line begins at from
	b := make([]byte, min(to+int64(longest)+1, l.size)-start)
	if _, err := io.ReadFull(io.NewSectionReader(l.file, start, int64(len(b))), b); err != nil {
		return nil, err
	}
	at := start
	if from > 0 {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return nil, nil
		}
		b, at = b[i+1:], at+int64(i)+1
	}
	var all []LogLine
	for len(b) > 0 && at < to {
		line, rest, _ := bytes.Cut(b, []byte{'\n'})
		all = append(all, LogLine{At: l.written(at), Text: cutLine(strings.ToValidUTF8(string(line), "\uFFFD"), longest)})
		at, b = at+int64(len(line))+1, rest
	}
	return all, nil
}
