package ci

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)\n```sh\n(.*?)```\n")

// TestDocs runs the commands of docs/from-other-tools.md, each block in a
// checkout of the shop without changes.
func TestDocs(t *testing.T) {
	weir := build(t)
	blocks := shellBlock.FindAllStringSubmatch(read(t, root+"/docs/from-other-tools.md"), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of commands, want 2", len(blocks))
	}
	for _, block := range blocks {
		checkout, base := pullRequest(t, false)
		at := command{dir: checkout, env: append(gitEnv, "PATH="+filepath.Dir(weir)+":"+os.Getenv("PATH"))}
		at.must(t, "git", "fetch", "--quiet", "--depth=1", "origin", base+":main")
		first, _, _ := strings.Cut(block[1], "\n")
		t.Run(first, func(t *testing.T) {
			stdout, stderr, code := at.bash(t, "set -x\n"+block[1])
			if code != 0 {
				t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
			}
			t.Logf("%s", stdout)
		})
	}
}
