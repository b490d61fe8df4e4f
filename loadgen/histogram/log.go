package histogram

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Dir is the directory of the logs in a run directory.
const Dir = "histograms"

// logPath is the log of a kind in a run directory.
func logPath(dir string, k Kind) string {
	return namedLog(dir, k.String())
}

func namedLog(dir, name string) string {
	return filepath.Join(dir, Dir, filepath.FromSlash(name)+".hlog")
}

// statsPrefix begins the comment that carries what the log format does not.
const statsPrefix = "#[Weir: "

// statsFormat is exact: times in nanoseconds since the load began, and the
// sum of all samples as two hexadecimal 64-bit halves.
const statsFormat = statsPrefix + "start=%d length=%d count=%d min=%d max=%d sum=%x:%x negative=%d out_of_range=%d failed=%d unfinished=%d]"

// logs are the open log files; err is the first error, after which nothing
// more is written.
type logs struct {
	files []*os.File // of the kinds, then of the measures
	err   error
}

func (l *logs) create(dir string, start time.Time, measures []Measure) error {
	var paths []string
	for _, k := range Kinds() {
		paths = append(paths, logPath(dir, k))
	}
	for _, m := range measures {
		paths = append(paths, namedLog(dir, m.Log))
	}
	for _, path := range paths {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("create the directory of the histogram logs: %w", err)
		}
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err == nil {
			l.files = append(l.files, f)
			_, err = io.WriteString(f, header(start))
		}
		if err != nil {
			return errors.Join(fmt.Errorf("create a histogram log (a run needs a directory of its own): %w", err), l.close())
		}
	}
	return nil
}

// header is what HdrHistogram's tools expect. Intervals are relative to the
// base time; it is written here because the library cuts it to seconds.
func header(start time.Time) string {
	stamp := fmt.Sprintf("%d.%03d", start.Unix(), start.Nanosecond()/1e6)
	return "#[Histogram log format version " + hdrhistogram.HISTOGRAM_LOG_FORMAT_VERSION + "]\n" +
		"#[BaseTime: " + stamp + " (seconds since epoch)]\n" +
		"#[StartTime: " + stamp + " (seconds since epoch), " + start.UTC().Format(time.RFC3339) + "]\n" +
		`"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"` + "\n"
}

// write appends an interval: for each kind and phase with something in it, a
// comment and a histogram.
func (l *logs) write(s set, start, length time.Duration) {
	for k, f := range l.files {
		for p := range s[k] {
			c := &s[k][p]
			if c.empty() || l.err != nil {
				continue
			}
			if err := writeInterval(f, c, Phase(p), start, length); err != nil {
				l.err = fmt.Errorf("write histogram log %s: %w", f.Name(), err)
			}
		}
	}
}

func writeInterval(w io.Writer, c *cell, p Phase, start, length time.Duration) error {
	h := c.hist
	if h == nil {
		h = newHistogram()
	}
	encoded, err := h.EncodeV2()
	if err != nil {
		return err
	}
	// One write, so that a run that is killed cuts at most the last line.
	_, err = fmt.Fprintf(w, statsFormat+"\nTag=%s,%.3f,%.3f,%.6f,%s\n",
		start, length, c.Count, c.Min, c.Max, c.sumHigh, c.sumLow, c.Negative, c.OutOfRange, c.Failed, c.Unfinished,
		p, start.Seconds(), length.Seconds(), float64(c.Max)/1e6, encoded)
	return err
}

func (l *logs) close() error {
	var errs []error
	for _, f := range l.files {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}

// Interval is what a log holds of one kind in one phase during one interval.
type Interval struct {
	Phase Phase
	// Start is since the load began.
	Start, Length time.Duration
	Stats
	Histogram *hdrhistogram.Histogram
}

// ErrTruncated is returned with the intervals before the cut, where the run
// was killed in the middle of a line.
var ErrTruncated = errors.New("the log ends in the middle of an interval: the run was killed while it wrote")

// ReadLog reads the log of a kind in a run directory. Intervals come in the
// order of their time; phases that overlap in one are separate intervals.
func ReadLog(dir string, k Kind) ([]Interval, error) {
	return readNamed(logPath(dir, k))
}

// ReadMeasure is ReadLog for a measure, by the name of its log.
func ReadMeasure(dir, log string) ([]Interval, error) { return readNamed(namedLog(dir, log)) }

func readNamed(path string) ([]Interval, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read a histogram log: %w", err)
	}
	defer func() { _ = f.Close() }()
	intervals, err := readLog(f)
	if err != nil {
		return intervals, fmt.Errorf("%s:%w", path, err)
	}
	return intervals, nil
}

// readLog's errors begin with the line.
func readLog(r io.Reader) ([]Interval, error) {
	var intervals []Interval
	var next *Interval
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := in.ReadString('\n')
		switch {
		case errors.Is(err, io.EOF) && line == "" && next == nil:
			return intervals, nil
		case errors.Is(err, io.EOF):
			return intervals, fmt.Errorf("%d: %w", number, ErrTruncated)
		case err != nil:
			return intervals, fmt.Errorf("%d: %w", number, err)
		}
		switch {
		case strings.HasPrefix(line, statsPrefix):
			next, err = parseStats(line)
		case strings.HasPrefix(line, "#"), strings.HasPrefix(line, `"`):
		case next == nil:
			err = errors.New("an interval without its Weir line; is this a log of another program?")
		default:
			if err = next.parseHistogram(line); err == nil {
				intervals = append(intervals, *next)
				next = nil
			}
		}
		if err != nil {
			return intervals, fmt.Errorf("%d: %w", number, err)
		}
	}
}

func parseStats(line string) (*Interval, error) {
	i := &Interval{}
	_, err := fmt.Sscanf(line, statsFormat, &i.Start, &i.Length, &i.Count, &i.Min, &i.Max,
		&i.sumHigh, &i.sumLow, &i.Negative, &i.OutOfRange, &i.Failed, &i.Unfinished)
	if err != nil {
		return nil, fmt.Errorf("a Weir line that cannot be read: %w", err)
	}
	return i, nil
}

func (i *Interval) parseHistogram(line string) error {
	fields := strings.Split(strings.TrimSuffix(line, "\n"), ",")
	if len(fields) != 5 {
		return fmt.Errorf("%d fields where an interval has 5", len(fields))
	}
	tag, ok := strings.CutPrefix(fields[0], "Tag=")
	p := Phase(0)
	for ; ok && p < phases && p.String() != tag; p++ {
	}
	if !ok || p == phases {
		return fmt.Errorf("%q is no phase", fields[0])
	}
	h, err := hdrhistogram.Decode([]byte(fields[4]))
	if err != nil {
		return fmt.Errorf("decode the histogram: %w", err)
	}
	if h.LowestTrackableValue() != int64(lowest) || h.HighestTrackableValue() != int64(highest) || h.SignificantFigures() != digits {
		return errors.New("a histogram of another geometry than 1 µs to 1 h with 3 digits")
	}
	if h.TotalCount() != i.Count {
		return fmt.Errorf("the histogram holds %d samples, its Weir line says %d", h.TotalCount(), i.Count)
	}
	h.SetTag(tag)
	i.Phase, i.Histogram = p, h
	return nil
}
