package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/internal/port"
	"github.com/flowweir/weir/harness/leftover"
	"github.com/flowweir/weir/harness/service"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// start brings up the cluster, the topics and the services.
func (x *execution) start(ctx context.Context) error {
	x.progress(Progress{Phase: PhaseSetup, Length: x.plan.Length})
	// Programs are built first: a mistake in them should cost no cluster.
	binaries, err := x.build(ctx)
	if err != nil {
		return err
	}
	if err := x.startCluster(ctx); err != nil {
		return err
	}
	if err := x.writeInfo(); err != nil {
		return err
	}
	if err := x.healDead(ctx); err != nil {
		return err
	}
	if err := x.inspect(ctx); err != nil {
		return err
	}
	if err := x.existing(ctx); err != nil {
		return err
	}
	x.recordCreated()
	x.logf("creating %s", several(len(x.info.Topics), "topic"))
	err = cluster.CreateTopics(ctx, x.up, x.info.Topics)
	x.created.Topics(x.info.Topics)
	if err != nil {
		return x.notCreated(err)
	}
	x.tellOfTopics()
	// Which of them are its own, whatever becomes of the run.
	if err := x.writeInfo(); err != nil {
		return err
	}
	if err := x.startProxy(ctx); err != nil {
		return err
	}
	return x.startServices(ctx, binaries)
}

// existing checks that there are the topics that groups read and that the run
// does not create: those of which nothing but the group's entry knows.
func (x *execution) existing(ctx context.Context) error {
	for i, c := range x.plan.Scenario.Consumers {
		for j, t := range c.Topics {
			if x.plan.topic(t) != nil {
				continue
			}
			listed, err := x.admin.ListTopics(ctx, t)
			if err != nil {
				return &InfrastructureError{"reading which topics there are", err}
			}
			if !listed.Has(t) {
				return x.usage(UnknownTopic, fmt.Sprintf("the cluster has no topic %s, and the scenario says nothing of it but that %s reads it", t, c.Group), "consumers", i, "topics", j)
			}
			x.facts.topics = append(x.facts.topics, t)
		}
	}
	return nil
}

// PhaseSetup is the phase of Progress before the load begins.
const PhaseSetup = "setup"

func (x *execution) startCluster(ctx context.Context) error {
	if x.cluster != nil {
		x.up = x.cluster
	} else {
		spec, provider, err := x.provider()
		if err != nil {
			return err
		}
		x.logf("starting the cluster: %s", spec.Kind)
		began := time.Now()
		up, err := provider.Start(ctx, spec)
		if errors.Is(err, cluster.ErrRefused) {
			p := &preflight{Checker: document.NewChecker(x.plan.Scenario.Doc), x: x}
			p.refused(err)
			return p.err()
		}
		if err != nil {
			return &InfrastructureError{"starting the cluster", err}
		}
		x.up, x.owned = up, true
		x.logf("cluster ready after %s: %s", time.Since(began).Round(10*time.Millisecond), strings.Join(up.Bootstrap(), ","))
	}
	x.info.Cluster = x.up.Info()
	x.fit(len(x.up.Nodes()))
	var err error
	for _, client := range []**kgo.Client{&x.client, &x.facts.forwarded} {
		*client, err = kgo.NewClient(append(slices.Clone(x.up.ClientOptions()), kgo.MetadataMinAge(100*time.Millisecond), kgo.AlwaysRetryEOF(), kgo.ClientID("weir-admin"))...)
		if err != nil {
			return &InfrastructureError{"connecting to the cluster", err}
		}
	}
	x.admin = kadm.NewClient(x.client)
	x.admin.SetTimeoutMillis(10_000)
	for _, t := range x.plan.Topics {
		x.facts.topics = append(x.facts.topics, t.Name)
	}
	x.facts.client, x.facts.nodes = x.client, x.up.Nodes()
	return nil
}

// notCreated is an error of usage where the brokers refuse a topic as it is
// asked for.
func (x *execution) notCreated(err error) error {
	var topic *cluster.TopicError
	if errors.As(err, &topic) && topic.Refused() {
		return x.usage(BadTopic, err.Error(), "topics", topic.Topic)
	}
	return &InfrastructureError{"creating topics", err}
}

// usage is an error of the scenario's file that was found after it was read.
func (x *execution) usage(id, message string, path ...any) error {
	return &PlanError{Findings: []finding.Finding{{ID: id, Severity: finding.Error, Message: message, Position: x.plan.Scenario.Doc.Position(path...)}}}
}

// ClusterSpec is what the scenario asks of its cluster, with what overrides it:
// a kind and the addresses of an external one, if they are not empty, without
// what says nothing on that kind. It is for who starts the cluster and passes it
// to runs by On.
func (p *Plan) ClusterSpec(kind string, bootstrap []string) cluster.Spec {
	s, _ := p.Scenario.on(kind, bootstrap)
	c := s.Cluster
	spec := cluster.Spec{
		Kind:         c.kind(),
		Brokers:      c.brokers(),
		Config:       c.Config,
		Image:        c.Image,
		DiskBytes:    int64(c.Disk),
		Racks:        c.Racks,
		Nodes:        c.commands(),
		Controllers:  c.Controllers,
		Bootstrap:    c.Bootstrap,
		ClientConfig: c.ClientConfig,
	}
	if spec.ClientConfig != "" {
		spec.ClientConfig = p.Path(spec.ClientConfig)
	}
	return spec
}

func (x *execution) provider() (cluster.Spec, cluster.Provider, error) {
	spec := x.plan.ClusterSpec("", nil)
	spec.RunID, spec.Log = x.info.ID, x.log
	if x.dir != nil {
		spec.LogDir = x.dir.BrokerLogs()
	}
	for _, p := range x.providers {
		if p.Kind() == spec.Kind {
			return spec, p, nil
		}
	}
	return spec, nil, x.usage(NotBuilt, fmt.Sprintf("the run has no provider of clusters of kind %s: import github.com/flowweir/weir/harness/%s and pass scenario.With(%s.Provider())", spec.Kind, spec.Kind, spec.Kind), "cluster", "kind")
}

// build compiles the services that are Go packages.
func (x *execution) build(ctx context.Context) (map[string]string, error) {
	binaries := map[string]string{}
	for i, s := range x.plan.Scenario.Services {
		if s.Build == "" {
			continue
		}
		x.logf("building %s", s.Name)
		if x.bin == "" {
			var err error
			if x.bin, err = os.MkdirTemp("", leftover.BuildPrefix); err != nil {
				return nil, &InfrastructureError{"a directory to build in", err}
			}
			x.left(x.record.Dir(x.bin))
		}
		binary, err := x.config.build(ctx, x.plan.Path(s.Build), x.bin)
		if err != nil {
			return nil, x.usage(BadBuild, fmt.Sprintf("%s does not build: %v", s.Name, err), "services", i, "build")
		}
		binaries[s.Name] = binary
	}
	return binaries, nil
}

// startServices starts the services one after the other, in the file's order.
func (x *execution) startServices(ctx context.Context, binaries map[string]string) error {
	x.services = map[string]*service.Process{}
	urls := map[string]string{}
	for i := range x.plan.Scenario.Services {
		s := &x.plan.Scenario.Services[i]
		cfg, err := x.serviceConfig(s, i, binaries[s.Name], urls)
		if err != nil {
			return err
		}
		x.logf("starting %s", s.Name)
		p, err := service.Start(ctx, cfg, service.Deps{Group: x.groupState, Containers: x.containers, Started: func(pid int) { x.left(x.record.Process(pid)) }})
		if program := (*service.ProgramError)(nil); errors.As(err, &program) {
			// One that was there a moment ago, or whose interpreter is not.
			return x.usage(BadCommand, fmt.Sprintf("%s: %v", s.Name, program), "services", i)
		}
		if early := (*service.EarlyEnd)(nil); err != nil && ctx.Err() == nil && !errors.As(err, &early) {
			// It was killed, and its members stay until their sessions end.
			if said := x.joinedInstead(ctx, s); said != "" {
				err = fmt.Errorf("%w%s", err, said)
			}
		}
		if err != nil {
			return &InfrastructureError{"starting " + s.Name, err}
		}
		x.services[s.Name] = p
		if cfg.URL != "" {
			urls[s.Name] = cfg.URL
		}
		x.order = append(x.order, s.Name)
	}
	return nil
}

func (x *execution) groupState(ctx context.Context, group string) (int, string, error) {
	state, err := kafka.ReadGroup(ctx, x.admin, group)
	if err == nil && state.Unknown() {
		err = cluster.UnknownGroup(ctx, x.admin, "", group)
	}
	return state.Members, state.State, err
}

// serviceConfig is a service with its addresses, its port and its log.
func (x *execution) serviceConfig(s *Service, index int, binary string, urls map[string]string) (service.Config, error) {
	addresses, network, err := x.addresses(s)
	if err != nil {
		return service.Config{}, x.usage(NotBuilt, err.Error(), "services", index, "image")
	}
	vars := service.Vars{Bootstrap: strings.Join(addresses, ","), URLs: urls}
	if s.portFields() != nil {
		reserved, err := port.Reserve()
		if err != nil {
			return service.Config{}, &InfrastructureError{"a port for " + s.Name, err}
		}
		x.ports = append(x.ports, reserved)
		vars.Port = reserved.Number()
	}
	cfg, err := x.expandService(s, index, binary, vars)
	cfg.LogFile, cfg.Started, cfg.Network = x.dir.Path(run.ServiceLog(s.Name)), x.started, network
	if _, set := cfg.Env[leftover.Mark]; !set && s.Image == "" {
		cfg.Env[leftover.Mark] = x.info.ID
	}
	if s.Image != "" && network == "host" { // on a network of its own a cluster names it
		cfg.Labels = map[string]string{cluster.RunLabel: x.info.ID}
	}
	return cfg, err
}

// writeInfo replaces run.json.
func (x *execution) writeInfo() error {
	if err := x.dir.WriteRun(x.info); err != nil {
		return &InfrastructureError{"writing run.json", err}
	}
	return nil
}
