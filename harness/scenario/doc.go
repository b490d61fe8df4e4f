// Package scenario is the file that says what a run does, and the runner that
// does it: cluster and services up, load, faults, drain, verdict.
//
// LoadFile reads and checks a file by itself; Resolve joins it with its
// contracts into a Plan, which knows everything that will happen and can
// describe it; Run does it and leaves a run directory.
//
// Guarantees. A mistake in a file is a finding with its place, before anything
// is started. A run that began leaves a directory that says how it ended,
// whatever ended it; what the run started or created is removed, and nothing
// else is. Cancelling the context of Run ends the load and still heals,
// drains and judges; Abort does not.
//
// The package decides when things happen and who is told. What is sent and
// measured is package loadgen's, what is broken and judged package chaos's,
// and it renders nothing but the plan. It imports no testing: package harness
// does.
package scenario
