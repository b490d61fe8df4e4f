package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports"
	"github.com/flowweir/weir/reports/compare"
	"github.com/flowweir/weir/reports/compare/html"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// pairRunner makes the runs of two scenarios in turn.
type pairRunner struct {
	flags    compareFlags
	sides    [2]*scenario.Scenario
	done     [2][]*run.Record // of whole pairs
	dir      string
	seed     uint64
	progress *progress
	abort    <-chan struct{}
}

// sideNames are the folders of the sides.
var sideNames = [2]string{"base", "candidate"}

func (s *state) compareRun(ctx context.Context, base, candidate string, f compareFlags) error {
	if f.pairs < 1 {
		return usageError("", "--pairs: %d is no number of runs", f.pairs)
	}
	if err := f.runs.ready(s); err != nil {
		return err
	}
	defer f.runs.close()
	r := &pairRunner{flags: f, progress: newProgress(s, f.runs.quiet)}
	var invalid []finding.Finding
	for i, file := range []string{base, candidate} {
		var findings []finding.Finding
		r.sides[i], findings = scenario.LoadFile(file)
		if finding.Errors(findings) > 0 {
			invalid = append(invalid, findings...)
		}
	}
	if len(invalid) > 0 {
		return &scenario.PlanError{Findings: invalid}
	}
	if err := r.prepare(s); err != nil {
		return err
	}
	var stop func()
	ctx, r.abort, stop = s.interruptible(ctx, r.progress.notice)
	err := r.pairs(ctx)
	interrupted := ctx.Err() != nil
	stop()
	r.progress.done()
	if err != nil {
		return err
	}
	return s.comparePairs(r, interrupted)
}

// prepare chooses the seed and the directory.
func (r *pairRunner) prepare(s *state) error {
	switch {
	case r.flags.runs.seed != nil:
		r.seed = *r.flags.runs.seed
	case r.sides[0].Seed != nil:
		r.seed = *r.sides[0].Seed
	default:
		var b [8]byte
		_, _ = rand.Read(b[:])                          // it never fails
		r.seed = binary.LittleEndian.Uint64(b[:]) >> 11 // exact in JSON readers that know only float64
	}
	r.flags.options.Seed = r.seed
	r.dir = cmp.Or(r.flags.runs.dir, run.DefaultDir(s.now(), "compare-"+r.sides[1].Name, ""))
	for _, side := range sideNames {
		if _, err := os.Lstat(filepath.Join(r.dir, side)); err == nil {
			return usageError("choose another --dir", "%s holds a comparison already", r.dir)
		} else if !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	_, _ = fmt.Fprintf(r.progress, "%d pairs of runs in %s, seed %d\n", r.flags.pairs, r.dir, r.seed)
	return nil
}

// pairs makes the pairs until all are there or ctx ends. The side that is
// first changes from pair to pair, so that a steady drift favours neither.
func (r *pairRunner) pairs(ctx context.Context) error {
	for pair := range r.flags.pairs {
		order := []int{0, 1}
		if pair%2 == 1 {
			slices.Reverse(order)
		}
		var made [2]*run.Record
		for _, side := range order {
			if ctx.Err() != nil {
				return nil
			}
			rec, err := r.one(ctx, pair, side)
			if err != nil && ctx.Err() != nil && !r.aborted() { // ended while it started
				_, _ = fmt.Fprintln(r.progress, err)
				return nil
			}
			if err != nil {
				return err
			}
			made[side] = rec
		}
		if ctx.Err() != nil {
			return nil // the second run was ended early
		}
		for side, rec := range made {
			r.done[side] = append(r.done[side], rec)
		}
	}
	return nil
}

func (r *pairRunner) aborted() bool {
	select {
	case <-r.abort:
		return true
	default:
		return false
	}
}

// one makes a run, with its reports. Both runs of a pair have the same seed.
func (r *pairRunner) one(ctx context.Context, pair, side int) (*run.Record, error) {
	_, _ = fmt.Fprintf(r.progress, "pair %d of %d: %s\n", pair+1, r.flags.pairs, sideNames[side])
	f := r.flags.runs
	seed := r.seed + uint64(pair)
	f.seed = &seed
	f.dir = filepath.Join(r.dir, sideNames[side], fmt.Sprintf("%02d", pair+1))
	result, err := scenario.Run(ctx, r.sides[side], append(f.options(ctx),
		scenario.Abort(r.abort), scenario.Log(r.progress), scenario.OnProgress(r.progress.show))...)
	if result == nil {
		return nil, err
	}
	rec, opened := run.Open(result.Dir)
	if opened == nil {
		_, opened = reports.WriteRecord(rec)
	}
	return rec, errors.Join(err, opened)
}

// comparePairs compares the whole pairs. Ctrl-C leaves a comparison that is
// never a pass.
func (s *state) comparePairs(r *pairRunner, interrupted bool) error {
	if len(r.done[0]) == 0 {
		s.complain(errors.New("interrupted before the first pair of runs was made"), "")
		return exit(exitInconclusive)
	}
	c, err := compare.Compare(r.done[0], r.done[1], r.flags.options)
	if err != nil {
		return badComparison("--metric", err)
	}
	if err := writeComparison(r.dir, c); err != nil {
		return err
	}
	if err := s.printComparison(c, r.flags.format.value); err != nil {
		return err
	}
	if !interrupted {
		return exit(c.Code)
	}
	s.complain(fmt.Errorf("interrupted: only %d of %d pairs of runs were made and are compared", len(r.done[0]), r.flags.pairs), "")
	return exit(cmp.Or(c.Code, exitInconclusive)) // never a pass
}

// writeComparison keeps a comparison in every form beside its runs.
func writeComparison(dir string, c *compare.Comparison) error {
	for name, write := range map[string]func(io.Writer) error{
		compare.File:      c.JSON,
		"comparison.md":   c.Markdown,
		"comparison.html": func(w io.Writer) error { return html.Write(w, c) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
