package main

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/scenario"
)

// TestFlagsCannotBreakOut: whatever stands in a flag is one value of the
// scenario, never more of it.
func TestFlagsCannotBreakOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringMatching(`[a-z #:,{}\[\]"'\\&*!|>%@-]{1,12}`), rapid.StringN(1, 12, -1)).Filter(func(text string) bool {
			return strings.TrimSpace(text) != "" && !weightForm.MatchString(text) // which are no name
		}).Draw(t, "text")
		f := loadFlags{
			name: text, contracts: []string{text}, events: []string{text}, rate: "5/s", length: "1s",
			headers: []string{"a=" + text}, consumers: []string{"g:t"}, invariants: []string{"no-loss"},
		}
		src, err := f.scenario()
		if err != nil {
			t.Fatal(err)
		}
		sc, findings := scenario.Parse(madeOfFlags, src)
		if len(findings) > 0 && findings[0].ID == document.Encoding {
			return // refused: a control character
		}
		if len(findings) > 0 {
			t.Fatalf("%s\n%+v", src, findings)
		}
		if sc.Name != text || sc.Contracts[0] != text || sc.Load[0].Event != text || sc.Load[0].Headers["a"] != text {
			t.Fatalf("%q became %+v in\n%s", text, sc, src)
		}
	})
}
