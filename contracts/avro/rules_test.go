package avro_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/avro"
	"github.com/flowweir/weir/contracts/compat"
)

var update = flag.Bool("update", false, "write the expectations of testdata/rules")

// TestRules compares the pairs of testdata/rules: the failing one has exactly
// the problems that the file says, of which one at least is of the rule, and
// the passing one has none.
func TestRules(t *testing.T) {
	for _, rule := range avro.Rules() {
		name := strings.TrimPrefix(rule.ID, "compat/")
		if name == "avro-depth" {
			continue // TestDepth, since its schemas are too long for a file
		}
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("testdata", "rules", name+".txtar")
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text := func(name string) string {
				i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
				if i < 0 {
					return ""
				}
				return string(archive.Files[i].Data)
			}
			problems := compare(t, text("fail/writer.avsc"), text("fail/reader.avsc"))
			got := describe(problems)
			if *update {
				archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "problems" })
				archive.Files = append(archive.Files, txtar.File{Name: "problems", Data: []byte(got)})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(text("problems"), got); diff != "" && !*update {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
			if !slices.ContainsFunc(problems, func(p compat.Problem) bool { return p.Rule == rule.ID }) {
				t.Errorf("the failing pair has no %s", rule.ID)
			}
			if problems := compare(t, text("pass/writer.avsc"), text("pass/reader.avsc")); len(problems) > 0 {
				t.Errorf("the passing pair has problems:\n%s", describe(problems))
			}
		})
	}
}

var verdicts = map[compat.Verdict]string{compat.Breaks: "breaks", compat.Open: "open", compat.Forgiven: "forgiven"}

func describe(problems []compat.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s %s\n  %s\n  hint: %s\n", p.Rule, verdicts[p.Verdict], p.Message, p.Hint)
		fmt.Fprintf(&b, "  writer: %q at %s\n  reader: %q at %s\n", p.Writer.Path, p.Writer.Position, p.Reader.Path, p.Reader.Position)
		if w := p.Witness; w != nil {
			fmt.Fprintf(&b, "  witness: %s = %x\n  outcome: %s\n", w.Document, w.Bytes, w.Outcome)
		}
	}
	return b.String()
}

// TestDepth compares two circles of records whose lengths have no common
// divisor: the pairs of their records do not come again for a million levels.
func TestDepth(t *testing.T) {
	writer, reader := circle(1000, "int"), circle(1001, "int")
	problems := compare(t, writer, reader)
	if len(problems) != 1 {
		t.Fatalf("problems:\n%s", describe(problems))
	}
	want := compat.Problem{
		Rule: "compat/avro-depth", Verdict: compat.Open,
		Message: "$.next.next.next.next.next.next.next.next.next.next.next.nex… lies more than 500 levels deep and was not compared",
		Hint:    "simplify the recursion of the schemas",
	}
	got := problems[0]
	got.Writer, got.Reader = compat.Place{}, compat.Place{}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problem (-want +got):\n%s", diff)
	}
	if result := (compat.Comparison{Problems: problems}).Result(); result != compat.Undecided {
		t.Errorf("result %s, want undecided", result)
	}
	if problems := compare(t, circle(100, "int"), circle(100, "long")); len(problems) > 0 {
		t.Errorf("circles of one length:\n%s", describe(problems))
	}
}

// circle is a record that leads back to itself over n others. All have the
// same name but for the namespace, so that any matches any.
func circle(n int, value string) string {
	var b strings.Builder
	b.WriteString(`{"type":"record","name":"root.R","fields":[{"name":"v","type":"` + value + `"}`)
	next := "root.R"
	for i := range n - 1 {
		name := fmt.Sprintf("n%d.R", i)
		fmt.Fprintf(&b, `,{"name":"f%d","default":null,"type":["null",{"type":"record","name":%q,"fields":[{"name":"v","type":%q},{"name":"next","default":null,"type":["null",%q]}]}]}`, i, name, value, next)
		next = name
	}
	fmt.Fprintf(&b, `,{"name":"next","default":null,"type":["null",%q]}]}`, next)
	return b.String()
}
