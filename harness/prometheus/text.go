package prometheus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// maxLine bounds a line of an exporter.
const maxLine = 1 << 20

// readText reads the text format of exporters, 0.0.4, and takes the samples of
// the metrics that are wanted. Errors have the line and the byte, from 1.
func readText(r io.Reader, wanted map[string]bool, at time.Time, broker string) ([]sample, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var all []sample
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), " \t\r")
		line = strings.TrimLeft(line, " \t")
		if line == "" || line[0] == '#' {
			continue
		}
		metric := metricForm.FindString(line)
		if metric == "" {
			return nil, fmt.Errorf("%d:1: no name of a metric: is this a page of metrics?", n)
		}
		if !wanted[metric] {
			continue
		}
		s, column, err := parseSample(metric, line)
		if err != nil {
			return nil, fmt.Errorf("%d:%d: %w", n, column, err)
		}
		s.at, s.broker = at, broker
		all = append(all, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	return all, nil
}

// parseSample reads a line; its own timestamp, if it has one, is left out, since
// few exporters have clocks of their own.
func parseSample(metric, line string) (s sample, column int, err error) {
	s = sample{metric: metric, labels: map[string]string{}}
	at := len(metric)
	skip := func() {
		for at < len(line) && (line[at] == ' ' || line[at] == '\t') {
			at++
		}
	}
	if skip(); at < len(line) && line[at] == '{' {
		at++
		for {
			if skip(); at < len(line) && line[at] == '}' {
				at++
				break
			}
			name := labelForm.FindString(line[at:])
			if name == "" {
				return s, at + 1, errors.New("want the name of a label, or }")
			}
			at += len(name)
			if skip(); at == len(line) || line[at] != '=' {
				return s, at + 1, errors.New("want =")
			}
			at++
			skip()
			value, n, ok := quoted(line[at:])
			if !ok {
				return s, at + 1, errors.New("want a value in quotes")
			}
			s.labels[name] = value
			at += n
			if skip(); at < len(line) && line[at] == ',' {
				at++
			} else if at == len(line) || line[at] != '}' {
				return s, at + 1, errors.New("want a comma, or }")
			}
		}
	}
	fields := strings.Fields(line[at:])
	if len(fields) == 0 {
		return s, at + 1, errors.New("want a value")
	}
	if s.value, err = strconv.ParseFloat(fields[0], 64); err != nil {
		return s, at + 1, fmt.Errorf("%q is no number", fields[0])
	}
	return s, 0, nil
}
