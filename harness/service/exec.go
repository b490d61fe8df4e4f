package service

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// process is the Runner of a command.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}
	exit Exit
	// hurried says that nobody waits for output any more.
	hurried atomic.Bool
}

// startProcess starts the command as the leader of a process group of its
// own.
func startProcess(c *Config, log io.Writer) (*process, error) {
	out, in, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe for its output: %w", err)
	}
	cmd := exec.Command(c.Command[0], c.Command[1:]...) //nolint:noctx // it outlives the context of its start
	cmd.Dir = c.Dir
	cmd.Env = environment(c.Env)
	cmd.Stdout, cmd.Stderr = in, in
	cmd.SysProcAttr = groupAttr()
	p := &process{cmd: cmd, done: make(chan struct{})}

	started := make(chan error)
	go p.live(out, in, log, started)
	if err := <-started; err != nil {
		return nil, notExecutable(c.Command[0], fmt.Errorf("start: %w", err))
	}
	return p, nil
}

// live starts the process and sees it to its end, all on one thread: Linux
// delivers the parent-death signal when the thread that started the child
// ends, and the Go runtime may end a thread at any time unless it is locked.
func (p *process) live(out, in *os.File, log io.Writer, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer func() { _ = out.Close() }()
	err := p.cmd.Start()
	_ = in.Close() // the child has its own
	started <- err
	if err != nil {
		return
	}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		_, _ = io.Copy(log, out)
	}()
	// A non-zero exit is a fact and no error here.
	_ = p.cmd.Wait()
	p.exit = Exit{Code: p.cmd.ProcessState.ExitCode(), Reason: p.cmd.ProcessState.String()}
	// What the process left behind in its group has the service's port and
	// group membership: it must not outlive it.
	_ = killGroup(p.cmd.Process)
	patience := outputPatience
	if p.hurried.Load() {
		patience = hurriedPatience
	}
	awaitOutput(copied, out, patience)
	close(p.done)
}

// outputPatience is how long the rest of the output may take once the process
// has ended. Only a descendant that left the process group can hold the pipe
// open for longer.
const (
	outputPatience  = 2 * time.Second
	hurriedPatience = 100 * time.Millisecond // for what was written before
)

func awaitOutput(copied <-chan struct{}, out *os.File, patience time.Duration) {
	over := time.NewTimer(patience)
	defer over.Stop()
	select {
	case <-copied:
	case <-over.C:
		_ = out.Close() // ends the copying
		<-copied
	}
}

func (p *process) Terminate(context.Context) error { return terminateGroup(p.cmd.Process) }
func (p *process) Kill(context.Context) error      { return killGroup(p.cmd.Process) }
func (p *process) Done() <-chan struct{}           { return p.done }
func (p *process) Exit() Exit                      { return p.exit }

// inherited are the variables that a process gets of this one's environment.
// Everything else, credentials of the CI job included, stays here.
var inherited = []string{
	"PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TMP", "TEMP", "TZ", "LANG", "LANGUAGE",
	// Windows
	"SystemRoot", "SystemDrive", "ComSpec", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "ProgramData", "windir",
}

// isInherited compares without case, as Windows does.
func isInherited(name string) bool {
	return strings.HasPrefix(name, "LC_") ||
		slices.ContainsFunc(inherited, func(s string) bool { return strings.EqualFold(s, name) })
}

// environment is what a process is started with; env wins.
func environment(env map[string]string) []string {
	var all []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if _, set := env[name]; !set && isInherited(name) {
			all = append(all, kv)
		}
	}
	for name, value := range env {
		all = append(all, name+"="+value)
	}
	slices.Sort(all)
	return all
}
