package baseline_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/flowweir/weir/contracts/baseline"
	"github.com/flowweir/weir/reports/finding"
)

// What is found today is accepted; tomorrow only the rest counts.
func Example() {
	dir, err := os.MkdirTemp("", "baseline")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	file := filepath.ToSlash(filepath.Join(dir, "weir.baseline"))

	found := func(line int, message string) finding.Finding {
		return finding.Finding{
			ID: "check/event-unproduced", Severity: finding.Error, Message: message,
			Position: &finding.Position{File: filepath.ToSlash(filepath.Join(dir, "weir.yaml")), Line: line},
		}
	}
	today := []finding.Finding{found(4, "no contract produces A")}
	if err := baseline.Take(file, today, nil).Write(); err != nil {
		fmt.Println(err)
		return
	}

	accepted, _ := baseline.Read(file)
	tomorrow := []finding.Finding{found(9, "no contract produces A"), found(12, "no contract produces B")}
	for _, f := range accepted.Apply(tomorrow, nil) {
		fmt.Printf("line %d: %s: %s\n", f.Position.Line, f.Severity, f.Message)
	}
	// Output:
	// line 9: info: no contract produces A (accepted by the baseline)
	// line 12: error: no contract produces B
}
