package finding

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write golden files")

func TestText(t *testing.T) {
	long := strings.Repeat("x", 100) + "HERE" + strings.Repeat("y", 100)
	tests := []struct {
		name     string
		findings []Finding
	}{
		{"none", nil},
		{"file", []Finding{{
			ID: "file/unknown-field", Severity: Error, Message: `produces[0] has no field "topc"`, Hint: `did you mean "topic"?`,
			Position: &Position{File: "order-service/weir.yaml", Line: 7, Column: 5, Source: "    topc: order.events"},
		}}},
		{"several", []Finding{
			{ID: "file/empty", Severity: Error, Message: "the file is empty", Position: &Position{File: "weir.yaml", Line: 1, Column: 1}},
			{ID: "contract/none-found", Severity: Warning, Message: "no contract in .", Position: &Position{File: "."}},
			{ID: "no-loss", Severity: Info, Message: "no place at all"},
		}},
		{"information", []Finding{
			{ID: "a", Severity: Error, Message: "first", Position: &Position{File: "f", Line: 1, Column: 1, Source: "x"}},
			{ID: "b", Severity: Info, Message: "short", Hint: "do this", Position: &Position{File: "f", Line: 2, Column: 1, Source: "y"},
				Related: []Related{{Position: Position{File: "f", Line: 3, Column: 1, Source: "z"}, Message: "there"}}},
			{ID: "b", Severity: Info, Message: "short, too", Position: &Position{File: "f", Line: 4, Column: 1, Source: "y"}},
			{ID: "c", Severity: Info, Message: "forgiven", Position: &Position{File: "f", Line: 5, Column: 1, Source: "z"},
				Counterexample: &Counterexample{Writer: "a", Reader: "b", Document: "1", Outcome: "refused"}},
		}},
		{"invisible", []Finding{
			{ID: "a", Severity: Error, Message: "JSON keeps its meaning", Counterexample: &Counterexample{Writer: "a", Reader: "b", Document: "{\t\"\u00a0\u200b\": \"\u202e\ue000\U000e0001é\u007f\"}", Outcome: "refused"}},
			{ID: "b", Severity: Error, Message: "other text does not", Counterexample: &Counterexample{Writer: "a", Reader: "b", Document: "a: \u00a0", Outcome: "refused"}},
			{ID: "c", Severity: Error, Message: "$.a\u202eb\u200b can be \a, \U000e0001", Hint: "none\u2028", Position: &Position{File: "x\u202e.json", Line: 1, Column: 16, Source: "{\"properties\": \"\u202ea\": 1}"}},
		}},
		{"related", []Finding{{
			ID: "file/duplicate-key", Severity: Error, Message: `the key "a" is there twice`, Hint: "keep one of them",
			Position: &Position{File: "weir.yaml", Line: 9, Column: 3, Source: "  a: 2"},
			Related:  []Related{{Position: Position{File: "weir.yaml", Line: 2, Column: 3, Source: "  a: 1"}, Message: "first here"}},
		}}},
		{"path", []Finding{
			{ID: "a", Severity: Error, Message: "in a contract", Position: (&Position{File: "weir.yaml", Line: 9, Column: 3, Source: "  $.total: integer"}).Naming("$.total"),
				Related: []Related{{Position: Position{File: "s.json", Line: 1, Column: 1, Path: "#"}, Message: Position{Path: "#"}.Of("the schema")}}},
			{ID: "b", Severity: Error, Message: "a header", Position: (&Position{File: "weir.yaml"}).Naming("header:tenant")},
			{ID: "c", Severity: Error, Message: "a key", Position: (&Position{File: "weir.yaml"}).Naming("key"),
				Related: []Related{{Position: Position{File: "weir.yaml"}, Message: Position{}.Of("the contract")}}},
			{ID: "d", Severity: Error, Message: "a message", Position: &Position{File: "s.proto", Path: "acme.Order"}},
			{ID: "e", Severity: Error, Message: "built in Go", Position: (*Position)(nil).Naming("$.total")},
		}},
		{"columns", []Finding{
			{ID: "tab", Severity: Error, Message: "a tab stays one", Position: &Position{File: "f", Line: 1, Column: 3, Source: "\t\tkey: v"}},
			{ID: "bytes", Severity: Error, Message: "columns count bytes, carets characters", Position: &Position{File: "f", Line: 1, Column: 7, Source: "ééé: x"}},
			{ID: "middle", Severity: Error, Message: "inside a character", Position: &Position{File: "f", Line: 1, Column: 2, Source: "é: x"}},
			{ID: "end", Severity: Error, Message: "after the end", Position: &Position{File: "f", Line: 1, Column: 99, Source: "short"}},
			{ID: "long", Severity: Error, Message: "a long line is cut", Position: &Position{File: "f", Line: 12345, Column: 101, Source: long}},
			{ID: "line", Severity: Error, Message: "a line without a column", Position: &Position{File: "f", Line: 3, Source: "text"}},
		}},
		{"hostile", []Finding{{
			ID: "file/encoding", Severity: Error, Message: "control \x1b[31mred\nnext", Hint: "\x07",
			Position: &Position{File: "a\x1bb", Line: 1, Column: 2, Source: "x\x1b]0;title\x07y"},
		}}},
		{"counterexample", []Finding{{
			ID: "compat/json-type", Severity: Error, Message: "amount may be a string", Hint: "add a new field instead",
			Position: &Position{File: "new.json", Line: 4, Column: 5, Path: "/properties/amount", Source: `    "type": "integer"`},
			Related:  []Related{{Position: Position{File: "old.json", Line: 4, Column: 5, Source: `    "type": "string"`}, Message: "/properties/amount in old.json"}},
			Counterexample: &Counterexample{
				Writer: "old.json", Reader: "new.json", Document: "{\n  \"amount\": \"a\x1b[31m\"\n}", Bytes: []byte{0x02, 0x61},
				Outcome: "refused: /amount is a string, not an integer",
			},
		}, {
			ID: "compat/json-type", Severity: Error, Message: "a long one is cut",
			Counterexample: &Counterexample{Writer: "a", Reader: "b", Document: strings.Repeat("d", 3000), Bytes: bytes.Repeat([]byte{0xff}, 101), Outcome: "refused"},
		}}},
		{"record", []Finding{{
			ID: "no-loss", Severity: Error, Message: "1 acknowledged record is not in the log",
			Record: &Record{
				Topic: "order.events", Partition: 3, Offset: 812, Key: "order-7", Sender: "load-0", Sequence: 41, EventID: "0190",
				Story: []Step{{1500 * time.Millisecond, "due"}, {1502 * time.Millisecond, "acked at order.events/3@812"}},
			},
		}, {
			ID: "no-loss", Severity: Error, Message: "never seen", Record: &Record{Topic: "order.events", Offset: -1},
		}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got bytes.Buffer
			if err := Text(&got, tt.findings); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", "text", tt.name+".txt")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
			}
		})
	}
}

// TestTextKeepsLines of a message, as compilers write them: below the first, and
// never where a line of Weir's own could stand.
func TestTextKeepsLines(t *testing.T) {
	var out strings.Builder
	message := "a does not build: exit status 1\n\t# example.com/a\r\n\t./main.go:3:15: undefined: \x1b[31mx\n\n"
	if err := Text(&out, []Finding{{ID: "scenario/build", Severity: Error, Message: message, Hint: "mend it"}}); err != nil {
		t.Fatal(err)
	}
	want := "error: a does not build: exit status 1 [scenario/build]\n" +
		margin + "  # example.com/a\n" + margin + "  ./main.go:3:15: undefined: \\u001b[31mx\n" + margin + "= hint: mend it\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestTextReportsAnErrorOfTheWriter(t *testing.T) {
	broken := errors.New("disk full")
	if err := Text(failing{broken}, []Finding{{ID: "x"}}); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestVisible: what cannot be seen, and bytes that are no characters, drive no
// terminal and look like nothing else.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"a\tb é 😀":              "a\tb é 😀",
		"a\x1b[31m\u202e\r\n\a": `a\u001b[31m\u202e\u000d\u000a\u0007`,
		"\U000e0041\u00a0":      `\udb40\udc41\u00a0`,
		"a\x9bb\xff":            "a\ufffdb\ufffd",
		"\x9b\x1b":              "\ufffd" + `\u001b`,
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}
