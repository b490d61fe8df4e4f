package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/harness/docker"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
)

// testState is a state that prints to buffers.
func testState(args ...string) (s *state, stdout, stderr *bytes.Buffer) {
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	return &state{
		args: args, env: func(string) string { return "" }, stdout: stdout, stderr: stderr, now: time.Now,
		out: terminal{width: func() int { return 0 }}, err: terminal{width: func() int { return 0 }},
		interrupts: func() (<-chan os.Signal, func()) { return nil, func() {} },
	}, stdout, stderr
}

func TestEveryVerbHasHelp(t *testing.T) {
	s, _, _ := testState()
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Short == "" || c.Example == "" {
			t.Errorf("%s has no short help or no example", c.CommandPath())
		}
		if c.Args == nil && c.Name() != "help" && c.Name() != "check" {
			t.Errorf("%s takes any argument", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(s))
}

func TestHelpExamplesParse(t *testing.T) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			words := shellWord.FindAllString(line, -1)
			words = words[:wordsBefore(words, "#", "|", ">")]
			if len(words) == 0 || words[0] != "weir" {
				t.Errorf("%s: the example %q does not begin with weir", c.CommandPath(), line)
				continue
			}
			s, _, _ := testState()
			found, rest, err := newRoot(s).Find(words[1:])
			if err != nil || found.HasSubCommands() {
				t.Errorf("%s: the example %q names no verb: %v", c.CommandPath(), line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			}
			if found.Args == nil {
				continue
			}
			if err := found.Args(found, found.Flags().Args()); err != nil {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), line, err)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	s, _, _ := testState()
	walk(newRoot(s))
}

// shellWord is a word of a command line, in which quotes keep spaces.
var shellWord = regexp.MustCompile(`(?:'[^']*'|\S)+`)

// wordsBefore is how many words stand before the first that begins with one of
// the marks.
func wordsBefore(words []string, marks ...string) int {
	for i, w := range words {
		for _, m := range marks {
			if strings.HasPrefix(w, m) {
				return i
			}
		}
	}
	return len(words)
}

func TestInterruptible(t *testing.T) {
	defer goleak.VerifyNone(t)
	signals := make(chan os.Signal, 2)
	stopped := 0
	s, _, _ := testState()
	s.interrupts = func() (<-chan os.Signal, func()) { return signals, func() { stopped++ } }
	said := make(chan string, 2)

	ctx, abort, stop := s.interruptible(context.Background(), func(line string) { said <- line })
	if ctx.Err() != nil {
		t.Fatal("ended without a signal")
	}
	signals <- os.Interrupt
	<-ctx.Done()
	if got := <-said; got != endingNotice {
		t.Errorf("said %q", got)
	}
	select {
	case <-abort:
		t.Fatal("aborted by the first signal")
	default:
	}
	signals <- os.Interrupt
	<-abort
	if got := <-said; got != abortingNotice {
		t.Errorf("said %q", got)
	}
	stop()

	// Without a signal nothing stays behind.
	ctx, _, stop = s.interruptible(context.Background(), func(line string) { said <- line })
	stop()
	<-ctx.Done()
	ctx, stop = s.cancellable(context.Background())
	signals <- os.Interrupt
	<-ctx.Done()
	stop()
	if stopped != 3 || len(said) != 0 {
		t.Errorf("stopped %d times, said %d more", stopped, len(said))
	}
}

// TestAborted: no verdict is printed, but what became of what was started.
func TestAborted(t *testing.T) {
	s, stdout, stderr := testState()
	code := s.fail(s.ended(&scenario.Result{Dir: "runs/x"}, &scenario.AbortedError{
		Removed: []string{"service a", "the docker cluster"}, Left: []string{"service b (it hangs)"},
	}, nil))
	want := "weir: aborted: removed service a, the docker cluster; left service b (it hangs); nothing was judged\n" +
		"      = hint: what there is of the run: weir report runs/x\n"
	if code != exitInconclusive || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit code %d, printed %q and %q", code, stdout, stderr)
	}
}

func TestPlace(t *testing.T) {
	tests := []struct {
		name           string
		kind           string
		addresses      []string
		env            map[string]string
		wantKind, want string
		wantError      string
	}{
		{name: "nothing"},
		{name: "flag", kind: "docker", wantKind: "docker"},
		{name: "environment", env: map[string]string{clusterEnv: "docker"}, wantKind: "docker"},
		{name: "flag wins", kind: "embedded", env: map[string]string{clusterEnv: "docker"}, wantKind: "embedded"},
		{name: "addresses alone", env: map[string]string{bootstrapEnv: "a:1,b:2"}, wantKind: "external", want: "a:1 b:2"},
		{name: "address flag alone", addresses: []string{"a:1"}, wantKind: "external", want: "a:1"},
		{name: "address flag wins", addresses: []string{"a:1"}, env: map[string]string{bootstrapEnv: "b:2", clusterEnv: "docker"}, wantKind: "external", want: "a:1"},
		{name: "kind flag makes addresses of the environment moot", kind: "embedded", env: map[string]string{bootstrapEnv: "b:2"}, wantKind: "embedded"},
		{name: "external by flag, addresses by environment", kind: "external", env: map[string]string{bootstrapEnv: "b:2"}, wantKind: "external", want: "b:2"},
		{name: "external, addresses in the scenario", kind: "external", wantKind: "external"},
		{name: "flags disagree", kind: "docker", addresses: []string{"a:1"}, wantError: "bootstrap addresses are for a cluster of kind external, not docker"},
		{name: "environment disagrees", env: map[string]string{clusterEnv: "embedded", bootstrapEnv: "a:1"}, wantError: "bootstrap addresses are for a cluster of kind external, not embedded"},
		{name: "no kind", env: map[string]string{clusterEnv: "podman"}, wantError: `WEIR_CLUSTER: there is no cluster of kind "podman"`},
		{name: "no port", addresses: []string{"a:1", "b"}, wantError: `bootstrap: "b" is no address`},
		{name: "empty address", env: map[string]string{bootstrapEnv: "a:1,"}, wantError: `bootstrap: "" is no address`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := runFlags{cluster: choice{value: tt.kind, valid: clusterKinds}, bootstrap: tt.addresses}
			err := f.place(func(name string) string { return tt.env[name] })
			if got := errorText(err); got != tt.wantError {
				t.Fatalf("error %q, want %q", got, tt.wantError)
			}
			if err == nil && (f.cluster.value != tt.wantKind || strings.Join(f.bootstrap, " ") != tt.want) {
				t.Errorf("%s at %v, want %s at %s", f.cluster.value, f.bootstrap, tt.wantKind, tt.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDescribeCluster(t *testing.T) {
	s, stdout, _ := testState()
	err := s.describe(&docker.DevCluster{
		Image: "apache/kafka:4.3.1", Config: map[string]string{"log.segment.bytes": "1048576", "auto.create.topics.enable": "true"},
		Bootstrap: []string{"127.0.0.1:21000", "127.0.0.1:21001", "127.0.0.1:21002"},
		Nodes:     []docker.DevNode{{ID: 0, Address: "127.0.0.1:21000", Running: true}, {ID: 1, Address: "127.0.0.1:21001", Running: true, Paused: true}, {ID: 2, Address: "127.0.0.1:21002"}},
	})
	const want = `image      apache/kafka:4.3.1
config     auto.create.topics.enable=true
config     log.segment.bytes=1048576
broker 0   127.0.0.1:21000       running
broker 1   127.0.0.1:21001       paused
broker 2   127.0.0.1:21002       down
WEIR_BOOTSTRAP=127.0.0.1:21000,127.0.0.1:21001,127.0.0.1:21002
`
	if err != nil || stdout.String() != want {
		t.Errorf("%v\n%s", err, stdout)
	}
}

func TestFail(t *testing.T) {
	tests := []struct {
		name string
		err  error
		code int
		want string
	}{
		{"nothing", nil, 0, ""},
		{"verdict", exit(4), 4, ""},
		{"usage", usageError("try this", "no %s", "way"), 2, "weir: no way\n      = hint: try this\n"},
		{"reader gone", errReaderGone, 0, ""},
		{"infrastructure", &scenario.InfrastructureError{What: "starting", Err: os.ErrDeadlineExceeded}, 3, "weir: starting: i/o timeout\n"},
		{"interrupted", &scenario.InfrastructureError{What: "starting", Err: context.Canceled}, 3, "weir: starting: interrupted\n"},
		{"plan", &scenario.PlanError{Findings: []finding.Finding{{ID: "x/y", Severity: finding.Error, Message: "no"}}}, 2, "error: no [x/y]\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, stdout, stderr := testState()
			if code := s.fail(tt.err); code != tt.code || stderr.String() != tt.want || stdout.Len() > 0 {
				t.Errorf("exit code %d, want %d; stderr %q, want %q", code, tt.code, stderr, tt.want)
			}
		})
	}
}
