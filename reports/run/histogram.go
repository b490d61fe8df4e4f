package run

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// LatencyKinds are the latency kinds in the order in which a record lives
// through them.
func LatencyKinds() []string {
	return []string{ScheduleDelay, Send, Publish, EndToEnd, Effect}
}

// Span is one interval of a histogram log. Its samples stay encoded until
// Histogram is called: decoded, an interval is some 200 kB.
type Span struct {
	// Start is since the load began.
	Start  time.Duration
	Length time.Duration
	// Max is the highest sample, to the microsecond.
	Max time.Duration
	// Tag is the phase in which the samples were due. An interval has one Span
	// for each phase of which there are samples.
	Tag     string
	payload string
}

// Histogram decodes the samples, in nanoseconds.
func (s Span) Histogram() (*hdrhistogram.Histogram, error) {
	return hdrhistogram.Decode([]byte(s.payload))
}

// Spans reads the histogram log of a latency kind, interval by interval. A
// last line that was cut off while it was written ends the sequence silently;
// any other line that is not of an HdrHistogram log ends it with an error.
//
// Times in the log may be absolute or count from its BaseTime, as the format
// (HdrHistogram log 1.3) allows; Start counts from its StartTime.
func (r *Record) Spans(kind string) iter.Seq2[Span, error] {
	return func(yield func(Span, error) bool) {
		name := path.Join(histogramsDir, kind+histogramExt)
		root, err := os.OpenRoot(r.Root)
		if err != nil {
			yield(Span{}, err)
			return
		}
		defer func() { _ = root.Close() }()
		f, err := regular{root}.Open(name)
		if err != nil {
			yield(Span{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		in := bufio.NewReaderSize(f, 64<<10)
		var log histogramLog
		for n := 1; ; n++ {
			line, err := in.ReadString('\n')
			if errors.Is(err, io.EOF) {
				return // a torn line is none
			}
			span, ok, err := log.parse(strings.TrimRight(line, "\r\n"), err)
			if err != nil {
				yield(Span{}, fmt.Errorf("%s:%d: %w", path.Join(r.Root, name), n, err))
				return
			}
			if ok && !yield(span, nil) {
				return
			}
		}
	}
}

// histogramLog holds what the header of a log said so far.
type histogramLog struct {
	start, base       float64
	hasStart, hasBase bool
}

// parse reads a line; ok is false for comments and the legend.
func (l *histogramLog) parse(line string, err error) (_ Span, ok bool, _ error) {
	if err != nil {
		return Span{}, false, err
	}
	if rest, found := strings.CutPrefix(line, "#[StartTime: "); found {
		l.start, err = leadingSeconds(rest)
		l.hasStart = true
		return Span{}, false, err
	}
	if rest, found := strings.CutPrefix(line, "#[BaseTime: "); found {
		l.base, err = leadingSeconds(rest)
		l.hasBase = true
		return Span{}, false, err
	}
	if line == "" || line[0] == '#' || line[0] == '"' {
		return Span{}, false, nil
	}
	var span Span
	if rest, found := strings.CutPrefix(line, "Tag="); found {
		span.Tag, line, _ = strings.Cut(rest, ",")
	}
	fields := strings.SplitN(line, ",", 4)
	if len(fields) != 4 {
		return Span{}, false, fmt.Errorf("want start, length, maximum and histogram, got %d fields", len(fields))
	}
	start, err := parseSeconds(fields[0])
	if err != nil {
		return Span{}, false, fmt.Errorf("start: %w", err)
	}
	length, err := parseSeconds(fields[1])
	if err != nil {
		return Span{}, false, fmt.Errorf("length: %w", err)
	}
	highest, err := strconv.ParseFloat(fields[2], 64) // milliseconds
	if err != nil {
		return Span{}, false, fmt.Errorf("maximum: %w", err)
	}
	span.Max = time.Duration(min(max(highest, 0), 3.6e6)*1000) * time.Microsecond // the highest that a log has is an hour
	span.Start, span.Length, span.payload = l.offset(start), seconds(length), fields[3]
	return span, true, nil
}

// offset is the time of an interval since StartTime. Without a BaseTime the
// times are absolute, unless they lie more than a year before StartTime: the
// rule of the reference implementation.
func (l *histogramLog) offset(at float64) time.Duration {
	const year = 365 * 24 * 3600.0
	if !l.hasStart {
		l.start, l.hasStart = at, true
	}
	if !l.hasBase {
		l.hasBase = true
		if at < l.start-year {
			l.base = l.start
		}
	}
	return seconds(at + l.base - l.start)
}

// seconds rounds to the millisecond, the resolution of the format: a sum of
// large floats has more digits than meaning.
func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}

func leadingSeconds(s string) (float64, error) {
	end := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if end >= 0 {
		s = s[:end]
	}
	return parseSeconds(s)
}

// parseSeconds refuses what no log holds and no time.Duration can: a value
// below 0 or beyond the year 2200.
func parseSeconds(s string) (float64, error) {
	const most = 7.26e9
	f, err := strconv.ParseFloat(s, 64)
	if err == nil && !(f >= 0 && f <= most) {
		err = fmt.Errorf("%q is not a number of seconds", s)
	}
	return f, err
}
