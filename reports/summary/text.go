package summary

import (
	"fmt"
	"io"
	"strings"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// TextOptions say how Text writes.
type TextOptions struct {
	// Color marks verdicts with ANSI colors; for terminals only. Default off.
	Color bool
	// Comparison is what is shown of the comparison with a baseline, in whole
	// lines; default nothing.
	Comparison string
	// Report is the path of the report, printed last if it is set.
	Report string
}

// Text writes what a terminal shows at the end of a run: about twenty lines,
// the verdict first. What is not green is named; what is green is counted.
// Text of others (names, reasons, log lines) loses its control characters, so
// that nothing in a run can drive the terminal.
func Text(w io.Writer, rec *run.Record, o TextOptions) error {
	t := text{color: o.Color}
	v, sentence := Judge(rec)
	if rec.Results != nil {
		sentence = besideDrain(sentence, rec.Results.Drain)
	}
	t.line("%s  %s", t.mark(v, Word(v)), sentence)
	t.line("      %s: %s, seed %d", rec.Run.Name, Cluster(rec.Run.Cluster), rec.Run.Seed)
	for _, note := range rec.Run.Cluster.Notes {
		t.line("      %s", note)
	}
	if rec.Results != nil {
		t.results(*rec.Results)
	} else if c := soFar(rec.Intervals); c.Sent > 0 {
		t.b.WriteByte('\n')
		t.row("so far", "sent %s · acked %s · failed %s · received %s · effects %s · dead-lettered %s",
			Count(c.Sent), Count(c.Acked), Count(c.Failed), Count(c.Received), Count(c.Effects), Count(c.DeadLettered))
	}
	for _, s := range rec.Run.Services {
		if s.Died == "" {
			continue
		}
		t.row("service", "%s %s ended by itself: %s", t.mark(finding.Fail, "✗"), s.Name, s.Died)
		for _, l := range s.LastLines[max(len(s.LastLines)-shownLines, 0):] {
			t.row("", "  | %s", l)
		}
	}
	for _, warning := range append(append([]string{}, rec.Run.Warnings...), rec.Problems...) {
		t.row("warning", "%s", warning)
	}
	if o.Comparison != "" {
		t.b.WriteString("\n" + o.Comparison + "\n")
	}
	if o.Report != "" {
		t.row("report", "%s", o.Report)
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

// shownLines is how many of the last lines of a service that ended by itself
// are shown.
const shownLines = 10

// text builds the lines.
type text struct {
	b     strings.Builder
	color bool
}

func (t *text) results(res run.Results) {
	t.b.WriteByte('\n')
	n := Totals(res.Senders)
	aborted := ""
	if n.Aborted > 0 {
		aborted = " · aborted on purpose " + Count(n.Aborted)
	}
	seen := ""
	if n.Unknown > 0 {
		seen = fmt.Sprintf(" (%s of them seen)", Count(n.UnknownSeen))
	}
	t.row("sent", "%s · acked %s · failed %s · unknown %s%s%s", Count(n.Sent), Count(n.Acked), Count(n.Failed), Count(n.Unknown), seen, aborted)
	if why := Reasons(n); why != "" {
		t.row("not acked", "%s", why)
	}
	if n.Unread {
		t.row("received", "not read back")
	} else {
		t.row("received", "%s · twice %s · lost %s", Count(n.Received), Count(n.ReceivedTwice), Count(Lost(res)))
	}
	t.effects(n)
	t.groups(res.Groups)
	t.latencies(res.Latencies)
	t.invariants(res)
	t.objectives(res.Objectives)
	t.faults(res.Faults)
	if !res.Drain.Complete {
		t.row("drain", "%s incomplete after %s: %s", t.mark(finding.Inconclusive, "?"), Duration(res.Drain.Took), listed(res.Drain.Open, "what is open is unknown"))
	}
	g := res.Generator
	if g.Unmeasured {
		t.row("generator", "not measured: the load ended during its warm-up; CPU %s%s", CPU(g), bound(g))
	} else {
		t.row("generator", "offered %s, achieved %s, %sCPU %s%s", Rate(g.Offered), Rate(g.Achieved), woke(res), CPU(g), bound(g))
	}
	t.brokers(res.Brokers)
	for _, f := range res.Findings {
		t.row("finding", "%s: %s", f.ID, f.Message)
	}
}

// groups are those of Weir's own.
func (t *text) groups(groups []run.Group) {
	label := "groups"
	for _, g := range groups {
		if g.Members == 0 {
			continue
		}
		t.row(label, "%s of %d: consumed %s · assignments changed %s times · lag at most %s, %s at the end",
			g.Name, g.Members, Count(uint64(g.Consumed)), Count(uint64(g.Rebalances)), Count(uint64(g.MaxLag)), Count(uint64(g.EndLag)))
		label = ""
	}
}

// brokers are what the brokers said of themselves, one series a line.
func (t *text) brokers(m *run.BrokerMetrics) {
	label := "brokers"
	for _, line := range BrokerLines(m) {
		t.row(label, "%s", line)
		label = ""
	}
}

// effects are those of all consumers, or of each where there are several.
func (t *text) effects(n run.Sender) {
	label := "effects"
	for _, line := range Reactions(n) {
		t.row(label, "%s", line)
		label = ""
	}
	if label != "" && n.Effects+n.DeadLettered > 0 {
		t.row(label, "%s · twice %s · dead-lettered %s", Count(n.Effects), Count(n.EffectsTwice), Count(n.DeadLettered))
	}
}

func bound(g run.Generator) string {
	said := ""
	if g.Capacity > 0 && !g.Unmeasured {
		said = fmt.Sprintf(", at %s of what it can send", Share(g.Offered/g.Capacity))
	}
	if g.Bound {
		said += "; it limited a result"
	}
	return said
}

// latencies shows the whole run, one kind a line.
func (t *text) latencies(all []run.Latency) {
	const columns = "%-16s%10s%10s%10s%10s  %s"
	first := true
	for _, l := range all {
		if l.Phase != "" || l.Count == 0 {
			continue
		}
		if first {
			t.row("latency", columns, warmup(l), "p50", "p99", "p99.9", "max", "from → to")
			first = false
		}
		t.row("", columns, KindName(l.Kind), short(l, 0.5), short(l, 0.99), short(l, 0.999), Duration(l.Max), l.From+" → "+l.To)
	}
}

// woke says how late the pacer was, but of too few samples.
func woke(res run.Results) string {
	for _, l := range res.Latencies {
		if l.Kind == "wake" && l.Phase == "" && strings.HasPrefix(short(l, 0.99), "n<") {
			return ""
		}
	}
	return "woke " + Duration(res.Generator.WakeP99) + " late (p99), "
}

// warmup says that figures leave it out, where there was one.
func warmup(l run.Latency) string {
	if l.Excluded == 0 {
		return ""
	}
	return "after warm-up"
}

// short is a percentile in a narrow column; where it is withheld, how many
// samples are too few.
func short(l run.Latency, q float64) string {
	for _, x := range l.Quantiles {
		switch {
		case x.Q != q:
		case x.Judged:
			return Duration(x.Value)
		default:
			return "n<" + Count(x.Need)
		}
	}
	return "–"
}

func (t *text) faults(all []run.Fault) {
	label := "faults"
	for _, f := range all {
		v := FaultVerdict(f)
		t.row(label, "%s %s: %s", t.mark(v, Sign(v)), f.What, FaultSentence(f))
		label = ""
	}
}

// FaultVerdict is what a fault contributes: vacuous if it never bit,
// inconclusive if the run did not see the flow recover from it. Whether that
// fails the run is for the invariant recovery to say.
func FaultVerdict(f run.Fault) finding.Verdict {
	switch {
	case f.Error != "":
		return finding.Inconclusive
	case !f.Bit:
		return finding.Vacuous
	case !f.Always && !f.Recovered:
		return finding.Inconclusive
	}
	return finding.Pass
}

// FaultSentence says what came of a fault.
func FaultSentence(f run.Fault) string {
	if f.Error != "" {
		return "could not be injected or healed: " + f.Error
	}
	if f.Never != "" {
		return "never began: " + f.Never
	}
	if !f.Bit {
		return "never bit"
	}
	parts := []string{"bit"}
	if f.When != "" {
		parts = []string{fmt.Sprintf("begun at %s, when %s", Moment(f.Start), f.When), "bit"}
	}
	if f.PublishStall > 0 {
		parts = append(parts, "publishing stood still for "+Duration(f.PublishStall))
	}
	if f.ConsumeStall > 0 {
		parts = append(parts, "consuming for "+Duration(f.ConsumeStall))
	}
	switch {
	case f.Always:
	case f.Recovered && f.Recovery > 0:
		parts = append(parts, "recovered after "+Duration(f.Recovery))
	case f.Recovered:
		parts = append(parts, "recovered")
	default:
		parts = append(parts, "not seen to recover before the run ended")
	}
	if f.Simulated {
		parts = append(parts, "simulated")
	}
	return strings.Join(parts, ", ")
}

// Sign is a verdict in one character; a dash for what was not judged.
func Sign(v finding.Verdict) string {
	switch v {
	case finding.Pass:
		return "✓"
	case finding.Fail:
		return "✗"
	case finding.Vacuous:
		return "∅"
	case "":
		return "–"
	}
	return "?"
}

// marked is text of this package's own, which line leaves as it is.
type marked string

// mark colors s by verdict.
func (t *text) mark(v finding.Verdict, s string) marked {
	if !t.color {
		return marked(s)
	}
	color := 33 // yellow: inconclusive, vacuous
	switch v {
	case finding.Pass:
		color = 32
	case finding.Fail:
		color = 31
	}
	return marked(fmt.Sprintf("\x1b[1;%dm%s\x1b[0m", color, s))
}

func (t *text) row(label, format string, args ...any) {
	t.line("  %-11s "+format, append([]any{label}, args...)...)
}

func (t *text) line(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			args[i] = Plain(s)
		}
	}
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " "))
	t.b.WriteByte('\n')
}

// Plain makes text of others fit for one line of a terminal or of a table: it
// is finding.Visible, with a space for a tab.
func Plain(s string) string { return finding.Visible(strings.ReplaceAll(s, "\t", " ")) }
