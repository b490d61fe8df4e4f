package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
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
	testscript.Main(m, map[string]func(){"weir": main, "brokers": brokersMain, "payments": paymentsMain})
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
			for _, of := range []struct{ name, dir string }{
				{"MALFORMED_CONTRACTS", "../../contracts/testdata/malformed"},
				{"MALFORMED_SCENARIOS", "../../harness/scenario/testdata/malformed"},
			} {
				dir, err := filepath.Abs(of.dir)
				if err != nil {
					return err
				}
				env.Setenv(of.name, dir)
			}
			if err := toBuild(env); err != nil {
				return err
			}
			return errors.Join(os.CopyFS(filepath.Join(env.WorkDir, "flow"), os.DirFS("testdata/flow")),
				os.CopyFS(filepath.Join(env.WorkDir, "kiosk"), os.DirFS("testdata/kiosk")))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":    exits,
			"await":    await,
			"signal":   signalled,
			"scrape":   scraped,
			"engine":   engine,
			"matches":  matches,
			"moment":   moment,
			"each":     each,
			"cut":      cutFile,
			"registry": withRegistry,
			"setfrom": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Setenv(args[0], ts.ReadFile(args[1])) // setfrom VARIABLE FILE
			},
		},
	})
}

// toBuild lets a script build the services of the examples, which lie in
// $EXAMPLES, with the caches of this process.
func toBuild(env *testscript.Env) error {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		return err
	}
	env.Setenv("EXAMPLES", examples)
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOFLAGS"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return err
		}
		env.Setenv(name, strings.TrimSpace(string(value)))
	}
	return nil
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

// each runs a command on each YAML file of a directory and checks that it exits
// with a code and shows an error with a place in the file.
//
//	each 2 DIR weir check
func each(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: each CODE DIR COMMAND…")
	}
	files, err := filepath.Glob(filepath.Join(args[1], "*.yaml"))
	ts.Check(err)
	if len(files) < 100 {
		ts.Fatalf("%d files in %s", len(files), args[1])
	}
	for _, file := range files {
		checkCode(ts, args[0], ts.Exec(args[2], append(slices.Clone(args[3:]), file)...))
		said := ts.ReadFile("stdout") + ts.ReadFile("stderr")
		place := regexp.MustCompile(`(?m)(^|/)` + regexp.QuoteMeta(filepath.Base(file)) + `:[1-9]\d*:[1-9]\d*: error: `)
		if !place.MatchString(said) {
			ts.Fatalf("%s: no error with its place:\n%s", file, said)
		}
	}
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

// cutFile shortens a file to a number of bytes:
//
//	cut run/journal/blocks.wj 100
func cutFile(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cut FILE BYTES")
	}
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
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
	cmd, out, errs := begun(ts, rest[split+1:])
	for i := 0; i < split; i += 2 {
		pattern := rest[i+1]
		waitFor(ts, "standard error to hold "+pattern, func() bool { return strings.Contains(errs.String(), pattern) })
		ts.Check(cmd.Process.Signal(signals[rest[i]]))
	}
	over(ts, cmd, out, errs, code)
}

// begun starts weir, as testscript would.
func begun(ts *testscript.TestScript, args []string) (cmd *exec.Cmd, out, errs *output) {
	program, err := exec.LookPath(os.Args[0])
	ts.Check(err)
	out, errs = &output{}, &output{}
	cmd = exec.Command(program, args...)
	cmd.Args[0] = "weir" // see testscript.Main
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "HOME="+ts.Getenv("HOME"), "TMPDIR="+ts.Getenv("TMPDIR"), "XDG_STATE_HOME="+ts.Getenv("XDG_STATE_HOME"), "WEIR_BOOTSTRAP="+ts.Getenv("WEIR_BOOTSTRAP"))
	cmd.Stdout, cmd.Stderr = out, errs
	ts.Check(cmd.Start())
	return cmd, out, errs
}

// over waits for weir to end, checks its exit code, and writes what it printed
// into the files out and err.
func over(ts *testscript.TestScript, cmd *exec.Cmd, out, errs *output, code string) {
	err := cmd.Wait()
	ts.Logf("[stdout]\n%s[stderr]\n%s", out.String(), errs.String())
	ts.Check(os.WriteFile(ts.MkAbs("out"), []byte(out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err"), []byte(errs.String()), 0o600))
	checkCode(ts, code, err)
}

// figuresAt is what weir says of where its figures are.
var figuresAt = regexp.MustCompile(`(?m)^figures at (http://\S+)$`)

// scraped runs a command with --metrics-listen and --metrics-linger, reads its
// figures into a file once there is a verdict, and checks its exit code. What
// was printed is then in the files out and err:
//
//	scrape 0 page weir run quick.yaml --metrics-listen 0 --metrics-linger 1m
func scraped(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 4 || args[2] != "weir" {
		ts.Fatalf("usage: scrape CODE FILE weir…")
	}
	cmd, out, errs := begun(ts, args[3:])
	waitFor(ts, "a verdict", func() bool { return strings.Contains(errs.String(), "the verdict stays at") })
	at := figuresAt.FindStringSubmatch(errs.String())
	if at == nil {
		ts.Fatalf("it does not say where its figures are:\n%s", errs.String())
	}
	resp, err := http.Get(at[1])
	ts.Check(err)
	page, err := io.ReadAll(resp.Body)
	ts.Check(errors.Join(err, resp.Body.Close()))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), page, 0o600))
	over(ts, cmd, out, errs, args[0])
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
