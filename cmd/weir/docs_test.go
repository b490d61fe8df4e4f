package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/harness/scenario"
)

// triedPages are those of which every command and every scenario is tried, as far as
// that needs no cluster.
var triedPages = []string{"from-benchmarks.md", "metrics.md", "compare.md", "run-directory.md", "chaos.md"}

// TestCommandsOfPages: verbs, flags and arguments of every weir command in a
// page exist, and flags of weir load make a scenario.
func TestCommandsOfPages(t *testing.T) {
	for _, page := range triedPages {
		commands := 0
		for _, block := range codeOf(t, page, "sh") {
			for line := range strings.Lines(block) {
				words := shellWords(line)
				if len(words) == 0 || words[0] != "weir" {
					continue
				}
				commands++
				s, _, _ := testState()
				found, rest, err := newRoot(s).Find(words[1:])
				if err == nil {
					err = found.ParseFlags(rest)
				}
				if err == nil {
					err = found.Args(found, found.Flags().Args())
				}
				if err != nil {
					t.Errorf("%s: %s: %v", page, line, err)
					continue
				}
				if found.Name() != "load" || found.Flags().Changed("baseline") {
					continue // a baseline is read before the scenario is made
				}
				s, out, errs := testState(append(words[1:], "--print-scenario")...)
				if code := execute(s); code != exitPass || !strings.HasPrefix(out.String(), "weir: scenario/v1\n") {
					t.Errorf("%s: %s: exit code %d\n%s", page, line, code, errs)
				}
			}
		}
		if commands == 0 {
			t.Errorf("%s has no command", page)
		}
	}
}

// TestScenariosOfPages: every whole scenario of a page can be run.
func TestScenariosOfPages(t *testing.T) {
	tried := 0
	for _, page := range triedPages {
		for _, block := range codeOf(t, page, "yaml") {
			if !strings.HasPrefix(block, "weir: scenario/v1\n") {
				continue
			}
			tried++
			sc, findings := scenario.Parse(page, []byte(block))
			if len(findings) == 0 {
				_, findings = scenario.Resolve(sc)
			}
			for _, f := range findings {
				t.Errorf("%s: %s: %s", page, f.Position, f.Message)
			}
		}
	}
	if tried == 0 {
		t.Error("no page has a scenario")
	}
}

// readPage is a page of docs.
func readPage(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRulesPageIsWhole: docs/rules.md has each rule of check that weir explain
// knows.
func TestRulesPageIsWhole(t *testing.T) {
	text, rules := readPage(t, "rules.md"), 0
	for _, p := range pages() {
		if !strings.HasPrefix(p.id, "check/") {
			continue
		}
		if rules++; !strings.Contains(text, "| [`"+p.id+"`](") {
			t.Errorf("docs/rules.md does not have %s", p.id)
		}
	}
	if rules < 80 {
		t.Errorf("there are %d rules", rules)
	}
}

// codeOf is the code blocks of a page in a language.
func codeOf(t *testing.T, page, language string) []string {
	t.Helper()
	var all []string
	for _, rest := range strings.Split(readPage(t, page), "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(rest, "\n```")
		all = append(all, block+"\n")
	}
	return all
}

// shellWords are the words of a line as a shell has them, up to a comment, a
// pipe or a redirection.
func shellWords(line string) []string {
	var words []string
	word, quote, some := "", rune(0), false
	end := func() {
		if some {
			words = append(words, word)
		}
		word, some = "", false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word += string(r)
		case r == '\'' || r == '"':
			quote, some = r, true
		case strings.ContainsRune(" \t\n", r):
			end()
		case !some && strings.ContainsRune("#|>", r):
			return words
		default:
			word, some = word+string(r), true
		}
	}
	end()
	return words
}
