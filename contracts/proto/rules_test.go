package proto_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/proto"
)

var update = flag.Bool("update", false, "write what the rules find into testdata/rules")

// Every rule has a file of pairs of schemas: those of fail- cases break it,
// those of pass- cases break no rule, and those of forgiven- cases are compared
// leniently. All that is found is compared with the case's want.
func TestRules(t *testing.T) {
	for _, rule := range proto.Rules() {
		name := strings.TrimPrefix(rule.ID, "compat/proto-")
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", "rules", name+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			failing, passing := 0, 0
			for i := 0; i+2 < len(archive.Files); i += 3 {
				dir, want := filepath.Dir(archive.Files[i].Name), &archive.Files[i+2]
				comparison := compareCase(t, dir, archive, i)
				got := describe(comparison)
				switch kind, _, _ := strings.Cut(dir, "-"); kind {
				case "fail":
					failing++
					if !strings.Contains("\n"+got, "\n"+rule.ID+" ") {
						t.Errorf("%s does not break %s:\n%s", dir, rule.ID, got)
					}
				case "forgiven":
					if comparison.Result() != compat.Compatible || got == "" {
						t.Errorf("%s is not forgiven:\n%s", dir, got)
					}
				default:
					passing++
					if got != "" {
						t.Errorf("%s breaks:\n%s", dir, got)
					}
				}
				if *update {
					want.Data = []byte(got)
				}
				if diff := cmp.Diff(string(want.Data), got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", dir, diff)
				}
			}
			if failing == 0 || passing == 0 {
				t.Errorf("%d cases fail and %d pass", failing, passing)
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func compareCase(t *testing.T, dir string, archive *txtar.Archive, i int) compat.Comparison {
	t.Helper()
	fsys := files("writer.proto", string(archive.Files[i].Data), "reader.proto", string(archive.Files[i+1].Data))
	writer, reader := load(t, fsys, "writer.proto"), load(t, fsys, "reader.proto")
	head, _, _ := strings.Cut(string(archive.Comment), "\n")
	var options []proto.CompareOption
	if strings.HasPrefix(dir, "forgiven-") {
		options = append(options, proto.Lenient())
	}
	for _, o := range strings.Fields(strings.TrimPrefix(head, "options: ")) {
		switch o {
		case "json":
			options = append(options, proto.JSON())
		case "both":
			options = append(options, proto.Both())
		case "all":
			options = append(options, proto.AllMessages())
		case "unreserved":
			return proto.Unreserved(writer, reader)
		case "reused":
			return proto.Reused(writer, reader, options...)
		}
	}
	return proto.Compare(writer, reader, options...)
}

// describe writes all that a comparison says.
func describe(c compat.Comparison) string {
	var b strings.Builder
	for _, p := range c.Problems {
		verdict := map[compat.Verdict]string{compat.Breaks: "breaks", compat.Open: "is open", compat.Forgiven: "is forgiven"}[p.Verdict]
		fmt.Fprintf(&b, "%s %s: %s\n", p.Rule, verdict, p.Message)
		fmt.Fprintf(&b, "  writer %s %s\n  reader %s %s\n", p.Writer.Path, p.Writer.Position, p.Reader.Path, p.Reader.Position)
		if p.Witness != nil {
			fmt.Fprintf(&b, "  witness %s", p.Witness.Document)
			if p.Witness.Bytes != nil {
				fmt.Fprintf(&b, " = 0x%s", hex.EncodeToString(p.Witness.Bytes))
			}
			fmt.Fprintf(&b, "\n  outcome %s\n", p.Witness.Outcome)
		}
		fmt.Fprintf(&b, "  hint %s\n", p.Hint)
	}
	return b.String()
}

// The docs list every rule once.
func TestRulesAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "compatibility-protobuf.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range proto.Rules() {
		row := "\n| `" + strings.TrimPrefix(rule.ID, "compat/") + "` |"
		if n := strings.Count(string(page), row); n != 1 {
			t.Errorf("%s stands %d times in the tables", rule.ID, n)
		}
	}
}
