package main

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/secret"
	"github.com/flowweir/weir/reports/summary"
)

// plainEvery is the least time between two progress lines where they are not
// redrawn.
const plainEvery = 5 * time.Second

// defaultWidth is that of a terminal which does not tell.
const defaultWidth = 80

// progress shows a run that goes on: on a terminal one line that is redrawn
// below the lines of the log, elsewhere plain lines. It is safe for concurrent
// use.
type progress struct {
	w        io.Writer
	now      func() time.Time
	terminal terminal
	quiet    bool

	mu    sync.Mutex
	line  string    // as it stands on the terminal
	last  time.Time // of the last plain line
	phase string    // of the last plain line
	rest  []byte    // of the log, without an end of line yet
}

func newProgress(s *state, quiet bool) *progress {
	return &progress{w: s.stderr, now: s.now, terminal: s.err, quiet: quiet}
}

// Write prints lines of the run's log.
func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet {
		return len(text), nil
	}
	p.rest = append(p.rest, text...)
	var out strings.Builder
	for {
		line, rest, whole := bytes.Cut(p.rest, []byte{'\n'})
		if !whole {
			break
		}
		fmt.Fprintln(&out, summary.Plain(secret.Message(string(line))))
		p.rest = rest
	}
	if out.Len() > 0 {
		p.print(out.String())
	}
	return len(text), nil
}

// show is called with the state of the run about once a second.
func (p *progress) show(state scenario.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet {
		return
	}
	if p.terminal.is {
		p.line = fit(state, p.width())
		p.print("")
		return
	}
	now := p.now()
	if state.Phase == p.phase && now.Sub(p.last) < plainEvery {
		return
	}
	p.last, p.phase = now, state.Phase
	p.print(progressLine(state) + "\n")
}

// notice prints a line whatever was asked for.
func (p *progress) notice(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal.is {
		line = "\n" + line // below the ^C that the terminal shows
	}
	p.print(line + "\n")
}

// print writes text above the progress line, and that line again.
func (p *progress) print(text string) {
	if p.terminal.is {
		const erase = "\r\x1b[K" // back to the first column, clear the line
		text = erase + text + p.line
	}
	// Progress is no result: where it cannot be shown the run goes on.
	_, _ = io.WriteString(p.w, text)
}

// done takes the progress line away.
func (p *progress) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.line != "" {
		p.line = ""
		p.print("")
	}
}

func (p *progress) width() int {
	if w := p.terminal.width(); w > 0 {
		return w
	}
	return defaultWidth
}

// cut keeps a line from wrapping, since a wrapped one cannot be redrawn.
func cut(line string, width int) string {
	if utf8.RuneCountInString(line) < width {
		return line
	}
	runes := []rune(line)
	return string(runes[:max(0, width-2)]) + "…"
}

// fit says how a run stands in less than width columns. Where the words are too
// many they get shorter, then the second latency goes, then the time that has
// passed and the rate that was due.
func fit(p scenario.Progress, width int) string {
	line := progressLine(p)
	for _, brief := range []brevity{shorter, oneLatency, terse} {
		if utf8.RuneCountInString(line) < width {
			break
		}
		line = shortLine(p, brief)
	}
	return cut(line, width)
}

// brevity is how much a line leaves out.
type brevity int

const (
	shorter brevity = iota
	oneLatency
	terse
)

// shortLine is progressLine in few words.
func shortLine(p scenario.Progress, brief brevity) string {
	if p.Phase == scenario.PhaseSetup || p.Phase == scenario.PhaseJudge {
		return p.Phase
	}
	left := ""
	if rest := p.Length - p.At; rest > 0 {
		left = fmt.Sprintf("%.0f s left", rest.Seconds())
	}
	var parts []string
	add := func(part string, there bool) {
		if there {
			parts = append(parts, part)
		}
	}
	add(fmt.Sprintf("%s %.0f s", summary.PhaseName(p.Phase), p.At.Seconds()), brief < terse)
	add(strings.TrimSpace(summary.PhaseName(p.Phase)+" "+left), brief == terse)
	add(fmt.Sprintf("%s of %s", strings.TrimSuffix(summary.Rate(p.Acked), "/s"), summary.Rate(p.Due)), brief < terse)
	add(summary.Rate(p.Acked), brief == terse)
	add(p99(p)+summary.Duration(p.PublishP99), p.PublishP99 > 0)
	add("e2e "+summary.Duration(p.EndToEndP99), p.EndToEndP99 > 0 && (brief == shorter || p.PublishP99 == 0))
	add("lag "+summary.Count(p.Lag), true)
	add(left, brief < terse && left != "")
	add("open: "+summary.Plain(strings.Join(p.Open, ", ")), len(p.Open) > 0)
	return strings.Join(parts, " · ")
}

// p99 names a latency: that of the last second, or of the run so far.
func p99(p scenario.Progress) string {
	if p.SoFar {
		return "p99 so far "
	}
	return "p99 "
}

// progressLine says how a run stands: what matters most comes first, because
// the end of the line may be cut.
func progressLine(p scenario.Progress) string {
	name := summary.PhaseName(p.Phase)
	if p.Phase == scenario.PhaseSetup || p.Phase == scenario.PhaseJudge {
		return p.Phase
	}
	parts := []string{
		fmt.Sprintf("%-8s %3.0f s", name, p.At.Seconds()),
		fmt.Sprintf("%s acked of %s", summary.Rate(p.Acked), summary.Rate(p.Due)),
	}
	if p.PublishP99 > 0 {
		parts = append(parts, "publish "+p99(p)+summary.Duration(p.PublishP99))
	}
	if p.EndToEndP99 > 0 {
		parts = append(parts, "end to end "+p99(p)+summary.Duration(p.EndToEndP99))
	}
	lag := "lag unknown"
	if p.Lag >= 0 {
		lag = "lag " + summary.Count(p.Lag)
	}
	parts = append(parts, lag)
	if left := p.Length - p.At; left > 0 {
		parts = append(parts, fmt.Sprintf("%.0f s left", left.Seconds()))
	}
	if len(p.Open) > 0 {
		parts = append(parts, "open: "+summary.Plain(strings.Join(p.Open, ", ")))
	}
	return strings.Join(parts, " · ")
}
