package sarif

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/flowweir/weir/reports/finding"
)

var digits = regexp.MustCompile(`[0-9]+`)

// fingerprints identifies each finding over commits: by rule, file and
// message. Numbers in messages are lines and indexes as often as anything
// else, and do not count. Findings that agree in all of this are numbered in
// their order.
func fingerprints(findings []finding.Finding) []string {
	seen := map[string]int{}
	marks := make([]string, len(findings))
	for i, f := range findings {
		file := ""
		if f.Position != nil {
			file = f.Position.File
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", f.ID, file, digits.ReplaceAllString(f.Message, "0")))
		mark := hex.EncodeToString(sum[:16])
		seen[mark]++
		marks[i] = fmt.Sprintf("%s:%d", mark, seen[mark])
	}
	return marks
}
