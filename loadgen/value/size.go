package value

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/loadgen/internal/random"
)

// MaxSize bounds a value: the largest batch that a producer can be told to
// send.
const MaxSize = 64 << 20

// Sizes is how long the value of each record is. Implementations are
// immutable and safe for concurrent use.
type Sizes interface {
	// Size is that of a sequence, in bytes.
	Size(seq uint64) int
	// Mean is the mean size, Max the largest.
	Mean() float64
	Max() int
	// String describes the sizes for a report.
	String() string
}

// Fixed is one size for all records.
func Fixed(bytes int) (Sizes, error) {
	if bytes < 0 || bytes > MaxSize {
		return nil, fmt.Errorf("the size %d is not from 0 to %d bytes", bytes, MaxSize)
	}
	return fixed(bytes), nil
}

type fixed int

func (f fixed) Size(uint64) int { return int(f) }
func (f fixed) Mean() float64   { return float64(f) }
func (f fixed) Max() int        { return int(f) }
func (f fixed) String() string  { return size(int(f)) }

// z99 is the 99th percentile of the standard normal distribution.
const z99 = 2.3263478740408408

// Lognormal are sizes whose logarithm is normally distributed, given by their
// median and 99th percentile, as sizes of messages often are. Sizes above most
// are cut to it.
func Lognormal(seed uint64, sender uint16, median, p99, most int) (Sizes, error) {
	switch {
	case median < 1 || p99 <= median:
		return nil, fmt.Errorf("the 99th percentile, %d bytes, is not above the median, %d, which is at least 1", p99, median)
	case most < p99 || most > MaxSize:
		return nil, fmt.Errorf("the largest size, %d, is not from the 99th percentile, %d, to %d bytes", most, p99, MaxSize)
	}
	l := newLognormal(random.New(seed, sender).For(purposeSize), median, p99, most)
	const steps = 10_000
	for i := range steps {
		l.mean += float64(l.quantile((float64(i)+0.5)/steps)) / steps
	}
	return l, nil
}

func newLognormal(c random.Counter, median, p99, most int) lognormal {
	return lognormal{
		Counter: c, median: median, p99: p99, most: most,
		mu: math.Log(float64(median)), sigma: math.Log(float64(p99)/float64(median)) / z99,
	}
}

type lognormal struct {
	random.Counter
	median, p99, most int
	mu, sigma, mean   float64
}

func (l lognormal) Size(seq uint64) int {
	r := l.At(seq)
	return l.quantile(r.Float())
}

// quantile is the size that a share of all sizes does not exceed.
func (l lognormal) quantile(share float64) int {
	z := math.Sqrt2 * math.Erfinv(2*share-1)
	return int(min(math.Round(math.Exp(l.mu+l.sigma*z)), float64(l.most)))
}

func (l lognormal) Mean() float64 { return l.mean }
func (l lognormal) Max() int      { return l.most }

func (l lognormal) String() string {
	return fmt.Sprintf("lognormal, median %s, p99 %s, at most %s", size(l.median), size(l.p99), size(l.most))
}

// Listed are the sizes of a list, each as likely as every other: one that
// stands there twice is twice as likely.
func Listed(seed uint64, sender uint16, list []int) (Sizes, error) {
	if len(list) == 0 {
		return nil, errors.New("the list of sizes is empty")
	}
	l := listed{Counter: random.New(seed, sender).For(purposeSize), list: list, most: slices.Max(list)}
	for _, n := range list {
		if n < 0 || n > MaxSize {
			return nil, fmt.Errorf("the size %d is not from 0 to %d bytes", n, MaxSize)
		}
		l.mean += float64(n) / float64(len(list))
	}
	return l, nil
}

type listed struct {
	random.Counter
	list []int
	mean float64
	most int
}

func (l listed) Size(seq uint64) int {
	r := l.At(seq)
	return l.list[r.Below(uint64(len(l.list)))]
}

func (l listed) Mean() float64  { return l.mean }
func (l listed) Max() int       { return l.most }
func (l listed) String() string { return fmt.Sprintf("%d sizes of a file", len(l.list)) }

// maxSizes bounds a list of sizes.
const maxSizes = 1_000_000

// ReadSizes reads sizes in bytes, one a line, as a column of a database or the
// sizes of files give them. name stands in errors.
func ReadSizes(name string, in io.Reader) ([]int, error) {
	lines := bufio.NewScanner(in)
	var list []int
	for lines.Scan() {
		if len(list) == maxSizes {
			return nil, fmt.Errorf("%s:%d: more than %d sizes", name, len(list)+1, maxSizes)
		}
		text := strings.TrimSpace(lines.Text())
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil || n > MaxSize {
			return nil, fmt.Errorf("%s:%d: %q is no number of bytes from 0 to %d", name, len(list)+1, text, MaxSize)
		}
		list = append(list, int(n))
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, len(list)+1, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: it has no sizes", name)
	}
	return list, nil
}

// size renders a number of bytes exactly.
func size(n int) string {
	for _, u := range []struct {
		name  string
		bytes int
	}{{"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.bytes && n%u.bytes == 0 {
			return fmt.Sprintf("%d %s", n/u.bytes, u.name)
		}
	}
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// Times are how long something takes, the same in every run of a seed.
type Times struct {
	at   func(n uint64) int
	text string
}

// FixedTime is one time for all.
func FixedTime(d time.Duration) Times {
	return Times{func(uint64) int { return int(d) }, d.String()}
}

// LognormalTimes are times whose logarithm is normally distributed, given by
// their median and 99th percentile, as those of services often are; times above
// most are cut to it. number keeps those of several apart.
func LognormalTimes(seed uint64, number uint16, median, p99, most time.Duration) (Times, error) {
	if median < 1 || p99 <= median || most < p99 {
		return Times{}, fmt.Errorf("%s, %s and %s are no median, 99th percentile above it and largest time", median, p99, most)
	}
	l := newLognormal(random.New(seed, number).For(purposeTime), int(median), int(p99), int(most))
	return Times{l.Size, fmt.Sprintf("lognormal, median %s, p99 %s, at most %s", median, p99, most)}, nil
}

// At is the time of a number.
func (t Times) At(n uint64) time.Duration { return time.Duration(t.at(n)) }

// String describes the times for a report.
func (t Times) String() string { return t.text }
