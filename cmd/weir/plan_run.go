package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/capacity"
	"github.com/flowweir/weir/loadgen/sizing"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/plan"
	"github.com/flowweir/weir/reports/run"
)

// planner makes the probes of a search.
type planner struct {
	flags    planFlags
	probes   *prober
	search   *capacity.Search
	plan     run.Plan
	dir      string
	progress *progress
	abort    <-chan struct{}
	// up is the cluster that all probes use; nil where each starts its own, or
	// one is given.
	up cluster.Cluster
	// built are the services' programs by their package, in bin.
	built map[string]string
	bin   string
	// removeBin removes it.
	removeBin func()
	// confirmed is the last probe that confirmed the answer.
	confirmed *run.Record
	// made are the directories that dir made necessary, itself first, and left
	// what a probe or a cluster that did not start left in it.
	made []string
	left string
}

func (s *state) plan(cmd *cobra.Command, file string, f planFlags) error {
	if err := f.runs.ready(s); err != nil {
		return err
	}
	defer f.runs.close()
	probes, err := newProber(file, f)
	if err != nil {
		return err
	}
	r := &planner{flags: f, probes: probes, progress: newProgress(s, f.runs.quiet), built: map[string]string{}}
	if err := r.prepare(cmd.Context(), s); err != nil {
		return err
	}
	ctx, abort, stop := s.interruptible(cmd.Context(), r.progress.notice)
	r.abort = abort
	err = r.run(ctx)
	interrupted := ctx.Err() != nil
	stop()
	r.progress.done()
	r.conclude(s.now(), interrupted, err)
	if e := r.worksheet(cmd); err == nil {
		err = e
	}
	if e := r.write(); e != nil {
		return errors.Join(err, e)
	}
	if len(r.plan.Probes) == 0 && err != nil {
		return errors.Join(err, r.leave())
	}
	if shown := s.showPlan(r); shown != nil {
		return errors.Join(err, shown)
	}
	if err != nil {
		return err
	}
	return exit(r.plan.Verdict.ExitCode())
}

func (s *state) showPlan(r *planner) error {
	if r.flags.format.value == formatJSON {
		return printed(run.EncodePlan(s.stdout, r.plan))
	}
	return printed(plan.Text(s.stdout, r.plan, r.dir))
}

// prepare begins the search, chooses the seed, and makes the directory.
func (r *planner) prepare(ctx context.Context, s *state) error {
	f, sc := r.flags, r.probes.base
	config := capacity.Config{From: float64(f.from), Max: float64(f.max), Resolution: float64(f.resolution), Confirmations: f.confirm}
	if config.From == 0 {
		config.From = r.probes.from()
		if config.Max > 0 {
			config.From = min(config.From, config.Max)
		}
	}
	if err := r.probes.enough(config.From); err != nil {
		return err
	}
	var err error
	if r.search, err = capacity.New(config); err != nil {
		return usageError("see weir plan --help", "%w", err)
	}
	seed := f.runs.seed
	if seed == nil {
		seed = sc.Seed
	}
	if seed == nil {
		var b [8]byte
		_, _ = rand.Read(b[:])                          // it never fails
		drawn := binary.LittleEndian.Uint64(b[:]) >> 11 // exact in JSON readers that know only float64
		seed = &drawn
	}
	r.dir = cmp.Or(f.runs.dir, run.DefaultDir(s.now(), "plan-"+sc.Name, ""))
	if _, err := os.Lstat(filepath.Join(r.dir, "plan.json")); err == nil {
		return usageError("choose another --dir", "%s holds a plan already", r.dir)
	}
	r.plan = run.Plan{
		Name: sc.Name, Scenario: sc.Doc.File(), Status: run.Running, Started: s.now().UTC().Truncate(time.Millisecond),
		Seed: *seed, Weir: program(), Caveats: r.probes.caveats, Loads: r.probes.loads, Target: float64(f.sheet.target),
		Search: run.PlanSearch{From: config.From, Max: config.Max, Resolution: config.Resolution, Confirmations: config.Confirmations,
			Probe: time.Duration(f.probe), Warmup: time.Duration(f.warmup)},
		Objectives: r.probes.objectives(),
		Capacity:   run.Capacity{While: whileText(r.probes.while)},
		Reason:     "the search goes on",
	}
	if err := r.refuse(ctx); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(r.progress, "searching from %s%s in %s, seed %d\n", rateText(config.From), r.plan.Capacity.With(), r.dir, *seed)
	r.made = missing(r.dir)
	return r.write()
}

// write replaces what is known of the search: plan.json and the page of it.
func (r *planner) write() error {
	if err := run.WritePlan(r.dir, r.plan); err != nil {
		return err
	}
	return plan.WritePage(r.dir, r.plan)
}

// run makes the probes until the search or ctx ends.
func (r *planner) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, r.remove()) }()
	if err := r.startCluster(ctx); err != nil && (ctx.Err() == nil || r.aborted()) {
		return err
	}
	for step, ok := r.search.Next(); ok; step, ok = r.search.Next() {
		if ctx.Err() != nil {
			return nil
		}
		probe, rec, err := r.probe(ctx, step)
		if err != nil {
			return err
		}
		r.plan.Probes = append(r.plan.Probes, probe)
		if err := r.clear(rec); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil // a probe that was cut short shows nothing
		}
		if probe.Outcome == string(capacity.Met) && step.Purpose == capacity.Confirm {
			r.confirmed = rec
		}
		r.search.Observe(capacity.Outcome(probe.Outcome))
		r.plan.Capacity = r.known()
		_, _ = fmt.Fprintf(r.progress, "probe %d: %s, %s\n", len(r.plan.Probes), probe.Outcome, probe.Why)
		if err := r.write(); err != nil {
			return err
		}
	}
	return nil
}

// aborted says whether a second signal came.
func (r *planner) aborted() bool {
	select {
	case <-r.abort:
		return true
	default:
		return false
	}
}

// startCluster starts the brokers of a docker cluster, or connects to those of
// an external one, once for all probes: starting takes longer than many a
// probe, and what is measured should be the same brokers. An embedded cluster
// starts in no time, and empty.
func (r *planner) startCluster(ctx context.Context) error {
	kind, bootstrap := r.flags.runs.cluster.value, r.flags.runs.bootstrap
	if left := r.probes.resolved.Aside(kind, bootstrap); left != "" {
		_, _ = fmt.Fprintf(r.progress, "note: %s\n", left)
		r.plan.Caveats = append(r.plan.Caveats, left)
	}
	spec := r.probes.resolved.ClusterSpec(kind, bootstrap)
	if spec.Kind == cluster.Embedded {
		return nil
	}
	spec.RunID, spec.Log, spec.LogDir = filepath.Base(r.dir), r.progress, filepath.Join(r.dir, "brokers")
	for _, p := range providers() {
		if p.Kind() != spec.Kind {
			continue
		}
		var err error
		r.up, err = p.Start(ctx, spec)
		if _, logs := os.Stat(spec.LogDir); err != nil && logs == nil {
			r.left = spec.LogDir
		}
		return err
	}
	return nil
}

// clear waits until the topics of a probe are gone: the next one makes topics
// of the same names, and a broker that has not heard of the end of the old ones
// would tell their offsets.
func (r *planner) clear(rec *run.Record) error {
	if r.up == nil || rec == nil {
		return nil
	}
	var names []string
	for _, t := range rec.Run.Topics {
		if t.Created {
			names = append(names, t.Name)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return cluster.DeleteTopics(ctx, r.up, names...)
}

// remove removes what was started for all probes.
func (r *planner) remove() error {
	if r.removeBin != nil {
		r.removeBin()
	}
	if r.up == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return r.up.Close(ctx)
}

// build compiles each service once.
func (r *planner) build(ctx context.Context, pkgDir, _ string) (string, error) {
	if binary, ok := r.built[pkgDir]; ok {
		return binary, nil
	}
	if r.bin == "" {
		var err error
		if r.bin, r.removeBin, err = leftover.Temporary(leftover.PlanPrefix); err != nil {
			return "", err
		}
	}
	out := filepath.Join(r.bin, fmt.Sprint(len(r.built)))
	if err := os.Mkdir(out, 0o755); err != nil {
		return "", err
	}
	binary, err := service.Build(ctx, pkgDir, out)
	if err == nil {
		r.built[pkgDir] = binary
	}
	return binary, err
}

// known is the result of the search so far, as plan.json has it.
func (r *planner) known() run.Capacity {
	c := r.search.Result()
	return run.Capacity{While: r.plan.Capacity.While, Kind: string(c.Kind), Rate: c.Rate, Confirmed: c.Confirmed, Wanted: c.Wanted, Sure: c.Sure,
		Missed: c.Missed, Undecided: c.Undecided, Unsteady: c.Unsteady}
}

// conclude says what was found, and judges it.
func (r *planner) conclude(now time.Time, interrupted bool, err error) {
	p := &r.plan
	p.Ended = now.UTC().Truncate(time.Millisecond)
	p.Capacity = r.known()
	p.Status = run.Complete
	p.Verdict, p.Reason = r.judge()
	if p.Cluster.Kind == cluster.Embedded && p.Capacity.Rate > 0 {
		p.Reason += "; on an embedded cluster that is no claim of capacity"
	}
	switch {
	case err != nil && !errors.Is(err, scenario.ErrInterrupted):
		p.Status, p.Verdict = run.Broken, finding.Inconclusive
		p.Reason = "the search broke off: " + strings.ReplaceAll(err.Error(), "\n", "; ")
	case interrupted || err != nil:
		p.Status, p.Verdict = run.Interrupted, finding.Inconclusive
		p.Reason = "the search was interrupted: so far " + p.Reason
	}
}

// judge is the verdict on an answer, in words.
func (r *planner) judge() (finding.Verdict, string) {
	c, target := r.plan.Capacity, r.plan.Target
	rate := rateText(c.Rate) + c.With()
	short := target > 0 && c.Rate < target
	switch capacity.Kind(c.Kind) {
	case capacity.Below:
		return finding.Fail, fmt.Sprintf("the flow does not hold its objectives at %s%s, the lowest rate probed", rateText(c.Missed), c.With())
	case capacity.Found:
		why := fmt.Sprintf("the flow holds its objectives up to %s; at %s it does not", rate, rateText(c.Missed))
		if short {
			return finding.Fail, fmt.Sprintf("%s, and the target is %s", why, rateText(target))
		}
		return finding.Pass, why
	case capacity.AtLeast:
		return r.judgeAtLeast(rate, short)
	}
	if c.Rate == 0 {
		return finding.Inconclusive, "no rate is known to hold" + c.With() + r.lastWhy()
	}
	return finding.Inconclusive, fmt.Sprintf("%s is not confirmed: %d of %d confirmations met", rate, c.Confirmed, c.Wanted) + r.lastWhy()
}

// judgeAtLeast is the verdict where the search ended below the capacity.
func (r *planner) judgeAtLeast(rate string, short bool) (finding.Verdict, string) {
	c, target := r.plan.Capacity, r.plan.Target
	why := fmt.Sprintf("the flow holds its objectives at %s, and takes at least that", rate)
	if c.Undecided == 0 {
		why += "; --max ended the search"
	} else {
		why += "; " + r.limit()
	}
	switch {
	case short && c.Missed > 0 && c.Missed <= target:
		return finding.Fail, fmt.Sprintf("%s; at %s it does not, and the target is %s", why, rateText(c.Missed), rateText(target))
	case short:
		return finding.Inconclusive, fmt.Sprintf("%s, and the target of %s is not known to hold", why, rateText(target))
	case target == 0 && c.Undecided > 0:
		return finding.Inconclusive, why
	}
	return finding.Pass, why
}

// limit says what ended the search below the capacity.
func (r *planner) limit() string {
	for _, p := range r.plan.Probes {
		if p.Outcome == string(capacity.Undecided) {
			return fmt.Sprintf("at %s there is no evidence: %s", rateText(p.Rate), p.Why)
		}
	}
	return "no probe shows more"
}

// lastWhy is the reason of the last probe.
func (r *planner) lastWhy() string {
	if n := len(r.plan.Probes); n > 0 {
		return "; the last probe: " + r.plan.Probes[n-1].Why
	}
	return ""
}

// worksheet works out what the confirmed rate means.
func (r *planner) worksheet(cmd *cobra.Command) error {
	kind := capacity.Kind(r.plan.Capacity.Kind)
	if r.confirmed == nil || kind != capacity.Found && kind != capacity.AtLeast {
		return nil
	}
	a := answer{plan: r.probes.resolved, loads: r.plan.Loads, rate: r.plan.Capacity.Rate, record: r.confirmed}
	in := r.flags.sheet.inputs(cmd.Flags())
	a.with = r.plan.Capacity.With()
	a.fill(&in)
	sheet, err := sizing.Worksheet(in)
	if err != nil {
		return err
	}
	r.plan.Worksheet = &sheet
	return nil
}

// transferable says whether figures from a cluster say anything of another
// one, and why not.
func transferable(c run.Cluster) (bool, []string) {
	switch {
	case c.Kind == cluster.Embedded:
		return false, []string{"not transferable: an embedded cluster has no disk and no network, and shares the generator's CPU"}
	case c.Kind == cluster.Docker:
		return false, []string{"not transferable: containers on one machine share its CPU and disk, with the generator too"}
	case c.Brokers < 3:
		return false, []string{fmt.Sprintf("not transferable: a cluster of %d has fewer brokers than any that is relied on", c.Brokers)}
	}
	return true, nil
}
