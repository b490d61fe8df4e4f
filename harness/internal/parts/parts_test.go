package parts_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/internal/parts"
)

// The specs of TestSuite tell in files of toldEnv's folder that they were
// played; one fails for failEnv, and one more is there for strayEnv.
const (
	toldEnv  = "WEIR_TEST_PARTS"
	failEnv  = "WEIR_TEST_PARTS_FAIL"
	strayEnv = "WEIR_TEST_PARTS_STRAY"
)

// TestSuite is what the other tests play, with flags of their own.
func TestSuite(t *testing.T) {
	if os.Getenv(toldEnv) == "" {
		t.Setenv(toldEnv, t.TempDir())
	}
	RegisterFailHandler(Fail)
	suite, reporter := GinkgoConfiguration()
	parts.Run(t, "parts", 2, suite, reporter)
}

var _ = Describe("a part", Label("meets"), func() {
	It("meets the other", func() {
		tell("meets the other")
		Eventually(fileOf("is met")).WithTimeout(time.Minute).Should(BeAnExistingFile())
	})
	It("has two specs", func() { tell("has two specs") })
})

var _ = Describe("another part", func() {
	It("is met", Label("meets"), func() {
		tell("is met")
		Eventually(fileOf("meets the other")).WithTimeout(time.Minute).Should(BeAnExistingFile())
	})
	It("may fail", func() {
		tell("may fail")
		Expect(os.Getenv(failEnv)).To(BeEmpty())
	})
})

var _ = Describe("a third part", func() {
	It("reads", func() {
		tell("reads")
		_, err := os.ReadFile(filepath.Join("..", "parts", "parts.go"))
		Expect(err).NotTo(HaveOccurred())
		_, err = os.Stat("parts_test.go")
		Expect(err).NotTo(HaveOccurred())
	})
})

// Without a container, which Run refuses.
var _ = os.Getenv(strayEnv) != "" && It("is astray", func() { tell("is astray") })

func fileOf(spec string) string { return filepath.Join(os.Getenv(toldEnv), spec) }

// tell adds a line to the file of a spec: the process that plays it.
func tell(spec string) {
	GinkgoHelper()
	file, err := os.OpenFile(fileOf(spec), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	Expect(err).NotTo(HaveOccurred())
	_, err = fmt.Fprintln(file, os.Getpid())
	Expect(err).NotTo(HaveOccurred())
	Expect(file.Close()).To(Succeed())
}

// played plays TestSuite in a process of its own. It answers with what each spec
// told, and with what the process said.
func played(t *testing.T, flags ...string) (told map[string]string, said string, err error) {
	t.Helper()
	dir := t.TempDir()
	process := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestSuite$", "-test.v", "-ginkgo.no-color"}, flags...)...)
	process.Env = append(os.Environ(), toldEnv+"="+dir)
	out, err := process.CombinedOutput()
	files, globErr := filepath.Glob(filepath.Join(dir, "*"))
	if globErr != nil {
		t.Fatal(globErr)
	}
	told = map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		told[filepath.Base(file)] = string(text)
	}
	return told, string(out), err
}

// subtests are the parts that passed or failed.
func subtests(said string) []string {
	var found []string
	for line := range strings.Lines(said) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "--- ") && strings.Contains(line, "TestSuite/") {
			found = append(found, line[len("--- "):strings.LastIndexByte(line, ' ')])
		}
	}
	return found
}

func TestEachSpecIsPlayedOnceBesideThoseOfOtherParts(t *testing.T) {
	g := NewWithT(t)
	told, said, err := played(t)
	g.Expect(err).NotTo(HaveOccurred(), said)
	g.Expect(told).To(HaveLen(5))
	g.Expect(told).To(HaveEach(MatchRegexp(`^\d+\n$`)))
	g.Expect(told["meets the other"]).To(Equal(told["has two specs"]))
	g.Expect(told["is met"]).To(Equal(told["may fail"]))
	g.Expect([]string{told["is met"], told["reads"]}).NotTo(ContainElement(told["meets the other"]))
	g.Expect(told["is met"]).NotTo(Equal(told["reads"]))
	g.Expect(subtests(said)).To(ConsistOf("PASS: TestSuite/a_part", "PASS: TestSuite/another_part", "PASS: TestSuite/a_third_part"))
}

func TestASpecThatFailsFailsItsPartAndTheSuite(t *testing.T) {
	g := NewWithT(t)
	t.Setenv(failEnv, "1")
	told, said, err := played(t)
	g.Expect(err).To(MatchError("exit status 1"))
	g.Expect(told).To(HaveLen(5))
	g.Expect(subtests(said)).To(ConsistOf("FAIL: TestSuite/another_part", "PASS: TestSuite/a_part", "PASS: TestSuite/a_third_part"))
	g.Expect(said).To(ContainSubstring("[FAIL] another part [It] may fail"))
	g.Expect(said).To(ContainSubstring("--- FAIL: TestSuite ("))
}

func TestFlagsChooseSpecsOfEachPart(t *testing.T) {
	g := NewWithT(t)
	told, said, err := played(t, "-ginkgo.label-filter=meets")
	g.Expect(err).NotTo(HaveOccurred(), said)
	g.Expect(told).To(And(HaveLen(3), HaveKey("meets the other"), HaveKey("has two specs"), HaveKey("is met")))
	g.Expect(subtests(said)).To(ConsistOf("PASS: TestSuite/a_part", "PASS: TestSuite/another_part"))
}

func TestWhatIsOfTheWholeSuiteIsPlayedInOneProcess(t *testing.T) {
	report := filepath.Join(t.TempDir(), "report.json")
	for name, flags := range map[string][]string{
		"a spec":    {"-ginkgo.focus=reads"},
		"a report":  {"-ginkgo.label-filter=!meets", "-ginkgo.json-report=" + report},
		"a profile": {"-ginkgo.label-filter=!meets", "-test.cpuprofile=" + filepath.Join(t.TempDir(), "cpu")},
		"a file":    {"-ginkgo.label-filter=!meets", "-ginkgo.focus-file=parts_test.go"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			told, said, err := played(t, flags...)
			g.Expect(err).NotTo(HaveOccurred(), said)
			g.Expect(told).To(HaveKey("reads"))
			g.Expect(told).To(HaveEach(told["reads"]))
			g.Expect(subtests(said)).To(BeEmpty())
		})
	}
	if _, err := os.Stat(report); err != nil {
		t.Error(err)
	}
}

func TestASpecOutsideOfAContainerIsRefused(t *testing.T) {
	g := NewWithT(t)
	t.Setenv(strayEnv, "1")
	told, said, err := played(t)
	g.Expect(err).To(MatchError("exit status 1"))
	g.Expect(told).To(BeEmpty())
	g.Expect(said).To(MatchRegexp(`parts_test.go:\d+: the spec "is astray" is in no container: put it into a Describe`))
}

func TestWhatPartsReadIsInTheLogOfTheSuite(t *testing.T) {
	g := NewWithT(t)
	log := filepath.Join(t.TempDir(), "log")
	_, said, err := played(t, "-test.testlogfile="+log)
	g.Expect(err).NotTo(HaveOccurred(), said)
	text, err := os.ReadFile(log)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(strings.Split(string(text), "\n")).To(ContainElements(
		"getenv "+failEnv, "open "+filepath.Join("..", "parts", "parts.go"), "stat parts_test.go"))
}
