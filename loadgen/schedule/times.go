package schedule

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"time"
)

// ReadTimes reads the times of a [Replay] from a file's content; its name
// says the form by its ending, and stands in errors together with the line.
//
//   - .csv: rows below a header. The column is named time, timestamp, due or
//     sent.
//   - .jsonl and .ndjson: a value, or an object with such a field, in each
//     line. Empty lines are no times.
//
// A time is an instant (RFC 3339), a duration since any moment (1.5s), or a
// number since any moment if the name says its unit: time_s, time_ms,
// time_us or time_ns. All of a file are read as one of these. They come back
// in the file's order and count from the earliest.
func ReadTimes(name string, in io.Reader) ([]time.Duration, error) {
	t := times{name: name}
	var err error
	switch ext := name[strings.LastIndexByte(name, '.')+1:]; ext {
	case "csv":
		err = t.csv(in)
	case "jsonl", "ndjson":
		err = t.jsonl(in)
	default:
		return nil, fmt.Errorf("%s: times are read from .csv and .jsonl", name)
	}
	switch {
	case err != nil:
		return nil, err
	case len(t.values) == 0:
		return nil, fmt.Errorf("%s: it has no times", name)
	}
	return t.offsets()
}

// columns are names of times, without their unit.
var columns = []string{"time", "timestamp", "due", "sent"}

// units are what a name ends in, in nanoseconds.
var units = map[string]int64{"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1}

// times collects a file's times in nanoseconds since any moment.
type times struct {
	name   string
	form   form
	values []int64
}

// form is how a time is written.
type form string

const (
	instants  form = "an instant"
	durations form = "a duration"
	numbers   form = "a number"
)

// column is whether a name is one of a time, and its unit, 0 if it says none.
func column(name string) (unit int64, ok bool) {
	for _, c := range columns {
		rest, found := strings.CutPrefix(name, c)
		switch {
		case found && rest == "":
			return 0, true
		case found && strings.HasPrefix(rest, "_") && units[rest[1:]] > 0:
			return units[rest[1:]], true
		}
	}
	return 0, false
}

func (t *times) fail(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", t.name, line, fmt.Sprintf(format, args...))
}

const noColumn = "none of the names %s is time, timestamp, due or sent, with or without a unit (time_ms)"

func (t *times) csv(in io.Reader) error {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	at, unit := -1, int64(0)
	for {
		row, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &wrong):
			return t.fail(wrong.Line, "%v", wrong.Err)
		case err != nil:
			return fmt.Errorf("%s: %w", t.name, err)
		}
		line, _ := r.FieldPos(0)
		if at >= 0 {
			if err := t.add(line, row[at], unit); err != nil {
				return err
			}
			continue
		}
		for i, name := range row {
			if u, ok := column(strings.TrimPrefix(name, "\ufeff")); ok {
				at, unit = i, u
				break
			}
		}
		if at < 0 {
			return t.fail(line, noColumn, shorten(strings.Join(row, ", ")))
		}
	}
}

// longestLine bounds a line of JSON.
const longestLine = 1 << 20

func (t *times) jsonl(in io.Reader) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longestLine)
	line := 0
	for lines.Scan() {
		line++
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		value, unit, err := field(text)
		if err != nil {
			return t.fail(line, "%v", err)
		}
		if err := t.add(line, value, unit); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return t.fail(line+1, "%v", err)
	}
	return nil
}

// field is the time of a line of JSON, as text.
func field(text []byte) (value string, unit int64, err error) {
	raw := json.RawMessage(text)
	if text[0] == '{' {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(text, &object); err != nil {
			return "", 0, fmt.Errorf("no JSON: %w", err)
		}
		found := ""
		for name, v := range object {
			if u, ok := column(name); ok {
				if found != "" {
					return "", 0, fmt.Errorf("two fields are times: %s and %s", min(found, name), max(found, name))
				}
				found, raw, unit = name, v, u
			}
		}
		if found == "" {
			return "", 0, errors.New("no field is named time, timestamp, due or sent, with or without a unit (time_ms)")
		}
	}
	if raw[0] == '"' {
		if err := json.Unmarshal(raw, &value); err != nil {
			return "", 0, fmt.Errorf("no JSON: %w", err)
		}
		return value, unit, nil
	}
	return string(raw), unit, nil
}

var decimalForm = regexp.MustCompile(`^-?[0-9]{1,20}(\.[0-9]{1,20})?$`)

func (t *times) add(line int, text string, unit int64) error {
	if len(t.values) == MaxReplay {
		return t.fail(line, "more than %d times", MaxReplay)
	}
	text = strings.TrimSpace(text)
	v, f, err := parseTime(text, unit)
	switch {
	case err != nil:
		return t.fail(line, "%v", err)
	case t.form != "" && f != t.form:
		return t.fail(line, "%q is %s, the times before it are not: each was %s", shorten(text), f, t.form)
	}
	t.form = f
	t.values = append(t.values, v)
	return nil
}

func parseTime(text string, unit int64) (int64, form, error) {
	if decimalForm.MatchString(text) {
		if unit == 0 {
			return 0, "", fmt.Errorf("%q has no unit: name the column time_s, time_ms, time_us or time_ns", text)
		}
		r, _ := new(big.Rat).SetString(text)
		r.Mul(r, new(big.Rat).SetInt64(unit))
		n := new(big.Int).Quo(r.Num(), r.Denom())
		if !n.IsInt64() {
			return 0, "", fmt.Errorf("%q is out of range", text)
		}
		return n.Int64(), numbers, nil
	}
	if unit != 0 {
		return 0, "", fmt.Errorf("%q is no number", shorten(text))
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		if at.Year() < 1700 || at.Year() > 2200 {
			return 0, "", fmt.Errorf("%q is out of range", text)
		}
		return at.UnixNano(), instants, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return int64(d), durations, nil
	}
	return 0, "", fmt.Errorf("%q is no time: write 2026-01-02T15:04:05.678Z, or 1.5s", shorten(text))
}

// offsets are the times since the earliest.
func (t *times) offsets() ([]time.Duration, error) {
	first, last := t.values[0], t.values[0]
	for _, v := range t.values {
		first, last = min(first, v), max(last, v)
	}
	// As unsigned numbers, a difference of two int64 always fits.
	if span := uint64(last) - uint64(first); span > uint64(MaxLength) {
		return nil, fmt.Errorf("%s: the times span more than %s", t.name, MaxLength)
	}
	out := make([]time.Duration, len(t.values))
	for i, v := range t.values {
		out[i] = time.Duration(v - first)
	}
	return out, nil
}

// shorten keeps a message to a line.
func shorten(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}
