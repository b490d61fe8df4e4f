// Package ci runs every shell step of the GitHub action (action.yml) and of the
// snippet for GitLab (docs/weir.gitlab-ci.yml) on a repository with two
// contracts and a pull request, as those services do.
package ci

import (
	"bufio"
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
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

var update = flag.Bool("update", false, "write what the steps print to testdata/golden")

const root = "../.."

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
			"!cancelled()": "true", "!cancelled() && inputs.scenarios": "true", "!cancelled() && (" + baseOf + ")": base,
		},
	}
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
	a := load[action](t, root+"/action.yml")
	r := newRunner(t, a, false)
	for _, s := range a.Runs.Steps {
		if s.Name == "Build weir" {
			r.do(t, s)
		}
	}
	return filepath.Join(programs(t), "weir", "weir")
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

// TestAction runs the shell steps of action.yml on a pull request.
func TestAction(t *testing.T) {
	a := load[action](t, root+"/action.yml")
	for name, test := range map[string]struct {
		breaking bool
		codes    map[string]int
	}{
		"harmless": {false, map[string]int{}},
		"breaking": {true, map[string]int{"weir check": 1, "weir breaking": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, a, test.breaking)
			var ran []string
			for _, s := range a.Runs.Steps {
				stdout, code, done := r.do(t, s)
				if !done {
					continue
				}
				ran = append(ran, s.Name)
				if want := test.codes[s.Name]; code != want {
					t.Errorf("%s: exit code %d, want %d\n%s", s.Name, code, want, stdout)
				}
				switch s.Name {
				case "weir check":
					golden(t, name+"-check.txt", stdout)
				case "weir breaking":
					golden(t, name+"-breaking.md", read(t, r.summary))
				case "weir run":
					wants(t, stdout, "::group::weir run scenario.yaml\n", "PASS  everything that was promised held\n", "::endgroup::\n")
				}
			}
			if want := []string{"Build weir", "Fetch what is compared with", "weir check", "weir breaking", "weir run"}; !slices.Equal(ran, want) {
				t.Errorf("ran %q, want %q", ran, want)
			}
			reports(t, filepath.Join(r.checkout, a.Inputs["reports"].Default), test.breaking)
			wants(t, read(t, r.summary), "everything that was promised held")
		})
	}
}

// TestActionOfAnythingElse: on a push nothing is compared, and paths, of which
// one is missing, are passed on by themselves.
func TestActionOfAnythingElse(t *testing.T) {
	a := load[action](t, root+"/action.yml")
	r := newRunner(t, a, true)
	r.values[baseOf], r.values["!cancelled() && ("+baseOf+")"], r.values["!cancelled() && inputs.scenarios"] = "", "", ""
	r.values["inputs.path"] = "orders\n\nno such directory\n"
	var ran []string
	for _, s := range a.Runs.Steps {
		_, code, done := r.do(t, s)
		if !done {
			continue
		}
		ran = append(ran, s.Name)
		if want := map[string]int{"weir check": 2}[s.Name]; code != want {
			t.Errorf("%s: exit code %d, want %d", s.Name, code, want)
		}
	}
	if want := []string{"Build weir", "weir check"}; !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
	wants(t, read(t, filepath.Join(r.checkout, "weir-reports", "check.sarif")), `"uri": "no%20such%20directory"`)
}

// TestUses: what the action passes to actions of others is what it wrote.
func TestUses(t *testing.T) {
	a := load[action](t, root+"/action.yml")
	var uses []string
	for _, s := range a.Runs.Steps {
		if s.Uses != "" {
			uses = append(uses, s.Uses)
		}
		switch s.Name {
		case "Upload findings to code scanning":
			if got := s.With["sarif_file"]; got != "${{ inputs.reports }}/check.sarif" || !strings.Contains(s.If, "format('{0}/check.sarif', inputs.reports)") {
				t.Errorf("uploads %s if %s", got, s.If)
			}
		case "Upload reports":
			if got := s.With["path"]; got != "${{ inputs.reports }}" {
				t.Errorf("uploads %s", got)
			}
		}
	}
	if want := []string{"actions/setup-go@v6", "github/codeql-action/upload-sarif@v4", "actions/upload-artifact@v6"}; !slices.Equal(uses, want) {
		t.Errorf("uses %q, want %q", uses, want)
	}
}

// TestWorkflow: the workflow of this repository gives the action inputs that it
// has, and paths that are there.
func TestWorkflow(t *testing.T) {
	a := load[action](t, root+"/action.yml")
	w := load[struct {
		Jobs map[string]struct {
			Steps []step `yaml:"steps"`
		} `yaml:"jobs"`
	}](t, root+"/.github/workflows/contracts.yml")
	used := false
	for _, s := range w.Jobs["weir"].Steps {
		if s.Uses != "./" {
			continue
		}
		used = true
		for name, value := range s.With {
			if _, ok := a.Inputs[name]; !ok {
				t.Errorf("the action has no input %s", name)
			}
			for line := range strings.Lines(value) {
				if _, err := os.Stat(filepath.Join(root, strings.TrimSpace(line))); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if !used {
		t.Error("the workflow does not use the action")
	}
}

// reports checks the files that are uploaded.
func reports(t *testing.T, dir string, breaking bool) {
	t.Helper()
	var sarif struct {
		Runs []struct {
			Results []struct {
				RuleID string `json:"ruleId"`
			} `json:"results"`
		} `json:"runs"`
	}
	if err := json.Unmarshal([]byte(read(t, filepath.Join(dir, "check.sarif"))), &sarif); err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, r := range sarif.Runs[0].Results {
		rules = append(rules, r.RuleID)
	}
	if slices.Contains(rules, "compat/json-type") != breaking {
		t.Errorf("SARIF has %q", rules)
	}
	type suites struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Failures int    `xml:"failures,attr"`
		} `xml:"testsuite"`
	}
	var check, run suites
	for file, into := range map[string]*suites{"check.xml": &check, "scenario/junit.xml": &run} {
		if err := xml.Unmarshal([]byte(read(t, filepath.Join(dir, file))), into); err != nil || len(into.Suites) == 0 {
			t.Errorf("%s: %d suites (%v)", file, len(into.Suites), err)
		}
	}
	failures := 0
	for _, s := range check.Suites {
		failures += s.Failures
	}
	if failures > 0 != breaking {
		t.Errorf("JUnit has %d failures", failures)
	}
	wants(t, read(t, filepath.Join(dir, "scenario/report.html")), "<title>")
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
