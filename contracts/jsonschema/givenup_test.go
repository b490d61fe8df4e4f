package jsonschema_test

import (
	"testing"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/jsonschema"
)

// TestMatchingGivenUp: a pattern whose matching takes too long proves nothing,
// neither where it must match nor where it must not.
func TestMatchingGivenUp(t *testing.T) {
	const writer = `{"const": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}`
	const slow = `^(?:(?:(x)?a|a)+b\\1|a+)$`
	for name, reader := range map[string]string{
		"excluded":       `{"not": {"pattern": "` + slow + `"}}`,
		"on a condition": `{"if": {"pattern": "` + slow + `"}, "then": false}`,
	} {
		problems := jsonschema.Compare(mustLoad(t, writer), mustLoad(t, reader)).Problems
		if len(problems) != 1 || problems[0].Verdict != compat.Open {
			t.Errorf("%s: %v, want one that is open", name, problems)
		}
	}
}

// TestSurrogatesInPatterns: no text has lone surrogates, which patterns for
// UTF-16 name all the same.
func TestSurrogatesInPatterns(t *testing.T) {
	for _, pattern := range []string{`^[\\ud800-\\udbff][\\udc00-\\udfff]$`, `\\uD83D`, `[^\\uD83D]`, `[\\uD900-\\uFFFF]`, `\\uDFFF`, `[\\uDFFF-\\uE000]`} {
		odd, plain := mustLoad(t, `{"pattern": "`+pattern+`"}`), mustLoad(t, `{"pattern": "^a$"}`)
		jsonschema.Compare(odd, plain)
		jsonschema.Compare(plain, odd)
	}
}
