package verify

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/live"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// up starts cluster and services, if they are not up.
func (v *verifier) up(ctx context.Context) error {
	if v.flow != nil {
		return nil
	}
	v.stages++
	sends := scenario.Sends(v.sends())
	var err error
	v.stage, err = scenario.Open(ctx, v.Scenario, append(slices.Clone(v.Options),
		scenario.Dir(filepath.Join(v.dir, fmt.Sprintf("stage-%d", v.stages))), sends)...)
	if err != nil {
		return err
	}
	asking := ctx
	if v.Observe > 0 {
		asking = context.WithoutCancel(ctx) // what came until an interruption is judged, too
	}
	v.flow, err = live.Open(asking, live.Config{
		Cluster: v.stage.Cluster(), Contracts: v.stage.Plan().Contracts, Files: v.stage.Plan().Files, Seed: v.Seed, Run: rand.Uint64() >> 16,
		Alive: v.stage.Alive, Triggers: live.Triggers{URL: v.url}, Registry: v.Registry, Baseline: v.baseline, Advice: v.Advice,
	})
	if err == nil {
		err = v.flow.Watch(ctx, v.stage.Topics())
	}
	if err != nil {
		return errors.Join(&scenario.InfrastructureError{What: "looking at the topics", Err: err}, v.end(ctx))
	}
	v.result.Cluster = v.stage.Cluster().Info()
	if err := v.askable(ctx); err != nil {
		return errors.Join(err, v.end(ctx))
	}
	return nil
}

// places are where services are asked: as the scenario says, or else as the
// caller does.
func (v *verifier) places() effect.Places {
	return effect.Places{URL: v.url, Database: func(name string) *sql.DB {
		if db := v.stage.Places().Database(name); db != nil || name != v.contract.Service.Name {
			return db
		}
		return v.Database
	}}
}

// askable refuses questions of the contract that are wrong: with an event that
// is not there.
func (v *verifier) askable(ctx context.Context) error {
	for i := range v.contract.Consumes {
		e := v.contract.Consumes[i].Effect
		if e == nil || e.Event != "" {
			continue
		}
		source, err := v.places().Source(v.contract.Service.Name, e)
		if err != nil {
			continue // a promise says what to add
		}
		_, err = source.Of(ctx, v.flow.NewID().String())
		source.Close()
		if effect.Refused(err) {
			return &scenario.PlanError{Findings: []finding.Finding{effect.Finding(v.contract, i, err)}}
		}
	}
	return nil
}

// sends are the topics that events go to, and the groups that are to read
// them.
func (v *verifier) sends() (topics, groups []string) {
	if v.Observe > 0 {
		return nil, nil
	}
	for i := range v.contract.Consumes {
		c := &v.contract.Consumes[i]
		topics = append(topics, c.TopicName())
		if c.Group != "" {
			groups = append(groups, c.Group)
		}
	}
	slices.Sort(topics)
	slices.Sort(groups)
	return slices.Compact(topics), slices.Compact(groups)
}

// url is where a service listens.
func (v *verifier) url(name string) string {
	if p := v.stage.Service(name); p != nil {
		return p.URL()
	}
	return v.URL
}

// afresh ends what is up, to be started anew, where that makes a difference.
func (v *verifier) afresh(ctx context.Context) {
	if v.flow == nil || len(v.Scenario.Services) == 0 || v.stage.Cluster().Info().Kind == cluster.External {
		return
	}
	v.noteError(v.down(ctx))
}

// down judges what the service has published, and ends what is up.
func (v *verifier) down(ctx context.Context) error {
	if v.flow == nil {
		return nil
	}
	if ctx.Err() == nil {
		v.audit(ctx)
	}
	return v.end(ctx)
}

func (v *verifier) end(ctx context.Context) error {
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	if v.flow != nil {
		v.flow.Close()
	}
	err := v.stage.Close(clean, v.Dir != "")
	v.flow, v.stage = nil, nil
	return err
}

// audit holds the promises to every record that the service has published.
func (v *verifier) audit(ctx context.Context) {
	for i, p := range v.promises {
		if !p.Audited() {
			continue
		}
		v.result.Promises[i].audited(p.Audit(ctx, v.subject()))
	}
	v.beside(ctx)
}

// beside looks at what the service has published beside its events.
func (v *verifier) beside(ctx context.Context) {
	v.shapes.see(ctx, v)
	unknown, err := promise.Unknown(ctx, v.subject(), v.contract)
	v.noteError(err)
	for _, r := range unknown {
		v.result.Unknown = append(v.result.Unknown, r.Where())
	}
}
