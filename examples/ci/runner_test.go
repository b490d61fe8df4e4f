package ci

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"
)

// command is a program in a directory, with variables beside those of this
// process.
type command struct {
	dir string
	env []string
}

// run answers what was printed, by stream, and the exit code.
func (c command) run(t *testing.T, name string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, append(os.Environ(), c.env...), &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return out.String(), errs.String(), exit.ExitCode()
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return out.String(), errs.String(), 0
}

// bash runs a script as both services do: it ends with the first command that
// fails.
func (c command) bash(t *testing.T, script string) (stdout, stderr string, code int) {
	t.Helper()
	return c.run(t, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
}

func (c command) must(t *testing.T, name string, args ...string) string {
	t.Helper()
	stdout, stderr, code := c.run(t, name, args...)
	if code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s%s", name, strings.Join(args, " "), code, stdout, stderr)
	}
	return strings.TrimSpace(stdout)
}

// gitEnv makes commits the same each time, whoever runs the test.
var gitEnv = []string{
	"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
	"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_AUTHOR_DATE=2026-11-24T12:00:00Z",
	"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com", "GIT_COMMITTER_DATE=2026-11-24T12:00:00Z",
}

// pullRequest is a checkout as CI makes it, of the branch alone and without
// history, and the commit that the branch began at. Without breaking the
// branch changes a file that is no contract.
func pullRequest(t *testing.T, breaking bool) (checkout, base string) {
	t.Helper()
	origin, checkout := t.TempDir(), filepath.Join(t.TempDir(), "checkout")
	at := command{dir: origin, env: gitEnv}
	if err := os.CopyFS(origin, os.DirFS("testdata/before")); err != nil {
		t.Fatal(err)
	}
	at.must(t, "git", "init", "--quiet", "--initial-branch=main")
	at.must(t, "git", "add", "--all")
	at.must(t, "git", "commit", "--quiet", "--message=before")
	base = at.must(t, "git", "rev-parse", "HEAD")
	at.must(t, "git", "checkout", "--quiet", "-b", "change")
	if breaking {
		for _, file := range []string{"orders/placed.json", "orders/placed.example.json"} {
			write(t, filepath.Join(origin, file), read(t, filepath.Join("testdata/after", file)))
		}
	} else {
		write(t, filepath.Join(origin, "README"), "The shop.\n")
	}
	at.must(t, "git", "add", "--all")
	at.must(t, "git", "commit", "--quiet", "--message=after")
	at.must(t, "git", "clone", "--quiet", "--depth=1", "--branch=change", "file://"+origin, checkout)
	return checkout, base
}

// step is a step of a job or an action.
type step struct {
	Name string            `yaml:"name"`
	If   string            `yaml:"if"`
	Uses string            `yaml:"uses"`
	With map[string]string `yaml:"with"`

	Shell            string            `yaml:"shell"`
	Run              string            `yaml:"run"`
	WorkingDirectory string            `yaml:"working-directory"`
	Env              map[string]string `yaml:"env"`
}

// action is action.yml.
type action struct {
	Inputs map[string]struct {
		Default string `yaml:"default"`
	} `yaml:"inputs"`
	Runs struct {
		Steps []step `yaml:"steps"`
	} `yaml:"runs"`
}

func load[T any](t *testing.T, file string) T {
	t.Helper()
	var v T
	text, err := os.ReadFile(file)
	if err == nil {
		err = yaml.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// runner is the machine of a job.
type runner struct {
	checkout string
	// values are the expressions of the action and what they come to here.
	values  map[string]string
	path    string
	summary string
}

// expand evaluates the expressions in a text by looking them up; an unknown
// one fails the test.
func (r *runner) expand(t *testing.T, text string) string {
	t.Helper()
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, ok := r.values[name]
		if !ok {
			t.Fatalf("no value for the expression %q", name)
		}
		return value
	})
}

// do runs a step, unless its condition says no.
func (r *runner) do(t *testing.T, s step) (stdout string, code int, done bool) {
	t.Helper()
	if s.Run == "" || s.If != "" && r.expand(t, s.If) == "" {
		return "", 0, false
	}
	if s.Shell != "bash" {
		t.Fatalf("the step %q has shell %q, and a step of a composite action must have one", s.Name, s.Shell)
	}
	c := command{dir: r.checkout, env: append(slices.Clone(gitEnv), "PATH="+r.path, "GITHUB_STEP_SUMMARY="+r.summary)}
	if s.WorkingDirectory != "" {
		c.dir = r.expand(t, s.WorkingDirectory)
	}
	added := filepath.Join(t.TempDir(), "path")
	c.env = append(c.env, "GITHUB_PATH="+added)
	for name, value := range s.Env {
		c.env = append(c.env, name+"="+r.expand(t, value))
	}
	stdout, stderr, code := c.bash(t, s.Run)
	t.Logf("%s: exit code %d\n%s", s.Name, code, stderr)
	if f, err := os.Open(added); err == nil {
		for lines := bufio.NewScanner(f); lines.Scan(); {
			r.path = lines.Text() + string(os.PathListSeparator) + r.path
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return stdout, code, true
}

const baseOf = "inputs.against || github.event.pull_request.base.sha"

// newRunner is a machine with the checkout of a pull request.
func newRunner(t *testing.T, a action, breaking bool) *runner {
	t.Helper()
	checkout, base := pullRequest(t, breaking)
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	return &runner{
		checkout: checkout, path: os.Getenv("PATH"), summary: filepath.Join(t.TempDir(), "summary"),
		values: map[string]string{
			"github.action_path": abs, "runner.temp": programs(t), baseOf: base,
			"inputs.path": a.Inputs["path"].Default, "inputs.reports": a.Inputs["reports"].Default, "inputs.scenarios": "scenario.yaml\n",
			"inputs.verify": verify(abs), "!cancelled() && inputs.verify": "true", "!cancelled()": "true", "!cancelled() && inputs.scenarios": "true", "!cancelled() && (" + baseOf + ")": base,
		},
	}
}

// verify are the arguments of weir verify for a service: payment-service of
// this repository, and a few of its promises.
func verify(root string) string {
	flow := filepath.Join(root, "examples/order-flow")
	return flow + "/payment-service/weir.yaml --build " + flow + "/payment-service --env BROKERS={{.Bootstrap}} --with " + flow + "/order-service --run emitted|dead-letter:key\n"
}

// programs is where the step that builds weir puts it: once for all tests.
func programs(t *testing.T) string {
	t.Helper()
	dir, err := programDir()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// build runs the step that builds weir, and answers where it is.
func build(t *testing.T) string {
	t.Helper()
	weir := filepath.Join(programs(t), "weir", "weir")
	if _, err := os.Stat(weir); err == nil {
		return weir
	}
	a := load[action](t, root+"/action.yml")
	r := newRunner(t, a, false)
	for _, s := range a.Runs.Steps {
		if s.Name == "Build weir" {
			r.do(t, s)
		}
	}
	return weir
}

var programDir = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "weir-ci-test-") })

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := programDir(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// golden compares with a file of testdata/golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		write(t, file, got)
	}
	if want := read(t, file); got != want {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func wants(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%.2000s", part, text)
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
