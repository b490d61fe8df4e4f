package orderflow_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
)

// TestPaymentByHand runs what by_hand_test.go does with a broker in process
// instead of one in a container, so that it is run everywhere.
func TestPaymentByHand(t *testing.T) {
	brokers, err := kfake.NewCluster(kfake.NumBrokers(3))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(brokers.Close)
	payByHand(t, brokers.ListenAddrs()...)
}

// TestLinesOfBoth: the pages that compare both ways have the lines that they
// take.
func TestLinesOfBoth(t *testing.T) {
	ours := lines(t, "flow_test.go", "TestPayment", "orderFlow", "consumer")
	byHand := lines(t, "by_hand_test.go")
	if ours >= byHand {
		t.Errorf("%d lines are no fewer than %d by hand", ours, byHand)
	}
	for page, want := range map[string]string{
		"go-test.md":          fmt.Sprintf("`TestPayment` takes %d lines, with what starts both services; by hand it takes %d,", ours, byHand),
		"from-other-tools.md": fmt.Sprintf("%d lines and %d.", ours, byHand),
	} {
		text, err := os.ReadFile("../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("docs/%s does not have %q", page, want)
		}
	}
}

var blank = regexp.MustCompile(`^\s*(//.*)?$`)

// lines counts those of functions of a file, of all without names, that are
// neither blank nor a comment alone.
func lines(t *testing.T, file string, names ...string) int {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all, n, found := strings.Split(string(text), "\n"), 0, 0
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || names != nil && !slices.Contains(names, f.Name.Name) {
			continue
		}
		found++
		for _, line := range all[files.Position(f.Pos()).Line-1 : files.Position(f.End()).Line] {
			if !blank.MatchString(line) {
				n++
			}
		}
	}
	if names != nil && found != len(names) {
		t.Fatalf("%s has %d of %q", file, found, names)
	}
	return n
}
