package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/flowweir/weir/reports/run"
)

// moment checks that the page of a run shows 60 lines of a service around the
// beginning of its first fault, 20 of them before, each with its time. What they
// are is worked out from the log and its index.
//
//	moment DIR SERVICE
func moment(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: moment DIR SERVICE")
	}
	var info run.Run
	var results run.Results
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0]+"/run.json")), &info))
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0]+"/results.json")), &results))
	log := ts.ReadFile(args[0] + "/" + run.ServiceLog(args[1]))

	// written is when each line was, by the last mark at or before its beginning.
	var marks []run.LogMark
	for line := range bytes.Lines([]byte(ts.ReadFile(args[0] + "/" + run.LogTimes(run.ServiceLog(args[1]))))) {
		var m run.LogMark
		ts.Check(json.Unmarshal(line, &m))
		marks = append(marks, m)
	}
	var lines []string
	var written []time.Duration
	first, offset := -1, int64(0)
	for line := range strings.Lines(log) {
		var at time.Duration
		for _, m := range marks {
			if m.Offset <= offset {
				at = m.After - info.LoadAfter
			}
		}
		if first < 0 && at >= results.Faults[0].Start {
			first = len(lines)
		}
		lines, written = append(lines, strings.TrimSuffix(line, "\n")), append(written, at)
		offset += int64(len(line))
	}
	if first < 20 || first+100 > len(lines) {
		ts.Fatalf("the fault began at line %d of %d: its window must be far from the log's ends", first, len(lines))
	}

	var want []string
	for i := first - 20; i < first+40; i++ {
		want = append(want, fmt.Sprintf("%+.1f s%s", written[i].Truncate(100*time.Millisecond).Seconds(), lines[i]))
	}
	_, rest, _ := strings.Cut(ts.ReadFile(args[0]+"/report.html"), `<pre class="log"`)
	shown, _, _ := strings.Cut(rest, "</pre>")
	_, shown, _ = strings.Cut(shown, ">")
	got := html.UnescapeString(regexp.MustCompile("<[^>]*>").ReplaceAllString(shown, ""))
	if got != "…\n"+strings.Join(want, "\n")+"\n…\n" {
		ts.Fatalf("the page shows\n%swant\n%s", got, strings.Join(want, "\n"))
	}
}
