package scenario

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/reports/run"
)

// AbortedError says that a run was aborted, by Abort. It is ErrInterrupted.
type AbortedError struct {
	// Judged says that the abort came after the judgement, which stands in the
	// run directory.
	Judged bool
	// Removed is what the run had started, Left what of it is still there, and
	// why.
	Removed, Left []string
}

func (e *AbortedError) Error() string {
	text := "aborted: nothing had been started"
	if len(e.Removed) > 0 {
		text = "aborted: removed " + strings.Join(e.Removed, ", ")
	}
	if len(e.Left) > 0 {
		text += "; left " + strings.Join(e.Left, ", ")
	}
	if e.Judged {
		return text + "; the run had been judged before"
	}
	return text + "; nothing was judged"
}

func (e *AbortedError) Unwrap() error { return ErrInterrupted }

// aborted says whether the run was, by Abort.
func (x *execution) aborted() bool {
	select {
	case <-x.abort:
		return true
	default:
		return false
	}
}

// abortedError says what became of what the run started, once it is closed.
func (x *execution) abortedError(judged bool) error {
	e := &AbortedError{Judged: judged}
	ended := func(what string) {
		if err := x.remains[what]; err != nil {
			e.Left = append(e.Left, fmt.Sprintf("%s (%v)", what, err))
		} else {
			e.Removed = append(e.Removed, what)
		}
	}
	for _, name := range x.order {
		ended(serviceName(name))
	}
	if x.outlives() && slices.ContainsFunc(x.info.Topics, func(t run.Topic) bool { return t.Created }) {
		ended(createdName)
	}
	if x.owned && x.info.Cluster.Kind != cluster.External {
		ended(x.clusterName())
	}
	return e
}

// What a run starts, in words.
const createdName = "its topics and groups"

func serviceName(name string) string { return "service " + name }

func (x *execution) clusterName() string { return "the " + x.info.Cluster.Kind + " cluster" }

// stays notes what could not be removed.
func (x *execution) stays(what string, err error) {
	x.logf("removing %s: %v", what, err)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.remains == nil {
		x.remains = map[string]error{}
	}
	x.remains[what] = err
}
