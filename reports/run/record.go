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
	"reflect"
	"strings"
)

// Record is a run directory that was read. What a run that was killed could
// not write is absent, and Problems says so in words.
type Record struct {
	// Root is the directory that was read.
	Root string
	Run  Run
	// Scenario is scenario.json as it stands; nil if there is none.
	Scenario json.RawMessage
	// Results is nil if the run ended before it was judged, or if they cannot
	// be read.
	Results   *Results
	Intervals []Interval
	Events    []Event
	// Brokers are what the brokers said of themselves, if the run asked.
	Brokers []BrokerSample
	// Baseline is how the run compared with earlier ones, if it was.
	Baseline *Baseline
	// Kinds are the latency kinds that have a histogram log, in the order in
	// which a record lives through them. Read them with Spans.
	Kinds []string
	// Logs are the ends of the services' logs, by name of service.
	Logs map[string]Tail
	// Defects are the files that are not what they were when the run ended.
	// Problems says so too.
	Defects []Defect
	// Problems are the parts that could not be read, one sentence each.
	Problems []string
}

// Tail is the end of a service's log.
type Tail struct {
	// Lines are the last lines, at most MaxTailLines of them, each cut at
	// MaxTailLine bytes.
	Lines []string
	// Omitted is how many bytes of the log come before Lines.
	Omitted int64
}

// Bounds of a Tail.
const (
	MaxTailLines = 200
	MaxTailLine  = 2000
)

// FormatError says that a run directory is of a version that this package
// does not read.
type FormatError struct {
	File   string
	Format string
	// Writer is the version of Weir that wrote it, if it says so.
	Writer string
}

func (e *FormatError) Error() string {
	writer := "a newer weir"
	if e.Writer != "" {
		writer = "weir " + e.Writer + " or newer"
	}
	if e.Format == "" {
		return fmt.Sprintf("%s: no format: this is not a run directory of weir", e.File)
	}
	return fmt.Sprintf("%s: format is %q and this weir reads %q: use %s", e.File, e.Format, Format, writer)
}

// Open reads a run directory. A run that never ended is no error: see
// Run.Status. A torn last line of a log that was being written is left out. An
// unknown format is a *FormatError. Nothing outside root is read, whatever
// the files in it say, so that the run directory of a stranger can be opened.
func Open(root string) (*Record, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("run directory: %w", err)
	}
	defer func() { _ = dir.Close() }() // opened to read
	rd := reader{root: root, fsys: regular{dir}}
	rec := &Record{Root: root, Logs: map[string]Tail{}}
	if err := rd.load(rec); err != nil {
		return nil, err
	}
	rec.Problems = rd.problems
	return rec, nil
}

// Ended reports whether the run came to an end of its own, whatever its
// verdict. Only a directory that still says Running did not: its run was
// killed, or goes on.
func (r *Record) Ended() bool { return r.Run.Status != Running }

// reader collects what could not be read on its way.
type reader struct {
	root     string
	fsys     fs.FS
	problems []string
}

func (rd *reader) problem(format string, args ...any) {
	rd.problems = append(rd.problems, fmt.Sprintf(format, args...))
}

func (rd *reader) load(rec *Record) error {
	if err := rd.versioned(runFile, &rec.Run); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s is not a run directory: it has no %s", rd.root, runFile)
		}
		return err
	}
	var results Results
	switch err := rd.versioned(resultsFile, &results); {
	case err == nil:
		rec.Results = &results
	case errors.As(err, new(*FormatError)):
		return err
	case !errors.Is(err, fs.ErrNotExist):
		rd.problem("%s cannot be read and is left out: %v", resultsFile, err)
	}
	switch b, err := fs.ReadFile(rd.fsys, scenarioFile); {
	case err == nil && json.Valid(b):
		rec.Scenario = b
	case err == nil:
		rd.problem("%s is not JSON and is left out", scenarioFile)
	case !errors.Is(err, fs.ErrNotExist):
		rd.problem("%s cannot be read and is left out: %v", scenarioFile, err)
	}
	rec.Baseline = rd.baseline()
	rec.Intervals = lines[Interval](rd, seriesFile)
	rec.Events = lines[Event](rd, timelineFile)
	rec.Brokers = lines[BrokerSample](rd, brokersFile)
	rec.Kinds = rd.kinds()
	rd.whole(rec)
	for _, s := range rec.Run.Services {
		if tail, ok := rd.tail(s.Log); ok {
			rec.Logs[s.Name] = tail
		}
	}
	return nil
}

// versioned decodes a JSON file after a look at its format, so that a file of
// a later version is reported as that and not as a type that does not fit.
func (rd *reader) versioned(name string, into any) error {
	b, err := fs.ReadFile(rd.fsys, name)
	if err != nil {
		return err
	}
	file := path.Join(rd.root, name)
	var head struct {
		Format string          `json:"format"`
		Weir   json.RawMessage `json:"weir"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return positioned(file, b, err)
	}
	if head.Format != Format {
		var weir Weir
		_ = json.Unmarshal(head.Weir, &weir) // a hint only, of an unknown shape
		return &FormatError{File: file, Format: head.Format, Writer: weir.Version}
	}
	if err := json.Unmarshal(b, into); err != nil {
		return positioned(file, b, err)
	}
	return nil
}

// positioned turns the byte offset of a JSON error into line and column.
func positioned(file string, b []byte, err error) error {
	var offset int64
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
		if kind.Type.Kind() == reflect.Struct { // which Go would print in full
			err = fmt.Errorf("want a JSON object, and this is %s", kind.Value)
		}
	default:
		return fmt.Errorf("%s: %w", file, short(err))
	}
	err = short(err)
	before := b[:min(max(offset-1, 0), int64(len(b)))]
	line := bytes.Count(before, []byte{'\n'}) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%s:%d:%d: %w", file, line, column, err)
}

// lines decodes a file of one JSON value a line. Lines that do not decode are
// left out, such as a last one that the writer did not finish.
func lines[T any](rd *reader, name string) []T {
	f, err := rd.fsys.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		rd.problem("%s cannot be read and is left out: %v", name, err)
		return nil
	}
	defer func() { _ = f.Close() }()
	var all []T
	bad, first := 0, ""
	in := bufio.NewReaderSize(f, 64<<10)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil {
			switch {
			case !errors.Is(err, io.EOF):
				rd.problem("%s cannot be read to its end: %v", name, err)
			case len(line) > 0:
				rd.problem("the last line of %s was cut off while it was written and is left out", name)
			}
			break
		}
		var v T
		if err := json.Unmarshal(line, &v); err != nil {
			if bad++; bad == 1 {
				first = fmt.Sprintf("%s:%d: %v", name, n, short(err))
			}
			continue
		}
		all = append(all, v)
	}
	switch {
	case bad == 1:
		rd.problem("a line of %s is damaged and is left out: %s", name, first)
	case bad > 1:
		rd.problem("%d lines of %s are damaged and are left out, the first: %s", bad, name, first)
	}
	return all
}

// shortError is an error whose text is cut: those of decoders may have all of
// a line in them.
type shortError struct{ error }

func short(err error) error { return shortError{err} }

func (e shortError) Error() string {
	const longest = 200
	text := e.error.Error()
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + " …"
	}
	return text
}

func (e shortError) Unwrap() error { return e.error }

// kinds lists the histogram logs: the known kinds first, in their order.
func (rd *reader) kinds() []string {
	entries, err := fs.ReadDir(rd.fsys, histogramsDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		rd.problem("the histogram logs cannot be listed: %v", err)
	}
	found := map[string]bool{}
	for _, e := range entries {
		if kind, ok := strings.CutSuffix(e.Name(), histogramExt); ok && e.Type().IsRegular() {
			found[kind] = true
		}
	}
	var all []string
	for _, kind := range LatencyKinds() {
		if found[kind] {
			all = append(all, kind)
			delete(found, kind)
		}
	}
	for _, e := range entries { // sorted by name
		if kind := strings.TrimSuffix(e.Name(), histogramExt); found[kind] {
			all = append(all, kind)
		}
	}
	return all
}

// tail reads the end of a log; ok is false if there is none.
func (rd *reader) tail(name string) (_ Tail, ok bool) {
	if name == "" {
		return Tail{}, false
	}
	f, err := rd.fsys.Open(path.Clean(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Tail{}, false
	}
	if err != nil {
		rd.problem("the log %s cannot be read: %v", name, err)
		return Tail{}, false
	}
	defer func() { _ = f.Close() }()
	t, err := readTail(f)
	if err != nil {
		rd.problem("the log %s cannot be read: %v", name, err)
		return Tail{}, false
	}
	return t, true
}

func readTail(f fs.File) (Tail, error) {
	const window = 256 << 10
	info, err := f.Stat()
	if err != nil {
		return Tail{}, err
	}
	skip := max(info.Size()-window, 0)
	seeker, ok := f.(io.Seeker)
	if skip > 0 && !ok {
		return Tail{}, errors.New("the file cannot be read from its end")
	}
	if skip > 0 {
		if _, err := seeker.Seek(skip, io.SeekStart); err != nil {
			return Tail{}, err
		}
	}
	b, err := io.ReadAll(io.LimitReader(f, window))
	if err != nil {
		return Tail{}, err
	}
	if skip > 0 { // begin with a whole line
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i+1 < len(b) {
			b, skip = b[i+1:], skip+int64(i)+1
		}
	}
	return cutTail(b, skip), nil
}

// cutTail keeps the last lines of b, before which omitted bytes were skipped.
func cutTail(b []byte, omitted int64) Tail {
	text := strings.TrimRight(strings.ToValidUTF8(string(b), "\uFFFD"), "\r\n")
	if text == "" {
		return Tail{Omitted: omitted}
	}
	all := strings.Split(text, "\n")
	for _, l := range all[:max(len(all)-MaxTailLines, 0)] {
		omitted += int64(len(l)) + 1
	}
	all = all[max(len(all)-MaxTailLines, 0):]
	for i, l := range all {
		all[i] = cutLine(l, MaxTailLine)
	}
	return Tail{Lines: all, Omitted: omitted}
}

// cutLine is a line of a log, of which longest bytes are shown.
func cutLine(line string, longest int) string {
	line = strings.TrimRight(line, "\r")
	if len(line) > longest {
		line = strings.ToValidUTF8(line[:longest], "") + " …"
	}
	return line
}
