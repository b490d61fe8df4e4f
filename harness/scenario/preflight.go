package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// preflight refuses what files and this program alone can tell, before
// anything is made, started or asked. A dry run does the same.
func (x *execution) preflight() error {
	p := &preflight{Checker: document.NewLaterChecker(x.plan.Scenario.Doc), x: x}
	nodes, err := p.clusterAndFaults()
	if err != nil {
		return err
	}
	if err := p.loads(); err != nil {
		return err
	}
	p.services()
	if nodes != nil {
		p.bytes()
	}
	return p.err()
}

// clusterAndFaults refuses what the cluster cannot be or suffer, and answers its
// brokers.
func (p *preflight) clusterAndFaults() (nodes []int32, err error) {
	kind, abilities, nodes, err := p.cluster()
	if err != nil {
		return nil, err
	}
	p.faults(kind, abilities)
	p.held(kind, abilities, nodes)
	if nodes != nil {
		p.brokers(nodes, p.x.plan.Topics)
		p.quorum(abilities, nodes)
	}
	return nodes, nil
}

// alsoWrong is what the preflight finds in the sound parts of a scenario that is
// refused already, so that all of it is said at once.
func (x *execution) alsoWrong() []finding.Finding {
	s := x.plan.Scenario
	if s.Doc == nil || s.Doc.Flawed("weir") {
		return nil
	}
	p := &preflight{Checker: document.NewLaterChecker(s.Doc), x: x}
	if !s.Doc.Flawed("cluster") {
		if _, err := p.clusterAndFaults(); err != nil {
			p.add(err)
		}
	}
	if x.plan.blind {
		p.triggers()
	} else if err := p.loads(); err != nil {
		p.add(err)
	}
	p.services()
	return append(p.Findings(), p.other...)
}

// bytes refuses a load that writes more than the guard allows, at the guard or,
// where the file has none, at the load that writes most. How often topics are
// replicated must be known.
func (p *preflight) bytes() {
	plan := p.x.plan
	limit, bytes := plan.Scenario.Guard.limit(), plan.bytes()
	if bytes <= limit {
		return
	}
	path, is := document.Path{"guard", "max-bytes"}, "is"
	if !plan.Scenario.Doc.Has(path...) {
		most := slices.MaxFunc(plan.Flows, func(a, b *Flow) int { return cmp.Compare(plan.flowBytes(a), plan.flowBytes(b)) })
		path, is = document.Path{"load", most.Index}, "is by default"
	}
	p.Error(Guarded, path, fmt.Sprintf("the load would write about %s to all brokers together, and guard.max-bytes %s %s: raise it, or shorten the load", byteSize(bytes), is, byteSize(limit)), "")
}

// preflight collects what is refused.
type preflight struct {
	*document.Checker
	x     *execution
	other []finding.Finding // those that are not about the scenario's file
}

func (p *preflight) err() error {
	findings := append(p.Findings(), p.other...)
	if len(findings) == 0 {
		return nil
	}
	finding.Sort(findings)
	return &PlanError{Findings: findings}
}

// cluster refuses what the kind cannot be, and answers what its faults and its
// brokers are; no nodes where only the cluster itself can tell.
func (p *preflight) cluster() (kind string, abilities any, nodes []int32, err error) {
	if up := p.x.cluster; up != nil {
		p.x.fit(len(up.Nodes()))
		return up.Info().Kind, up, up.Nodes(), nil
	}
	spec, provider, err := p.x.provider()
	if err != nil {
		return "", nil, nil, err
	}
	p.refused(provider.Check(spec))
	if spec.Kind != cluster.External {
		for id := range spec.Brokers {
			nodes = append(nodes, int32(id))
		}
	}
	p.commands(slices.Sorted(maps.Keys(spec.Nodes)))
	return spec.Kind, provider.Abilities(spec), nodes, nil
}

// refused reports why a cluster was refused, at the field that it is about.
func (p *preflight) refused(err error) {
	if err == nil {
		return
	}
	var field *cluster.FieldError
	if !errors.As(err, &field) {
		p.Error(BadCluster, document.Path{"cluster"}, err.Error(), "")
		return
	}
	path, id := document.Path{"cluster"}, BadCluster
	for _, name := range field.Path {
		path = path.Add(name)
	}
	switch field.Path[0] {
	case "bootstrap":
		id = BadBootstrap
	case "client-config":
		id = BadClientConfig
	}
	p.Error(id, path, field.Error(), field.Hint)
}

// faults refuses those that the cluster or the services cannot suffer.
func (p *preflight) faults(kind string, abilities any) {
	services := map[string]fault.Service{}
	for _, s := range p.x.plan.Scenario.Services {
		services[s.Name] = placeholder{}
		if s.Image == "" && service.Pausable(service.KindCommand) {
			services[s.Name] = pausable{}
		}
	}
	hint := ""
	if e, ok := abilities.(interface{ FaultNote() string }); ok {
		hint = e.FaultNote()
	}
	if kind == cluster.Docker && !p.diskSize() {
		for _, f := range p.x.plan.Faults {
			if f.Kind == fault.FillDisk {
				p.Error(BadCluster, p.x.plan.place(f).Add(string(f.Kind)), "the brokers share the disk of their machine, which no fault may fill", "give them disks of their own: cluster: {disk: 256MiB}")
			}
		}
	}
	for _, r := range fault.Check(p.x.plan.Faults, abilities, kind, services) {
		p.Error(NotBuilt, p.x.plan.place(r.Fault), r.Error(), hint)
	}
}

// diskSize says whether the brokers' disks have a size of their own.
func (p *preflight) diskSize() bool {
	if filler, can := p.x.cluster.(fault.DiskFiller); can {
		return filler.DiskBytes() > 0
	}
	return p.x.plan.Scenario.Cluster.Disk > 0
}

// placeholder stands for a service that is started later.
type placeholder struct{ fault.Service }

// pausable is one that can be paused.
type pausable struct{ fault.ServicePauser }

// brokers refuses faults on brokers that there are not, and topics with more
// replicas than there are brokers.
func (p *preflight) brokers(nodes []int32, topics []run.Topic) {
	for _, f := range p.x.plan.Faults {
		path := p.x.plan.place(f).Add(f.Kind.Field())
		for i, b := range f.Target.Brokers {
			if slices.Contains(nodes, b) {
				continue
			}
			at := path.Add("broker")
			if p.x.plan.Scenario.Doc.Has(path.Add("brokers")...) {
				at = path.Add("brokers", i)
			}
			p.Error(BadTarget, at, fmt.Sprintf("there is no broker %d", b), "the brokers are "+span(nodes))
		}
		if racks := p.x.plan.Scenario.Cluster.Racks; f.Target.Rack != "" && p.x.up == nil && p.x.cluster == nil && !slices.Contains(racks, f.Target.Rack) {
			hint := "give the brokers racks: cluster: {kind: docker, racks: [a, b, c]}"
			if len(racks) > 0 {
				hint = document.Suggest(f.Target.Rack, racks)
			}
			p.Error(BadTarget, path.Add("rack"), fmt.Sprintf("no broker is in rack %s", f.Target.Rack), hint)
		}
		if f.Target.Count > len(nodes) && len(f.Target.Controllers) == 0 {
			p.Error(BadTarget, path.Add("count"), fmt.Sprintf("there are not %d brokers", f.Target.Count), "the brokers are "+span(nodes))
		}
	}
	for _, t := range topics {
		if t.Replication <= len(nodes) {
			continue
		}
		message := fmt.Sprintf("%s is to have %d replicas, and the cluster has %d brokers", t.Name, t.Replication, len(nodes))
		hint := "lower topics: {NAME: {replication: …}} here, or raise cluster.brokers"
		if p.x.up != nil || p.x.cluster != nil { // of which there are no more
			hint = lowered(t, len(nodes))
		}
		if position := p.x.plan.stated(t.Name); position != nil {
			p.other = append(p.other, finding.Finding{ID: BadTopic, Severity: finding.Error, Message: message, Position: position, Hint: hint})
			continue
		}
		p.Error(BadTopic, document.Path{"topics", t.Name, "replication"}, message, hint)
	}
}

// stated is where a contract says how often a topic is replicated; nil where
// the scenario says so itself.
func (p *Plan) stated(topic string) *finding.Position {
	if p.Scenario.Topics[topic].Replication > 0 {
		return nil
	}
	for _, c := range slices.Backward(p.Contracts) {
		if c.Topics[topic].Replication > 0 {
			return c.Doc.Position("topics", topic, "replication")
		}
	}
	return nil
}

func span(nodes []int32) string {
	first, last := slices.Min(nodes), slices.Max(nodes)
	if int(last-first)+1 != len(nodes) {
		return fmt.Sprint(nodes)
	}
	return fmt.Sprintf("%d to %d", first, last)
}

// loads refuses loads that cannot be made, and settings that no producer
// takes.
func (p *preflight) loads() error {
	resolved, err := p.serdes()
	if err != nil {
		return err
	}
	p.x.ledger = ledger.New()
	for _, f := range p.x.plan.Flows {
		sender := p.x.sender(f)
		if resolved[f] {
			if _, field, err := p.x.maker(f, sender.ID()); err != nil {
				p.add(p.x.refusal(err, "load", f.Index, field))
			}
		}
		if f.Load.Via == ViaTrigger {
			continue
		}
		err := f.settings().Validate()
		if joined, several := err.(interface{ Unwrap() []error }); several {
			for _, e := range joined.Unwrap() {
				p.Error(BadLoad, document.Path{"load", f.Index, "producer"}, e.Error(), "")
			}
		}
	}
	return nil
}

// services expands every template with stand-ins for what is known later. What
// is wrong with a part of a service by itself hides nothing of the others.
func (p *preflight) services() {
	doc, urls := p.x.plan.Scenario.Doc, map[string]string{}
	for i := range p.x.plan.Scenario.Services {
		s := &p.x.plan.Scenario.Services[i]
		if doc.Failed("services", i) {
			continue
		}
		vars := service.Vars{Bootstrap: "127.0.0.1:9092", URLs: urls}
		if s.portFields() != nil {
			vars.Port = 1024
		}
		cfg, err := p.x.expandService(s, i, "", vars)
		if err != nil {
			p.add(err)
		}
		p.port(i, s)
		p.program(i, s, cfg)
		if !doc.Flawed("services", i, "database") {
			if _, err := p.x.address(i); err != nil {
				p.add(err)
			}
		}
		if s.URL != "" { // one that is wrong is said already
			urls[s.Name] = cmp.Or(cfg.URL, "http://127.0.0.1:1024")
		}
	}
}

// program refuses a service whose program is not there. One that is built is
// there later; of it the package's directory must be.
func (p *preflight) program(i int, s *Service, cfg service.Config) {
	path := document.Path{"services", i}
	isDir := func(name string) bool {
		info, err := os.Stat(p.x.plan.Path(name))
		return err == nil && info.IsDir()
	}
	nowhere := s.Dir != "" && !isDir(s.Dir)
	if nowhere {
		p.Error(BadCommand, path.Add("dir"), fmt.Sprintf("%s cannot run: there is no directory %s", s.Name, p.x.plan.Path(s.Dir)), "names are relative to this file")
	}
	if s.Build != "" && !isDir(s.Build) {
		p.Error(BadBuild, path.Add("build"), fmt.Sprintf("%s does not build: there is no directory %s", s.Name, p.x.plan.Path(s.Build)), "name the directory of a Go main package, relative to this file")
	}
	if s.Command == nil || len(cfg.Command) == 0 || cfg.Command[0] == "" || nowhere && filepath.Base(cfg.Command[0]) != cfg.Command[0] {
		return
	}
	if err := service.CheckProgram(cfg.Command[0], cfg.Dir); err != nil {
		p.Error(BadCommand, path.Add("command", 0), err.Error(), programHint)
	}
}

const programHint = "a name is looked up in PATH, a path counts from dir (default: where this file is); a Go package is named with build"

func (p *preflight) add(err error) {
	var plan *PlanError
	if errors.As(err, &plan) {
		p.other = append(p.other, plan.Findings...)
	}
}

// inspect refuses what only the brokers can tell. It changes nothing.
func (x *execution) inspect(ctx context.Context) error {
	p := &preflight{Checker: document.NewChecker(x.plan.Scenario.Doc), x: x}
	if x.info.Cluster.Kind == cluster.External {
		missing, err := x.missingTopics(ctx)
		if err != nil {
			return &InfrastructureError{"reading which topics there are", err}
		}
		p.brokers(x.up.Nodes(), missing)
		p.bytes()
		p.commands(x.up.Nodes())
	}
	if err := p.err(); err != nil {
		return err
	}
	if err := x.findRacks(ctx); err != nil {
		return err
	}
	if err := x.refuseProxy(); err != nil {
		return err
	}
	return x.guard(ctx)
}

// missingTopics are those of the plan that are not there yet.
func (x *execution) missingTopics(ctx context.Context) ([]run.Topic, error) {
	there, err := x.admin.ListTopics(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(x.plan.Topics), func(t run.Topic) bool { return there.Has(t.Name) }), nil
}
