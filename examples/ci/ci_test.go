// Package ci runs every shell step of the GitHub action (action.yml) and of the
// snippet for GitLab (docs/weir.gitlab-ci.yml) on a repository with two
// contracts and a pull request, as those services do.
package ci

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the steps print to testdata/golden")

const root = "../.."

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
				case "weir verify":
					wants(t, stdout, "::group::weir verify ", "2 of 2 promises kept", "::endgroup::\n")
				case "weir run":
					wants(t, stdout, "::group::weir run scenario.yaml\n", "PASS  every listed invariant and objective held\n", "::endgroup::\n")
				}
			}
			if want := []string{"Build weir", "Fetch what is compared with", "weir check", "weir breaking", "weir verify", "weir run"}; !slices.Equal(ran, want) {
				t.Errorf("ran %q, want %q", ran, want)
			}
			reports(t, filepath.Join(r.checkout, a.Inputs["reports"].Default), test.breaking)
			wants(t, read(t, r.summary), "every listed invariant and objective held", "2 of 2 promises kept")
		})
	}
}

// TestActionOfAnythingElse: on a push nothing is compared, and paths, of which
// one is missing, are passed on by themselves.
func TestActionOfAnythingElse(t *testing.T) {
	a := load[action](t, root+"/action.yml")
	r := newRunner(t, a, true)
	for _, absent := range []string{baseOf, "!cancelled() && (" + baseOf + ")", "!cancelled() && inputs.scenarios", "!cancelled() && inputs.verify"} {
		r.values[absent] = ""
	}
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

// TestLinesDoNotCollide: a contract that is verified in two ways, and scenarios
// whose names differ in their folders alone, have a directory for each call.
func TestLinesDoNotCollide(t *testing.T) {
	a := load[action](t, root+"/action.yml")
	r := newRunner(t, a, false)
	bin := t.TempDir()
	program(t, filepath.Join(bin, "weir"), standIn)
	r.path = bin + string(os.PathListSeparator) + r.path
	r.values["inputs.verify"] = "shop/weir.yaml --skip retry\nshop/weir.yaml --run retry --failing 'shop.Placed $.total=6 6'\n"
	r.values["inputs.scenarios"] = "a/b.yaml\n\na-b.yaml"
	for _, s := range a.Runs.Steps {
		if s.Name != "weir verify" && s.Name != "weir run" {
			continue
		}
		if stdout, code, done := r.do(t, s); code != 0 || !done {
			t.Errorf("%s: exit code %d, %t\n%s", s.Name, code, done, stdout)
		}
	}
	const want = `weir verify shop/weir.yaml --skip retry --dir weir-reports/verify-1-shop-weir
weir verify shop/weir.yaml --run retry --failing shop.Placed $.total=6 6 --dir weir-reports/verify-2-shop-weir
weir run a/b.yaml --dir weir-reports/run-1-a-b
weir run a-b.yaml --dir weir-reports/run-2-a-b
`
	if got := read(t, filepath.Join(r.checkout, "asked")); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
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
	for file, into := range map[string]*suites{"check.xml": &check, "run-1-scenario/junit.xml": &run} {
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
	wants(t, read(t, filepath.Join(dir, "run-1-scenario/report.html")), "<title>")
	verified, err := filepath.Glob(filepath.Join(dir, "verify-*", "junit.xml"))
	if err != nil || len(verified) != 1 {
		t.Errorf("JUnit of weir verify: %v (%v)", verified, err)
	}
}
