// Package parts runs the specs of a Ginkgo suite in several processes at once.
// Ginkgo plays one spec at a time in a process, and go test starts one process
// for a package: while a spec waits for its brokers, the machine is idle.
//
// A part is what stands in one container at the top of a file, and its specs
// never overlap. Each part is a subtest, played by the test's own program. It is not
// for specs that hold times against bounds, or that expect to be alone with
// something of the machine.
//
// The Ginkgo command (ginkgo -p) would not do instead: it plays the tests of
// testing.T that stand beside the suite once in each process, and specs of one
// container at the same time; and go test alone, with -race, its cache, in an
// editor and in the other lines of the Makefile, would play the suite one spec
// after the other.
package parts

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
)

// partEnv makes the program play one part: its place, as Ginkgo filters files.
const partEnv = "WEIR_SPECS_PART"

// unreleased is how long output may be open once a part has ended. A process
// that it left behind holds it open.
const unreleased = 10 * time.Second

// part is a container at the top of a file.
type part struct {
	place, text string
	specs       int
}

// Run plays the suite, atOnce parts at a time. A part's process gets the flags
// of this one. Where a flag asks for something of the whole suite, such as its
// coverage, or for certain specs, they are played here, where a debugger is.
func Run(t *testing.T, description string, atOnce int, suite types.SuiteConfig, reporter types.ReporterConfig) {
	if place := os.Getenv(partEnv); place != "" {
		// Programs that the specs start are no parts.
		if err := os.Unsetenv(partEnv); err != nil {
			t.Fatal(err)
		}
		suite.FocusFiles = []string{place}
		ginkgo.RunSpecs(t, description, suite, reporter)
		return
	}
	if whole(suite, reporter) {
		ginkgo.RunSpecs(t, description, suite, reporter)
		return
	}
	// Behind a preview, Ginkgo would forget what is in no container.
	parts, err := partsOf(ginkgo.PreviewSpecs(description, suite, reporter))
	if err != nil {
		t.Fatal(err)
	}
	var playing sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for _, p := range parts {
		slots <- struct{}{}
		playing.Go(func() {
			defer func() { <-slots }()
			t.Run(p.text, p.play)
		})
	}
	playing.Wait()
}

// partsOf are the parts of which a spec is to run, those with many specs first.
func partsOf(report types.Report) ([]part, error) {
	var parts []part
	at := map[string]int{}
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType != types.NodeTypeIt || spec.State.Is(types.SpecStateSkipped|types.SpecStatePending) {
			continue
		}
		if len(spec.ContainerHierarchyTexts) == 0 {
			return nil, fmt.Errorf("%s: the spec %q is in no container: put it into a Describe", spec.LeafNodeLocation, spec.LeafNodeText)
		}
		location := spec.ContainerHierarchyLocations[0]
		file := filepath.Base(location.FileName)
		place := fmt.Sprintf(`(^|[/\\])%s$:%d`, regexp.QuoteMeta(file), location.LineNumber)
		i, known := at[place]
		if !known {
			i = len(parts)
			at[place] = i
			parts = append(parts, part{place: place, text: spec.ContainerHierarchyTexts[0]})
		}
		parts[i].specs++
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(b.specs, a.specs) })
	return parts, nil
}

// profiles are the flags of go test, beside -cover, that write one file for all
// that ran.
var profiles = []string{"test.blockprofile", "test.cpuprofile", "test.memprofile", "test.mutexprofile", "test.trace"}

// whole says whether something is asked that parts cannot give.
func whole(suite types.SuiteConfig, reporter types.ReporterConfig) bool {
	return suite.DryRun || len(suite.FocusFiles) > 0 || len(suite.FocusStrings) > 0 || reporter.WillGenerateReport() || testing.CoverMode() != "" ||
		slices.ContainsFunc(profiles, func(name string) bool { return flag.Lookup(name).Value.String() != "" })
}

// play runs a process that plays the part.
func (p part) play(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	test, _, _ := strings.Cut(t.Name(), "/")
	used := ""
	if flag.Lookup("test.testlogfile").Value.String() != "" {
		used = filepath.Join(t.TempDir(), "used")
	}
	args := append(slices.Clone(os.Args[1:]), "-test.run=^"+test+"$", "-test.count=1", "-test.v=false", "-test.testlogfile="+used)
	if deadline, ok := t.Deadline(); ok {
		// It has time to say where it stood still.
		args = append(args, "-test.timeout="+(time.Until(deadline)*9/10).String())
	}
	process := exec.CommandContext(t.Context(), program, args...)
	process.Env = append(os.Environ(), partEnv+"="+p.place)
	process.WaitDelay = unreleased
	out, err := process.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatal(err)
	}
	if used != "" {
		if err := use(used); err != nil {
			t.Fatal(err)
		}
	}
}

// use reads what a part has read of the environment and of files, as its log
// has it: go test caches the result for as long as that is the same, and sees
// only what this process reads.
func use(log string) error {
	file, err := os.Open(log)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	dir := ""
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		verb, name, _ := strings.Cut(lines.Text(), " ")
		if verb == "getenv" {
			_ = os.Getenv(name)
			continue
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		switch verb {
		case "chdir":
			dir = name
		case "stat":
			_, _ = os.Stat(name)
		case "open":
			if used, err := os.Open(name); err == nil {
				_ = used.Close()
			}
		}
	}
	return lines.Err()
}
