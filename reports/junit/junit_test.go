package junit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/internal/sample"
	"github.com/flowweir/weir/reports/junit"
	"github.com/flowweir/weir/reports/run"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

func render(t *testing.T, s sample.Sample) []byte {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	rec, err := run.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := junit.Write(&b, rec); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	for name, s := range map[string]sample.Sample{"held.xml": sample.Held(), "broken.xml": sample.Broken(), "killed.xml": sample.Killed()} {
		got := render(t, s)
		path := filepath.Join("testdata", name)
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
			t.Errorf("%s differs; if the change is meant, run with -update and look at the difference. Got:\n%s", path, got)
		}
	}
}

// node is any XML element.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []node     `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (n node) attr(name string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// shape is the JUnit schema that Jenkins' xUnit plug-in and others validate
// against, as far as it says which element may stand where with what. It has no
// file and line, which readers of GitLab and GitHub take and others pass over.
var shape = map[string]struct {
	attrs    map[string]string // name to a regular expression
	required string
	children string // a regular expression over "a,b,b,"
}{
	"testsuites": {
		map[string]string{"name": `.*`, "tests": `\d+`, "failures": `\d+`, "errors": `\d+`, "time": `\d+\.\d{3}`}, "", `(testsuite,)*`,
	},
	"testsuite": {
		map[string]string{
			"name": `(?s).*`, "tests": `\d+`, "failures": `\d+`, "errors": `\d+`, "skipped": `\d+`,
			"time": `\d+\.\d{3}`, "timestamp": `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`, "hostname": `(?s).*`,
		}, "name tests failures errors time", `(properties,)?(testcase,)*(system-out,)?(system-err,)?`,
	},
	"properties": {nil, "", `(property,)*`},
	"property":   {map[string]string{"name": `[a-z.]+`, "value": `(?s).*`}, "name value", ``},
	"testcase": {
		map[string]string{"name": `(?s).+`, "classname": `(?s).+`, "time": `\d+\.\d{3}`,
			"file": `(?s).+`, "line": `[1-9]\d*`}, "name classname",
		`(skipped,|error,|failure,)?(system-out,)?(system-err,)?`,
	},
	"skipped":    {map[string]string{"message": `(?s).*`, "type": `.*`}, "", ``},
	"error":      {map[string]string{"message": `(?s).+`, "type": `inconclusive|vacuous`}, "message type", ``},
	"failure":    {map[string]string{"message": `(?s).+`, "type": `fail`}, "message type", ``},
	"system-out": {nil, "", ``},
}

func check(n node) error {
	name := n.XMLName.Local
	rule, ok := shape[name]
	if !ok {
		return fmt.Errorf("unknown element <%s>", name)
	}
	for _, a := range n.Attrs {
		pattern, ok := rule.attrs[a.Name.Local]
		if !ok {
			return fmt.Errorf("<%s> has the attribute %s", name, a.Name.Local)
		}
		if !regexp.MustCompile(`^(` + pattern + `)$`).MatchString(a.Value) {
			return fmt.Errorf("<%s %s=%q> does not match %s", name, a.Name.Local, a.Value, pattern)
		}
	}
	for _, r := range strings.Fields(rule.required) {
		if n.attr(r) == "" {
			return fmt.Errorf("<%s> lacks %s", name, r)
		}
	}
	var order strings.Builder
	for _, c := range n.Children {
		order.WriteString(c.XMLName.Local + ",")
		if err := check(c); err != nil {
			return err
		}
	}
	if !regexp.MustCompile(`^(` + rule.children + `)$`).MatchString(order.String()) {
		return fmt.Errorf("<%s> has children %s", name, order.String())
	}
	return nil
}

func TestShapeAndCounts(t *testing.T) {
	undated := sample.Killed()
	undated.Run.Name = "x"
	for name, s := range map[string]sample.Sample{
		"held": sample.Held(), "broken": sample.Broken(), "killed": sample.Killed(), "embedded": sample.Embedded(),
		"hostile": sample.Hostile(), "undated": undated,
	} {
		b := render(t, s)
		var root node
		if err := xml.Unmarshal(b, &root); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := check(root); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		suite := root.Children[0]
		got := map[string]int{}
		for _, c := range suite.Children {
			if c.XMLName.Local != "testcase" {
				continue
			}
			got["tests"]++
			for _, p := range c.Children {
				switch p.XMLName.Local {
				case "failure":
					got["failures"]++
				case "error":
					got["errors"]++
				case "skipped":
					got["skipped"]++
				}
			}
		}
		for _, attr := range []string{"tests", "failures", "errors", "skipped"} {
			if want := suite.attr(attr); strconv.Itoa(got[attr]) != want {
				t.Errorf("%s: %s=%s, counted %d", name, attr, want, got[attr])
			}
		}
		if red := got["failures"]+got["errors"] > 0; red == (s.Run.Verdict == finding.Pass) {
			t.Errorf("%s: verdict %q, red %v", name, s.Run.Verdict, red)
		}
	}
}

// TestUnjudgedObjective: what the run did not count must not turn it red, and
// what it could not judge must.
func TestUnjudgedObjective(t *testing.T) {
	for v, want := range map[finding.Verdict]string{
		"": "<skipped ", finding.Inconclusive: "<error ", finding.Vacuous: "<error ", finding.Fail: "<failure ",
	} {
		s := sample.Held()
		s.Results.Objectives = []run.Objective{{Name: "publish.p99", Want: "≤ 5 ms", Note: "not judged (n < 10,000)", Verdict: v}}
		b := render(t, s)
		if !bytes.Contains(b, []byte(want+`message="not judged (n &lt; 10,000), wanted ≤ 5 ms"`)) {
			t.Errorf("verdict %q: no %s in\n%s", v, want, b)
		}
	}
}

// TestControlCharacters: service logs hold what XML does not allow.
func TestControlCharacters(t *testing.T) {
	s := sample.Broken()
	s.Run.Services[1].LastLines = []string{"\x1b[31mred\x00 ]]> \xff"}
	b := render(t, s)
	if !utf8.Valid(b) {
		t.Error("not UTF-8")
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
