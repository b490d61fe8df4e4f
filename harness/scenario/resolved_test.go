package scenario

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/reports/finding"
)

// TestResolved: what a run keeps of a scenario is a scenario, of which the same
// run would keep the same.
func TestResolved(t *testing.T) {
	resolved := func(t *testing.T, s *Scenario) *Scenario {
		p, findings := Resolve(s)
		sound(t, findings)
		return p.resolved(7)
	}
	for _, file := range slices.Concat(glob(t, "../../examples/*/scenario*.yaml"), glob(t, "../../examples/durability/*.yaml")) {
		if filepath.Base(file) != "weir.yaml" { // a contract
			t.Run(filepath.Base(file), func(t *testing.T) { writtenAndRead(t, file, resolved) })
		}
	}
}

// TestEncoded: what is written of a scenario is read as the same one.
func TestEncoded(t *testing.T) {
	for _, file := range glob(t, "testdata/valid/*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			writtenAndRead(t, file, func(_ *testing.T, s *Scenario) *Scenario { return s })
		})
	}
}

func writtenAndRead(t *testing.T, file string, change func(*testing.T, *Scenario) *Scenario) {
	encode := func(s *Scenario) []byte {
		out, err := document.Encode(change(t, s))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	s, findings := LoadFile(file)
	sound(t, findings)
	first := encode(s)
	s, findings = Parse(file, first)
	sound(t, findings)
	if again := encode(s); string(again) != string(first) {
		t.Errorf("it became\n%s\nand then\n%s", first, again)
	}
}

func sound(t *testing.T, findings []finding.Finding) {
	t.Helper()
	for _, f := range findings {
		if f.Severity == finding.Error {
			t.Fatal(f)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, files, err)
	}
	return files
}
