package sarif_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	js "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/sarif"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

var tool = sarif.Tool{Version: "1.2.3", Command: "check", Rules: []sarif.Rule{
	{ID: "check/need-missing", Severity: finding.Error, Summary: "A consumer needs a field that the producer does not promise.", Help: "Change the contract or its schema."},
	{ID: "check/key-optional", Severity: finding.Warning, Summary: "The record key is made of a field that events may leave out."},
	{ID: "check/unused", Severity: finding.Error, Summary: "Found nothing here."},
}}

func write(t *testing.T, findings []finding.Finding) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sarif.Write(&b, findings, tool); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for name, findings := range map[string][]finding.Finding{"none.sarif": nil, "findings.sarif": sample.Findings()} {
		got, path := write(t, findings), "testdata/"+name
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; got:\n%s", path, got)
		}
	}
}

// standard is the standard's own schema of a log, formats included.
func standard(t *testing.T) *js.Schema {
	t.Helper()
	const file = "testdata/sarif-2.1.0-rtm.5.json"
	compiler := js.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func decode(t *testing.T, log []byte) any {
	t.Helper()
	v, err := js.UnmarshalJSON(bytes.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestValidByTheStandard(t *testing.T) {
	schema := standard(t)
	for name, findings := range map[string][]finding.Finding{"none": nil, "every shape": sample.Findings(), "hostile": sample.HostileFindings()} {
		if err := schema.Validate(decode(t, write(t, findings))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The schema can fail.
	broken := strings.Replace(string(write(t, sample.Findings())), `"level": "error"`, `"level": "fatal"`, 1)
	if err := schema.Validate(decode(t, []byte(broken))); err == nil {
		t.Error("a level that does not exist is valid")
	}
}

// results are the parts of a log that the tests below look at.
func results(t *testing.T, findings []finding.Finding) []struct {
	RuleID  string
	Message struct{ Text string }
	Prints  map[string]string `json:"partialFingerprints"`
} {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID  string
				Message struct{ Text string }
				Prints  map[string]string `json:"partialFingerprints"`
			}
		}
	}
	if err := json.Unmarshal(write(t, findings), &log); err != nil {
		t.Fatal(err)
	}
	return log.Runs[0].Results
}

func TestFingerprints(t *testing.T) {
	mark := func(findings ...finding.Finding) []string {
		var all []string
		for _, r := range results(t, findings) {
			all = append(all, r.Prints["weir/v1"])
		}
		return all
	}
	at := func(file string, line int) *finding.Position {
		return &finding.Position{File: file, Line: line, Column: 1}
	}
	base := finding.Finding{ID: "a/b", Message: "produces[0] has x, first in line 4", Position: at("weir.yaml", 9)}
	moved := finding.Finding{ID: "a/b", Message: "produces[12] has x, first in line 40", Position: at("weir.yaml", 90), Hint: "new"}
	want := mark(base)[0]
	if got := mark(moved)[0]; got != want {
		t.Errorf("a finding that moved is %s, was %s", got, want)
	}
	twice := mark(base, moved)
	if twice[0] != want || twice[1] == want || strings.TrimSuffix(twice[1], "2") != strings.TrimSuffix(want, "1") {
		t.Errorf("two equal findings are %v, one is %s", twice, want)
	}
	for name, other := range map[string]finding.Finding{
		"rule":     {ID: "a/c", Message: base.Message, Position: base.Position},
		"file":     {ID: "a/b", Message: base.Message, Position: at("other.yaml", 9)},
		"message":  {ID: "a/b", Message: "produces[0] has y, first in line 4", Position: base.Position},
		"no place": {ID: "a/b", Message: base.Message},
	} {
		if mark(other)[0] == want {
			t.Errorf("another %s gives the same fingerprint", name)
		}
	}
}

// TestTextsStayText: no link, no placeholder, no control character.
func TestTextsStayText(t *testing.T) {
	findings := sample.HostileFindings()
	for i, r := range results(t, findings) {
		text := r.Message.Text
		plain := strings.NewReplacer("{{", "", "}}", "").Replace(text)
		if strings.ContainsAny(plain, "{}\x1b\x07\r") || strings.Contains(text, "](") {
			t.Errorf("%d: %q", i, text)
		}
	}
}

func TestPaths(t *testing.T) {
	for file, want := range map[string]string{
		"a/weir.yaml": "a/weir.yaml", "../b/weir.yaml": "../b/weir.yaml", "/abs/weir.yaml": "file:///abs/weir.yaml",
		"C:/repo/weir.yaml": "file:///C:/repo/weir.yaml", "a b/ü#?%.yaml": "a%20b/%C3%BC%23%3F%25.yaml", "x:y.yaml": "./x:y.yaml", ".": ".",
	} {
		got := string(write(t, []finding.Finding{{ID: "a/b", Severity: finding.Error, Message: "m", Position: &finding.Position{File: file}}}))
		if !strings.Contains(got, `"uri": "`+want+`"`) {
			t.Errorf("%s is not written as %s:\n%s", file, want, got)
		}
	}
}

func TestWriterFails(t *testing.T) {
	broken := errors.New("disk full")
	if err := sarif.Write(failing{broken}, sample.Findings(), tool); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
