package graph_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/graph"
	"github.com/flowweir/weir/reports/finding"
)

var update = flag.Bool("update", false, "write golden files; look at the pictures before committing them")

// build makes the graph of the contracts in an archive, with the errors at the
// places that its file errors lists, one a line: FILE:LINE:COLUMN, and after a
// space the related places.
func build(t *testing.T, name string) *graph.Graph {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	set, problems := contracts.LoadDir(fsys, ".")
	if len(problems) > 0 {
		t.Fatalf("%+v", problems[0])
	}
	return graph.Build(set, errorsOf(t, archive))
}

func errorsOf(t *testing.T, archive *txtar.Archive) []finding.Finding {
	t.Helper()
	var all []finding.Finding
	for _, file := range archive.Files {
		if file.Name != "errors" {
			continue
		}
		for line := range strings.Lines(string(file.Data)) {
			f := finding.Finding{ID: "a/b", Severity: finding.Error}
			for i, word := range strings.Fields(line) {
				p := position(t, word)
				if i == 0 {
					f.Position = &p
				} else {
					f.Related = append(f.Related, finding.Related{Position: p})
				}
			}
			all = append(all, f)
		}
	}
	return all
}

func position(t *testing.T, text string) finding.Position {
	t.Helper()
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		t.Fatalf("%q is no place", text)
	}
	line, err1 := strconv.Atoi(parts[1])
	column, err2 := strconv.Atoi(parts[2])
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return finding.Position{File: parts[0], Line: line, Column: column}
}

func text(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func orphans(g *graph.Graph) string {
	var b strings.Builder
	for _, o := range g.Orphans {
		b.WriteString(o.String() + "\n")
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, name := range []string{"flow", "broken", "transports", "circle", "hostile"} {
		g := build(t, name)
		for ending, got := range map[string]string{
			"mmd": text(t, g.Mermaid), "dot": text(t, g.DOT), "svg": text(t, g.SVG), "orphans.txt": orphans(g),
		} {
			path := "testdata/" + name + "." + ending
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs; got:\n%s", path, got)
			}
		}
	}
}

// TestOrderOfFilesIsNothing: the same contracts give the same picture.
func TestOrderOfFilesIsNothing(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/flow.txtar")
	if err != nil {
		t.Fatal(err)
	}
	fsys, err := txtar.FS(archive)
	if err != nil {
		t.Fatal(err)
	}
	set, _ := contracts.LoadDir(fsys, ".")
	want := text(t, graph.Build(set, nil).SVG)
	for range 5 {
		slices.Reverse(set)
		set = append(set[1:], set[0])
		if got := text(t, graph.Build(set, nil).SVG); got != want {
			t.Fatal("another order gives another picture")
		}
	}
}

func TestEmpty(t *testing.T) {
	g := graph.Build(nil, nil)
	if got := text(t, g.Mermaid); !strings.HasPrefix(got, "flowchart LR\n") {
		t.Errorf("Mermaid is %q", got)
	}
	if got := text(t, g.DOT); !strings.HasPrefix(got, "digraph weir {\n") {
		t.Errorf("DOT is %q", got)
	}
	wellFormed(t, text(t, g.SVG))
}

// elements are those that a picture consists of.
var elements = []string{"svg", "title", "style", "defs", "marker", "path", "rect", "text"}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !slices.Contains(elements, start.Name.Local) {
			t.Errorf("the picture has a <%s>", start.Name.Local)
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Name.Local, "href") {
				t.Errorf("the picture has %s=%q", a.Name.Local, a.Value)
			}
		}
	}
}

// TestInert: text of others stays text in each language.
func TestInert(t *testing.T) {
	for _, name := range []string{"flow", "broken", "transports", "circle", "hostile"} {
		g := build(t, name)
		wellFormed(t, text(t, g.SVG))
		node := regexp.MustCompile(`^  [st][0-9]+(\[|\(\[)"[^"<>\x60]*(<br/>[^"<>\x60]*)*"(\]|\]\))$`)
		edge := regexp.MustCompile(`^  [st][0-9]+ (-->|-\.->|<-\.->)\|"[^"<>\x60]*(<br/>[^"<>\x60]*)*"\| [st][0-9]+$`)
		for i, line := range strings.Split(strings.TrimSuffix(text(t, g.Mermaid), "\n"), "\n") {
			ours := i == 0 || strings.HasPrefix(line, "  classDef ") || strings.HasPrefix(line, "  class ") || strings.HasPrefix(line, "  linkStyle ")
			if !ours && !node.MatchString(line) && !edge.MatchString(line) {
				t.Errorf("%s: Mermaid has the line %q", name, line)
			}
		}
		quoted := regexp.MustCompile(`"(\\["\\n]|&amp;|[^"\\&])*"`)
		plain := regexp.MustCompile(`^  ([st][0-9]+|node|edge|[st][0-9]+ -> [st][0-9]+) \[[a-z]+=Q?[a-z0-9]*(, [a-z]+=Q?[a-z0-9]*)*\]$`)
		for line := range strings.Lines(text(t, g.DOT)) {
			line = strings.TrimSuffix(line, "\n")
			rest := quoted.ReplaceAllString(line, "Q")
			if !plain.MatchString(rest) && line != "digraph weir {" && line != "}" && line != "  rankdir=LR" {
				t.Errorf("%s: DOT has the line %q", name, line)
			}
		}
	}
}

// TestBuild: what the graph says, without a picture.
func TestBuild(t *testing.T) {
	g := build(t, "broken")
	var got []string
	for _, e := range g.Edges {
		line := fmt.Sprintf("%s %s %s: %s", g.Services[e.Service].Name, e.Kind, g.Channels[e.Channel].Name, e.Event)
		if e.Broken {
			line = "broken: " + line
		}
		got = append(got, line)
	}
	want := []string{
		"ledger consumes orders: com.acme.OrderPlaced",
		"broken: shop produces orders: com.acme.OrderPaid",
		"broken: shop produces orders: com.acme.OrderPlaced",
		"shop consumes refunds: com.acme.Refunded",
		"broken: shop dead letters refunds: com.acme.Refunded",
		"shop retry refunds.retry: com.acme.Refunded",
		"till consumes orders: com.acme.OrderPaid",
		"broken: till consumes orders: com.acme.OrderPlaced",
		"broken: till consumes orders.old: com.acme.OrderPlaced",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
	if e := g.Services[2].Effects; len(e) != 1 || e[0] != (graph.Effect{Cause: "com.acme.OrderPlaced", Result: "com.acme.Rung", Broken: true}) {
		t.Errorf("the effects of till are %+v", e)
	}
	if c := g.Channels[2]; c.Name != "refunds" || c.Role != graph.Plain {
		t.Errorf("a topic that is consumed from is one of dead letters only: %+v", c)
	}
}

func TestWriterFails(t *testing.T) {
	broken := errors.New("disk full")
	g := build(t, "flow")
	for _, write := range []func(io.Writer) error{g.Mermaid, g.DOT, g.SVG} {
		if err := write(failing{broken}); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// BenchmarkSVG draws 200 services with 1,000 interactions.
func BenchmarkSVG(b *testing.B) {
	var set []*contracts.Contract
	for i := range 200 {
		c := &contracts.Contract{Service: contracts.Service{Name: fmt.Sprintf("service-%03d", i)}}
		topic := func(n int) contracts.Address {
			return contracts.Address{Kafka: &contracts.KafkaAddress{Topic: fmt.Sprintf("topic-%03d", n%200)}}
		}
		c.Produces = []contracts.Produces{{Event: fmt.Sprintf("e.Event%d", i), Address: topic(i)}}
		for k := range 4 {
			n := (i*7 + k*31) % 200
			c.Consumes = append(c.Consumes, contracts.Consumes{Event: fmt.Sprintf("e.Event%d", n), Address: topic(n)})
		}
		set = append(set, c)
	}
	for b.Loop() {
		if err := graph.Build(set, nil).SVG(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
