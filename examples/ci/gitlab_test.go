package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// job is a job of GitLab CI.
type job struct {
	Variables    map[string]string `yaml:"variables"`
	BeforeScript []string          `yaml:"before_script"`
	Script       []string          `yaml:"script"`
	Artifacts    struct {
		Paths   []string `yaml:"paths"`
		Reports struct {
			JUnit []string `yaml:"junit"`
		} `yaml:"reports"`
	} `yaml:"artifacts"`
}

// goInstall stands in for the go command where the job installs weir, because
// no release of this tree is published: it installs the program that was built
// of it.
const goInstall = `#!/bin/sh
case "$1 $2" in
"install github.com/flowweir/weir/cmd/weir@v1.2.3") mkdir -p "$GO_STAND_IN/bin" && cp "$WEIR" "$GO_STAND_IN/bin/weir" ;;
"env GOPATH") echo "$GO_STAND_IN" ;;
*) exec "$GO" "$@" ;;
esac
`

// TestGitLab runs the scripts of the snippet, before_script and script in one
// shell, as GitLab's runner does.
func TestGitLab(t *testing.T) {
	weir := build(t)
	abs, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	goCommand, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	j := load[map[string]job](t, root+"/docs/weir.gitlab-ci.yml")["weir"]
	script := strings.Join(append(j.BeforeScript, j.Script...), "\n")
	for name, test := range map[string]struct {
		breaking bool
		code     int
	}{"harmless": {false, 0}, "breaking": {true, 1}} {
		t.Run(name, func(t *testing.T) {
			checkout, base := pullRequest(t, test.breaking)
			at := command{dir: checkout, env: gitEnv}
			at.must(t, "git", "fetch", "--quiet", "--unshallow") // GIT_DEPTH: 0
			bin := t.TempDir()
			program(t, filepath.Join(bin, "go"), goInstall)
			at.env = append(at.env, "PATH="+bin+":"+os.Getenv("PATH"), "GO_STAND_IN="+filepath.Join(bin, "go-path"), "GO="+goCommand,
				"WEIR="+weir, "CI_MERGE_REQUEST_DIFF_BASE_SHA="+base)
			for name, value := range j.Variables {
				at.env = append(at.env, name+"="+value)
			}
			at.env = append(at.env, "WEIR_VERSION=v1.2.3", "WEIR_SCENARIOS=scenario.yaml", "WEIR_VERIFY="+verify(abs))
			stdout, stderr, code := at.bash(t, script)
			if code != test.code {
				t.Errorf("exit code %d, want %d\n%s%s", code, test.code, stdout, stderr)
			}
			wants(t, stdout, "2 contracts against "+base[:12], "2 of 2 promises kept", "PASS  every listed invariant and objective held")
			reports(t, filepath.Join(checkout, "weir-reports"), test.breaking)
			golden(t, name+"-breaking.md", read(t, filepath.Join(checkout, "weir-reports", "breaking.md")))
			for _, pattern := range append(j.Artifacts.Paths, j.Artifacts.Reports.JUnit...) {
				if found, err := filepath.Glob(filepath.Join(checkout, pattern)); err != nil || len(found) == 0 {
					t.Errorf("%s: no such artifact (%v)", pattern, err)
				}
			}
		})
	}
}

// TestGitLabOnAPush: nothing is compared, and nothing is run.
func TestGitLabOnAPush(t *testing.T) {
	j := load[map[string]job](t, root+"/docs/weir.gitlab-ci.yml")["weir"]
	checkout, _ := pullRequest(t, true)
	bin := t.TempDir()
	program(t, filepath.Join(bin, "weir"), standIn)
	at := command{dir: checkout, env: append(gitEnv, "PATH="+bin+":"+os.Getenv("PATH"))}
	for name, value := range j.Variables {
		at.env = append(at.env, name+"="+value)
	}
	stdout, stderr, code := at.bash(t, "mkdir weir-reports\n"+strings.Join(j.Script, "\n"))
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	const want = "weir check . --format junit\nweir check . --format sarif\nweir check .\n"
	if got := read(t, filepath.Join(checkout, "asked")); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

// TestGitLabLinesDoNotCollide is TestLinesDoNotCollide of the snippet.
func TestGitLabLinesDoNotCollide(t *testing.T) {
	j := load[map[string]job](t, root+"/docs/weir.gitlab-ci.yml")["weir"]
	bin, checkout := t.TempDir(), t.TempDir()
	program(t, filepath.Join(bin, "weir"), standIn)
	at := command{dir: checkout, env: []string{
		"PATH=" + bin + ":" + os.Getenv("PATH"), "WEIR_PATHS=.", "WEIR_SCENARIOS=a/b.yaml a-b.yaml",
		"WEIR_VERIFY=shop/weir.yaml --skip retry\nshop/weir.yaml --run retry --failing shop.Placed",
	}}
	stdout, stderr, code := at.bash(t, "mkdir weir-reports\n"+strings.Join(j.Script, "\n"))
	if code != 0 {
		t.Fatalf("exit code %d\n%s%s", code, stdout, stderr)
	}
	const want = `weir check . --format junit
weir check . --format sarif
weir check .
weir verify shop/weir.yaml --skip retry --dir weir-reports/verify-1-shop-weir
weir verify shop/weir.yaml --run retry --failing shop.Placed --dir weir-reports/verify-2-shop-weir
weir run a/b.yaml --dir weir-reports/run-1-a-b
weir run a-b.yaml --dir weir-reports/run-2-a-b
`
	if got := read(t, filepath.Join(checkout, "asked")); got != want {
		t.Errorf("asked\n%s\nwant\n%s", got, want)
	}
}

// standIn stands in for weir: it notes what it is asked.
const standIn = "#!/bin/sh\necho \"weir $*\" >>asked\n"

// program writes a script that can be run.
func program(t *testing.T, file, text string) {
	t.Helper()
	write(t, file, text)
	if err := os.Chmod(file, 0o755); err != nil {
		t.Fatal(err)
	}
}
