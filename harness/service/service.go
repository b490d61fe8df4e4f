// Package service runs services under test: the user's own programs, as
// processes, containers or functions of this process, that a run starts, waits
// for, breaks and ends.
//
// What it guarantees: a service that was started is ready by every condition
// that was asked for, or Start errs with the service's last log lines. Its
// output, all lives of it, is in one log file. It ends when it is told to,
// with its whole process group; an end that nobody asked for is reported once
// on Died. It comes back with the same command, environment and port. What a
// service reads from its environment appears in no error and no report.
//
// What it is not for: supervision. A service that died stays down until a
// fault's healing, or the caller, starts it.
//
// Orphans: on Linux a service is killed when Weir dies, even by SIGKILL; what
// the service itself started then survives if it ignores its closed output.
// On other systems a service survives a Weir that was killed. Windows has no
// process groups in this sense and no SIGTERM: there the process alone is
// ended, and always at once.
package service

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// The kinds of services, as run.Service.Kind names them.
const (
	KindBuild    = "build"
	KindCommand  = "command"
	KindImage    = "image"
	KindFunction = "function"
)

// Defaults of Config.
const (
	DefaultReadyTimeout = 60 * time.Second
	DefaultGrace        = 10 * time.Second
)

// lastLines is how many lines of the log a death or a failed start shows.
const lastLines = 20

// Config is a service to start. Strings are taken as they are: templates
// were expanded before (see Expand). Exactly one of Command, Image and Function
// is set.
type Config struct {
	// Name is the service's name in faults, logs and reports.
	Name string
	// Kind is what the report calls the service: KindBuild or KindCommand;
	// default KindCommand, and always KindImage or KindFunction if Image or
	// Function is set.
	Kind string

	// Command is the program and its arguments; a program without a path
	// separator is looked up in PATH. One that cannot be executed is a
	// *ProgramError.
	Command []string
	// Dir is the working directory; default this process's.
	Dir string

	// Function is a service in this process.
	Function Function

	// Image is a container image, run through Deps.Containers.
	Image string
	// Args are the container's arguments.
	Args []string
	// Network is the container network; "host" is the host's own.
	Network string
	// Port, if not 0, is published on 127.0.0.1 under the same number
	// unless Network is "host".
	Port int
	// Labels are put on the container so that it can be found and removed
	// after a crash of Weir.
	Labels map[string]string

	// Env is the environment. A process also gets, of this process's, only
	// what programs need to run at all: PATH, HOME, the temporary
	// directory, locale and time zone, and on Windows the system's
	// directories. A container gets Env alone.
	Env map[string]string
	// URL is where the service listens, such as http://127.0.0.1:24680.
	URL string
	// Ready says when the service can be used.
	Ready Ready
	// Grace is how long an orderly end may take before SIGKILL; default
	// 10s.
	Grace time.Duration
	// LogFile receives standard output and error of all lives of the
	// service; in a run directory it is run.ServiceLog(Name), which is what
	// Info calls it. Empty: only the last lines are kept, in memory.
	LogFile string
	// Started is when the run did. Where it is set, an index beside LogFile says
	// when its lines were written (run.LogMark).
	Started time.Time
}

// Ready are conditions; each that is set must hold. Without any, a service
// counts as ready when it was started.
type Ready struct {
	// TCP is a host:port that accepts connections.
	TCP string
	// HTTP is a path of the service's URL that answers GET with 2xx.
	HTTP string
	// Group is a consumer group that is stable and has a member.
	Group string
	// Log matches a line that this life of the service wrote.
	Log *regexp.Regexp
	// Timeout bounds the wait; default 60s.
	Timeout time.Duration
}

// GroupState asks the cluster for a consumer group: its number of members and
// its state by Kafka's name (Stable, PreparingRebalance, …). The error of a group
// that does not exist names those that do.
type GroupState func(ctx context.Context, group string) (members int, state string, err error)

// Deps are what a service needs of the run around it.
type Deps struct {
	// Group is needed where Ready.Group is set.
	Group GroupState
	// Containers is needed where Image is set.
	Containers Containers
	// Started, if set, is told of each process as soon as it runs; it leads a
	// process group of its own.
	Started func(pid int)
}

// Containers starts containers. Package harness/docker implements it, so that
// this package needs no Docker.
type Containers interface {
	// Run starts a container and returns when it runs.
	Run(ctx context.Context, c Container) (Runner, error)
}

// Container is one container to run.
type Container struct {
	Name    string
	Image   string
	Args    []string
	Env     map[string]string
	Network string
	// Port, if not 0, is published on 127.0.0.1 under the same number.
	Port   int
	Labels map[string]string
	// Log receives standard output and error until the container has ended.
	// Writes need no lock.
	Log io.Writer
}

// Runner is one life of a service, from its start to its end: a process with
// its group, or a container.
type Runner interface {
	// Terminate asks for an orderly end (SIGTERM) and does not wait.
	Terminate(ctx context.Context) error
	// Kill ends it at once (SIGKILL), with everything that it started, and
	// does not wait. Killing what has ended is no error.
	Kill(ctx context.Context) error
	// Done is closed when it has ended, its log is complete and, for a
	// container, it is removed.
	Done() <-chan struct{}
	// Exit says how it ended; valid when Done is closed.
	Exit() Exit
}

// Exit is how a life ended.
type Exit struct {
	// Code is the exit status; -1 if a signal ended it.
	Code int
	// Reason is the same in words: "exit status 1", "signal: killed".
	Reason string
}

// Death is an end that nobody asked for.
type Death struct {
	Service string
	At      time.Time
	Exit    Exit
	// LastLines are the end of the service's log, at most 20 lines.
	LastLines []string
}

func (d Death) String() string {
	return fmt.Sprintf("service %s ended by itself: %s", d.Service, d.Exit.Reason)
}

// check errs on what cannot be started.
func (c *Config) check(deps Deps) error {
	switch {
	case c.Name == "":
		return fmt.Errorf("service: a service needs a name")
	case c.Function != nil && (len(c.Command) > 0 || c.Image != ""):
		return fmt.Errorf("service %s: has a function and a command or an image; remove one", c.Name)
	case c.Function != nil:
	case len(c.Command) == 0 && c.Image == "":
		return fmt.Errorf("service %s: needs a command or an image", c.Name)
	case len(c.Command) > 0 && c.Image != "":
		return fmt.Errorf("service %s: has both a command and an image; remove one", c.Name)
	case len(c.Command) > 0 && c.Command[0] == "":
		return fmt.Errorf("service %s: the command's program is empty", c.Name)
	}
	switch {
	case c.Image != "" && deps.Containers == nil:
		return fmt.Errorf("service %s: image %s: this run has no container engine; pass the docker provider or use build or command", c.Name, c.Image)
	case c.Ready.HTTP != "" && c.URL == "":
		return fmt.Errorf("service %s: ready.http %q needs the service's url", c.Name, c.Ready.HTTP)
	case c.Ready.Group != "" && deps.Group == nil:
		return fmt.Errorf("service %s: ready.group %q: this run has no cluster to ask for the group", c.Name, c.Ready.Group)
	case c.Ready.Timeout < 0 || c.Grace < 0:
		return fmt.Errorf("service %s: a negative timeout", c.Name)
	}
	if c.URL != "" {
		if err := CheckURL(c.URL); err != nil {
			return fmt.Errorf("service %s: url: %w: write where it listens, such as http://127.0.0.1:{{.Port}}", c.Name, err)
		}
	}
	if c.Ready.TCP != "" {
		if err := CheckTCP(c.Ready.TCP); err != nil {
			return fmt.Errorf("service %s: ready.tcp: %w: want host:port", c.Name, err)
		}
	}
	return nil
}

// CheckURL errs on what is no URL of a service.
func CheckURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%q is no URL", text)
	}
	if port := u.Port(); port != "" && !isPort(port) {
		return fmt.Errorf("%q has no port that there is: ports are from 1 to 65535", text)
	}
	return nil
}

// CheckTCP errs on what is no address to connect to.
func CheckTCP(address string) error {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil || host == "" || port == "":
		return fmt.Errorf("%q is no address", address)
	case !isPort(port):
		return fmt.Errorf("%q has no port that there is: ports are from 1 to 65535", address)
	}
	return nil
}

func isPort(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	switch {
	case c.Image != "":
		c.Kind = KindImage
	case c.Function != nil:
		c.Kind = KindFunction
	case c.Kind == "":
		c.Kind = KindCommand
	}
	if c.Ready.Timeout == 0 {
		c.Ready.Timeout = DefaultReadyTimeout
	}
	if c.Grace == 0 {
		c.Grace = DefaultGrace
	}
	return c
}

// info is the part of the report that does not change while the service
// runs. It shows what was executed, without secrets, and never the environment.
func (c *Config) info() run.Service {
	argv := c.Command
	if c.Image != "" {
		argv = append([]string{c.Image}, c.Args...)
	}
	quoted := make([]string, len(argv))
	for i, a := range secret.Args(argv) {
		quoted[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n\"'\\") {
			quoted[i] = strconv.Quote(a)
		}
	}
	info := run.Service{Name: c.Name, Kind: c.Kind, Command: strings.Join(quoted, " ")}
	if _, err := url.Parse(c.URL); err == nil {
		info.URL = secret.Text(c.URL)
	}
	if c.LogFile != "" {
		info.Log = run.ServiceLog(c.Name)
	}
	return info
}
