package sample

import (
	"strings"
	"time"

	"github.com/flowweir/weir/reports/finding"
)

// Findings are findings of every shape: with and without a place, related
// places, a counter-example, a record, several at one place, and each
// severity.
func Findings() []finding.Finding {
	weir := func(line, column int, source string) *finding.Position {
		return &finding.Position{File: "payment-service/weir.yaml", Line: line, Column: column, Source: source}
	}
	return []finding.Finding{
		{
			ID: "check/need-missing", Severity: finding.Error, Hint: "require it in the producer's schema",
			Message:  "payment-service needs $.betrag[0] of com.acme.order.OrderPlaced, but the schema of order-service does not allow it",
			Position: weir(7, 16, "  - {note: \"für 😀\", needs: [\"$.betrag[0]\"]}"),
			Related: []finding.Related{{
				Position: finding.Position{File: "order-service/schemas/order placed.json", Line: 3, Column: 5, Source: `    "properties": {`},
				Message:  "what order-service promises",
			}},
		},
		{
			ID: "compat/json-type", Severity: finding.Error, Message: "amount was a string and is an integer", Hint: "add a new field instead",
			Position: &finding.Position{File: "schemas/new.json", Line: 4, Column: 5, Source: `    "type": "integer"`},
			Related: []finding.Related{{
				Position: finding.Position{File: "schemas/old.json", Line: 4, Column: 5, Source: `    "type": "string"`},
				Message:  "what it was",
			}},
			Counterexample: &finding.Counterexample{
				Writer: "schemas/old.json", Reader: "schemas/new.json", Document: "{\n  \"amount\": \"7\"\n}", Bytes: []byte{2, '7'},
				Outcome: "refused: /amount is of type string, must be integer",
			},
		},
		{
			ID: "contract/duplicate", Severity: finding.Error, Message: "produces has this interaction twice, first in line 4",
			Position: weir(9, 5, "  - {event: com.acme.Paid, topic: payments}"),
		},
		{
			ID: "contract/duplicate", Severity: finding.Error, Message: "produces has this interaction twice, first in line 4",
			Position: weir(12, 5, "  - {event: com.acme.Paid, topic: payments}"),
		},
		{ID: "check/key-optional", Severity: finding.Warning, Message: "100% of the keys may be left out", Position: &finding.Position{File: "order-service/weir.yaml", Line: 5}},
		{ID: "contract/none-found", Severity: finding.Warning, Message: "no contract in .", Position: &finding.Position{File: "."}},
		{ID: "compat/json-undecided", Severity: finding.Undecided, Message: "whether a new reader takes every name is undecided", Position: &finding.Position{File: "schemas/new.json", Line: 5, Column: 3, Source: `  "pattern": "^(a|b)+$"`}},
		{ID: "check/need-unchecked", Severity: finding.Info, Message: "the schema is in a registry (waived until 2027-01-31: it moves)"},
		{
			ID: "no-loss", Severity: finding.Error, Message: "1 acknowledged record is not in the log",
			Record: &finding.Record{
				Topic: "order.events", Partition: 3, Offset: 812, Key: "order-7", Sender: "load-0", Sequence: 41,
				Story: []finding.Step{{At: 1500 * time.Millisecond, What: "due"}},
			},
		},
	}
}

// HostileFindings are findings whose texts all try to break out of the view:
// by the markup of documents, by commands of CI systems, by controlling the
// terminal.
func HostileFindings() []finding.Finding {
	texts := append([]string{
		"a\n::error file=x::pwned",
		"##[error]pwned",
		"\x1b[31mred\x07\r\n::stop-commands::t\r::set-output name=a::b",
		"[click](https://evil.example) @everyone #1 {0} {{1}}",
		"a,line=9,title=b: 100%0A::warning::c",
		"\xff\xfe not UTF-8",
		strings.Repeat("long ", 450),
	}, HostileStrings...)
	var all []finding.Finding
	for i, text := range texts {
		place := finding.Position{File: "dir/" + text, Line: i + 1, Column: i + 1, Source: text + text}
		all = append(all, finding.Finding{
			ID: "x/" + text, Severity: []finding.Severity{finding.Error, finding.Warning, finding.Info}[i%3], Message: text, Hint: text,
			Position: &place, Related: []finding.Related{{Position: place, Message: text}},
			Counterexample: &finding.Counterexample{Writer: text, Reader: text, Document: text, Outcome: text},
			Record:         &finding.Record{Topic: text, Key: text, Story: []finding.Step{{What: text}}},
		})
	}
	return all
}
