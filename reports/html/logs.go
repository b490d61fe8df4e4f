package html

import (
	"time"

	"github.com/flowweir/weir/reports/run"
)

// Bounds of what is shown of logs around the moments that failed.
const maxMoments = 3

var aroundMoment = run.Around{Before: 2 * time.Second, After: 3 * time.Second, Lines: tailLines, Bytes: 500}

// service is a service with what is shown of its log.
type service struct {
	run.Service
	// Moments are those that went wrong; Lines are the last ones before its own
	// end, or the end of its log where there are no others.
	Moments []logMoment
	Lines   []string
	// More says that the log has lines before these.
	More bool
	// Untimed is why nothing can be shown around the moments that there are.
	Untimed string
}

// logMoment is what a service wrote around a moment.
type logMoment struct {
	moment
	// During are the faults in whose windows the moment lies.
	During         []string
	Lines          []logLine
	Earlier, Later bool
}

// logLine is a line of a log; Fault says that a fault was open then.
type logLine struct {
	run.LogLine
	Fault bool
}

func newService(rec *run.Record, s run.Service, all []moment, shaded []window) service {
	v := service{Service: s}
	var silent bool
	if moments := shownMoments(all, s.Name); len(moments) > 0 && s.Log != "" {
		silent = v.around(rec, moments, shaded)
	}
	tail := rec.Logs[s.Name]
	switch n := max(len(tail.Lines)-tailLines, 0); {
	case s.Died != "" && len(s.LastLines) > 0: // the failing moment, not the end of the file
		v.Lines, v.More = s.LastLines, true
	case len(v.Moments) == 0 || silent:
		v.Lines, v.More = tail.Lines[n:], n > 0 || tail.Omitted > 0
	}
	return v
}

// around reads what the service wrote around moments; it is silent where it
// wrote nothing.
func (v *service) around(rec *run.Record, moments []moment, shaded []window) (silent bool) {
	at := make([]time.Duration, len(moments))
	for i, m := range moments {
		at[i] = m.At
	}
	excerpts, err := rec.Excerpts(v.Service, at, aroundMoment)
	if err != nil {
		v.Untimed = err.Error()
		return true
	}
	silent = true
	for i, e := range excerpts {
		m := logMoment{moment: moments[i], During: open(shaded, moments[i].At), Earlier: e.Earlier, Later: e.Later}
		for _, line := range e.Lines {
			silent = false
			m.Lines = append(m.Lines, logLine{line, len(open(shaded, line.At)) > 0})
		}
		v.Moments = append(v.Moments, m)
	}
	return silent
}

// open names the faults that were not healed yet at a moment.
func open(shaded []window, at time.Duration) (labels []string) {
	for _, w := range shaded {
		if w.Kind == "fault" && w.Start <= at.Seconds() && at.Seconds() < w.End {
			labels = append(labels, w.Label)
		}
	}
	return labels
}
