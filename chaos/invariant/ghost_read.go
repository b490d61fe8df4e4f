package invariant

import (
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// Ghosts counts records that carry an identity of the run which no send of it
// ever had, and holds the first of them. The zero value is empty.
type Ghosts struct {
	count uint64
	first []Ghost
}

// Ghost is where such a record stands, and the sequence that it claims.
type Ghost struct {
	Topic     string
	Partition int32
	Offset    int64
	Sequence  uint64
}

// Add adds one.
func (g *Ghosts) Add(one Ghost) {
	g.count++
	if len(g.first) < maxFindings {
		g.first = append(g.first, one)
	}
}

// Count is how many were added.
func (g *Ghosts) Count() uint64 { return g.count }

// First are those that were added first, at most 1,000.
func (g *Ghosts) First() []Ghost { return g.first }

// noGhostRead: nobody reads what nobody wrote. A record in the log has an
// identity that was sent, and its send did not fail for certain (Jepsen's
// unexpected). An aborted record is one of those: the log is read committed.
// An unknown send that is read was recovered, which is legal; a trigger that
// was refused proves nothing, since a service may refuse what it has done.
// Records without an identity of the run are other people's.
func noGhostRead(e *Evidence) run.Outcome {
	var o run.Outcome
	flows, untraced := e.traced(anyFlow)
	for _, f := range flows {
		o.Checked += f.Sender.Counts().Received + f.Ghosts.Count()
		o.Violations += f.Ghosts.Count()
		for _, g := range f.Ghosts.First() {
			o.Findings = append(o.Findings, finding.Finding{ID: NoGhostRead, Severity: finding.Error, Message: "read, and its identity was never sent",
				Record: &finding.Record{Topic: g.Topic, Partition: g.Partition, Offset: g.Offset, Sender: f.Sender.Name(), Sequence: g.Sequence}})
		}
		if f.Trigger {
			continue
		}
		message := "read, though its send failed for certain"
		if f.Sender.Counts().Aborted > 0 {
			message += ", or its transaction was aborted"
		}
		refs, n := selectRefs(f, ledger.Failed|ledger.Received, 0)
		o.Violations += n
		o.Findings = append(o.Findings, e.findings(NoGhostRead, refs, message)...)
	}
	return unless(untraced, e.judgeCounted(o, "received record", "was never written", "were never written"))
}
