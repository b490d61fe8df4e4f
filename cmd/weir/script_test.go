package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
)

var update = flag.Bool("update", false, "write what the scripts compare into them")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"weir": main, "brokers": brokersMain})
}

// TestScripts runs testdata/script: each file is one story of the command,
// with what it prints and how it exits.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		// hup: whether SIGHUP ends a run. Below nohup it does not, and programs
		// inherit that.
		Condition: func(name string) (bool, error) {
			if name != "hup" {
				return false, fmt.Errorf("no such condition: %s", name)
			}
			return !signal.Ignored(syscall.SIGHUP), nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
			return os.CopyFS(filepath.Join(env.WorkDir, "flow"), os.DirFS("testdata/flow"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   exits,
			"await":   await,
			"signal":  signalled,
			"engine":  engine,
			"matches": matches,
			"setfrom": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], ts.ReadFile(args[1])) // setfrom VARIABLE FILE
			},
		},
	})
}

// exits runs a command and checks its exit code, which exec does not:
//
//	exits 2 weir run nonsense.yaml
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	checkCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

func checkCode(ts *testscript.TestScript, want string, err error) {
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

// matches checks a file, or stdout, line by line: each line of the second file
// is a regular expression that the line must be as a whole.
//
//	matches stdout expected
func matches(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: matches FILE PATTERNS")
	}
	got := strings.Split(ts.ReadFile(args[0]), "\n")
	want := strings.Split(ts.ReadFile(args[1]), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			ts.Fatalf("%d lines, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
		}
		pattern, err := regexp.Compile("^(?:" + want[i] + ")$")
		ts.Check(err)
		if !pattern.MatchString(got[i]) {
			ts.Fatalf("line %d is %q, want %q", i+1, got[i], want[i])
		}
	}
}

// patience bounds what scripts wait for; nothing is measured by it.
const patience = 30 * time.Second

// await waits until a file holds a pattern:
//
//	await address 127
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	waitFor(ts, args[0]+" to hold "+args[1], func() bool {
		content, err := os.ReadFile(ts.MkAbs(args[0]))
		return err == nil && pattern.Match(content)
	})
}

func waitFor(ts *testscript.TestScript, what string, done func() bool) {
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// signalled runs a command and sends it signals, each when its standard error
// holds a pattern; it checks the exit code, -1 for one that the signal killed.
// What was printed is then in the files out and err:
//
//	signal 4 INT 'load begins' weir run long.yaml
//	signal 3 INT 'load begins' INT 'press Ctrl-C again' weir run long.yaml
func signalled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 {
		ts.Fatalf("usage: signal CODE SIGNAL PATTERN [SIGNAL PATTERN…] weir…")
	}
	code, rest := args[0], args[1:]
	split := 0
	for rest[split] != "weir" {
		split += 2
	}
	program, err := exec.LookPath(os.Args[0])
	ts.Check(err)
	var out, errs output
	cmd := exec.Command(program, rest[split+1:]...)
	cmd.Args[0] = "weir" // see testscript.Main
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "HOME="+ts.Getenv("HOME"), "XDG_STATE_HOME="+ts.Getenv("XDG_STATE_HOME"), "WEIR_BOOTSTRAP="+ts.Getenv("WEIR_BOOTSTRAP"))
	cmd.Stdout, cmd.Stderr = &out, &errs
	ts.Check(cmd.Start())
	for i := 0; i < split; i += 2 {
		pattern := rest[i+1]
		waitFor(ts, "standard error to hold "+pattern, func() bool { return strings.Contains(errs.String(), pattern) })
		ts.Check(cmd.Process.Signal(signals[rest[i]]))
	}
	err = cmd.Wait()
	ts.Logf("[stdout]\n%s[stderr]\n%s", out.String(), errs.String())
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(errs.String()), 0o600))
	checkCode(ts, code, err)
}

var signals = map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": os.Kill}

// output is a buffer that is read while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// brokersMain is the command brokers FILE: a Kafka cluster that a script did
// not start through weir. Its address goes to the file; it ends when it is
// killed.
func brokersMain() {
	up, err := embedded.Start(context.Background(), cluster.Spec{Kind: cluster.Embedded, Brokers: 3})
	if err == nil {
		err = os.WriteFile(os.Args[1], []byte(up.Bootstrap()[0]), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	select {} // until killed
}
