package harness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/internal/port"
	"github.com/flowweir/weir/harness/service"
)

// Service is a service under test. Exactly one of Func, Build, Command and
// Image is set. Texts are templates, as in a scenario's file: {{.Bootstrap}},
// {{.Port}}, {{.URL "other-service"}}, and on a shared cluster
// {{.Topic "order.events"}} and {{.Group "payment-service"}}. Paths are
// relative to the test's directory.
type Service struct {
	// Name is the service's name in its contract, in logs and failures.
	Name string
	// Func is the service as a Go function, which returns when ctx ends; env
	// is its environment. It cannot crash, only restart.
	Func func(ctx context.Context, env func(name string) string) error
	// Build is the directory of a Go main package, built once per test binary.
	Build string
	// Command is a program and its arguments.
	Command []string
	// Image is a container image; see Containers.
	Image string
	// Args are the arguments of Build and Image.
	Args []string
	// Dir is the working directory of Build and Command; default the test's.
	Dir string
	// Env is the environment. A program gets beside it only what programs
	// need to run at all, such as PATH.
	Env map[string]string
	// URL is where it listens: http://127.0.0.1:{{.Port}}.
	URL string
	// Ready says when it can be used; default at once.
	Ready *Ready
}

// Ready says when a service can be used. Each condition that is set must hold.
type Ready struct {
	TCP   string // host:port
	HTTP  string // a path of URL, answered with 2xx
	Group string // the consumer group has a member, and is stable
	Log   string // a regular expression
	// Timeout is how long it may take; default 60s.
	Timeout time.Duration
}

// Start starts a service and returns when it is ready. It is ended when the
// test is; if it ends by itself before that, the test fails. Crash, Start and
// Restart of the result are faults.
func (c *Cluster) Start(s Service) *service.Process {
	c.t.Helper()
	if s.Image != "" && c.containers == nil {
		c.t.Fatalf("service %s: the test asks for a container and was given none to run it in: import \"github.com/flowweir/weir/harness/docker\" and pass harness.Containers(docker.Containers())", s.Name)
	}
	cfg, err := c.serviceConfig(s)
	if err != nil {
		c.t.Fatalf("service %s: %v", s.Name, err)
	}
	p, err := service.Start(c.t.Context(), cfg, service.Deps{Group: c.groupState, Containers: c.containers})
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	_, twice := c.services[s.Name]
	c.services[s.Name] = p
	c.mu.Unlock()
	t := c.t
	c.cleanup(s.Name, p.Stop)
	c.beforeEnd(s.Name, p)
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		dead := c.ended()
		delete(c.services, s.Name)
		lines := p.Tail(logLines)
		switch {
		case dead != nil && (!t.Failed() || len(c.deaths) > c.told.deaths):
			c.told.deaths = len(c.deaths)
			t.Errorf("%v", dead)
		case dead == nil && t.Failed() && len(lines) > 0 && c.told.ends[s.Name] != lines[len(lines)-1]:
			t.Logf("the last lines of %s:\n  %s", s.Name, strings.Join(lines, "\n  "))
		}
	})
	if twice {
		t.Fatalf("service %s was started already: give the second one another name", s.Name)
	}
	return p
}

// logLines is how much of a service's log a failure shows.
const logLines = 20

func (s *state) groupState(ctx context.Context, group string) (int, string, error) {
	state, err := s.flow.Group(ctx, group)
	if err == nil && state.Unknown() {
		err = s.flow.UnknownGroup(ctx, group)
	}
	return state.Members, state.State, err
}

// alive is an error that says which services ended by themselves, which ends a
// wait.
func (s *state) alive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.ended()
	s.told.deaths = len(s.deaths)
	return err
}

// ended is alive without being told; s.mu is held.
func (s *state) ended() error {
	for _, p := range s.services {
		select {
		case d, ok := <-p.Died():
			if ok {
				s.deaths = append(s.deaths, fmt.Sprintf("%s; its last lines:\n  %s", d, strings.Join(d.LastLines, "\n  ")))
			}
		default:
		}
	}
	if len(s.deaths) == 0 {
		return nil
	}
	return errors.New(strings.Join(s.deaths, "\n"))
}

// told is what failures have shown of services, which is not shown again when
// the test ends: the last line of each, and that one ended by itself.
type told struct {
	ends   map[string]string
	deaths int
}

// logs shows how the services' logs end.
func (s *state) logs() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.closing.ran) == 0 && s.up.Info().Kind != cluster.External {
		return "\nno service was started: Cluster.Start starts one"
	}
	var b strings.Builder
	for _, name := range sortedKeys(s.services) {
		if lines := s.services[name].Tail(logLines / 4); len(lines) > 0 {
			s.told.ends[name] = lines[len(lines)-1]
			fmt.Fprintf(&b, "\n%s, its last lines:\n  %s", name, strings.Join(lines, "\n  "))
		}
	}
	return b.String()
}

// serviceConfig expands the templates of a service.
func (c *Cluster) serviceConfig(s Service) (service.Config, error) {
	cfg := service.Config{Name: s.Name, Image: s.Image, Dir: s.Dir, LogFile: filepath.Join(c.dir, "services", s.Name+".log")}
	vars, err := c.vars(s, &cfg)
	if err != nil {
		return cfg, err
	}
	x := expander{vars: vars}
	cfg.URL = x.expand(s.URL)
	cfg.Env = map[string]string{}
	for _, name := range sortedKeys(s.Env) {
		cfg.Env[name] = x.expand(s.Env[name])
	}
	args, command := x.all(s.Args), x.all(s.Command)
	if err := x.ready(s.Ready, &cfg.Ready); err != nil {
		return cfg, err
	}
	if x.err != nil {
		return cfg, x.err
	}
	return cfg, c.program(s, args, command, vars.Port, &cfg)
}

// program sets what is run: a program that is built, a command or an image.
func (c *Cluster) program(s Service, args, command []string, port int, cfg *service.Config) error {
	n := 0
	if s.Build != "" {
		n++
		cfg.Kind = service.KindBuild
	}
	if len(command) > 0 {
		n++
		cfg.Kind, cfg.Command = service.KindCommand, command
	}
	if s.Func != nil {
		n++
		cfg.Function = s.Func
	}
	if s.Image != "" {
		n++
		cfg.Kind, cfg.Args, cfg.Port = service.KindImage, args, port
	}
	if n != 1 {
		return fmt.Errorf("%d of Func, Build, Command and Image are set; exactly one must be", n)
	}
	if s.Build == "" && s.Image == "" && len(args) > 0 {
		return fmt.Errorf("the field Args is for Build and Image: Command has its arguments in it, and Func has its environment")
	}
	if s.Build == "" {
		return nil
	}
	binary, err := build(c.t.Context(), s.Build)
	cfg.Command = append([]string{binary}, args...)
	return err
}

// vars are what a service's templates may name. For a container it also sets
// the network.
func (c *Cluster) vars(s Service, cfg *service.Config) (service.Vars, error) {
	addresses := c.up.Bootstrap()
	if s.Image != "" {
		var err error
		if addresses, cfg.Network, err = c.up.ContainerBootstrap(); err != nil {
			return service.Vars{}, err
		}
	}
	vars := service.Vars{
		Bootstrap: strings.Join(addresses, ","), URLs: map[string]string{},
		Topic: c.flow.OnCluster, Group: c.flow.OnCluster,
	}
	c.mu.Lock()
	for name, p := range c.services {
		vars.URLs[name] = p.URL()
	}
	c.mu.Unlock()
	texts := slices.Concat([]string{s.URL}, s.Args, s.Command, slices.Collect(maps.Values(s.Env)))
	if slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, ".Port") }) {
		reserved, err := port.Reserve()
		if err != nil {
			return vars, err
		}
		c.t.Cleanup(reserved.Release)
		vars.Port = reserved.Number()
	}
	return vars, nil
}

// expander expands templates and keeps the first error.
type expander struct {
	vars service.Vars
	err  error
}

func (x *expander) expand(text string) string {
	out, err := service.Expand(text, x.vars)
	if x.err == nil {
		x.err = err
	}
	return out
}

func (x *expander) all(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = x.expand(t)
	}
	return out
}

func (x *expander) ready(from *Ready, to *service.Ready) error {
	if from == nil {
		return nil
	}
	if x.vars.Port == 0 && strings.Contains(from.TCP+from.HTTP, ".Port") {
		return errors.New("its Ready asks for {{.Port}}, and nothing tells the service that port: put it into URL, Env, Args or Command, too")
	}
	to.TCP, to.HTTP, to.Group, to.Timeout = x.expand(from.TCP), x.expand(from.HTTP), from.Group, from.Timeout
	if from.Log == "" {
		return nil
	}
	var err error
	if to.Log, err = regexp.Compile(from.Log); err != nil {
		return fmt.Errorf("its Ready.Log: %w", err)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
