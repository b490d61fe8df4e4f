package ecma_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/jsonschema/internal/ecma"
)

// TestAgreesWithGo holds the matcher to Go's regexp, on expressions that both
// read, and on the same with a back reference that changes nothing, so that
// both ways of matching are tried.
func TestAgreesWithGo(t *testing.T) {
	matched := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		expression := rapid.Custom(func(t *rapid.T) string { return drawExpression(t, 2) }).Filter(readByBoth).Draw(t, "expression")
		if rapid.Bool().Draw(t, "whole") { // else most expressions match most texts
			expression = "^(?:" + expression + ")$"
		}
		re := regexp.MustCompile(expression)
		p, err := ecma.Compile(expression)
		if err != nil {
			t.Fatal(err)
		}
		remembered, err := ecma.Compile(`(?:` + expression + `)()\` + "1")
		if err != nil {
			t.Fatal(err)
		}
		for range 8 {
			text := rapid.StringMatching(`[ab1_é ]{0,8}`).Draw(t, "text")
			want := re.MatchString(text)
			for _, m := range []*ecma.Pattern{p, remembered} {
				got, err := m.Match(text)
				if m == remembered && errors.Is(err, ecma.ErrSteps) {
					continue // what is remembered must be tried again
				}
				if err != nil || got != want {
					t.Fatalf("%s on %q: %v, %v; Go says %v", expression, text, got, err, want)
				}
			}
			matched[want]++
		}
	})
	if matched[true] == 0 || matched[false] == 0 { // how many is chance
		t.Errorf("all of one kind: %v", matched)
	}
}

func readByBoth(expression string) bool {
	_, err := regexp.Compile(expression)
	_, failed := ecma.Compile(expression)
	return err == nil && failed == nil
}

// drawExpression makes an expression of parts that mean the same to both. Its
// groups are not remembered, so that references count from 1.
func drawExpression(t *rapid.T, depth int) string {
	atoms := []string{"a", "b", "1", "é", ".", "[ab]", "[^a]", `\d`, `\w`, `\W`, `\s`, "[a-b1]", `\b`, `\B`, "^", "$", ""}
	var b strings.Builder
	for range rapid.IntRange(0, 3).Draw(t, "parts") {
		part := rapid.SampledFrom(atoms).Draw(t, "atom")
		if depth > 0 && rapid.Bool().Draw(t, "group") {
			part = "(?:" + drawExpression(t, depth-1)
			if rapid.Bool().Draw(t, "choice") {
				part += "|" + drawExpression(t, depth-1)
			}
			part += ")"
		}
		b.WriteString(part)
		if part != "" {
			b.WriteString(rapid.SampledFrom([]string{"", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?"}).Draw(t, "times"))
		}
	}
	return b.String()
}
