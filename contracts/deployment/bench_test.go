package deployment

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowweir/weir/contracts/internal/git"
)

// BenchmarkRead reads an environment of 200 services that are deployed from 20
// commits.
func BenchmarkRead(b *testing.B) {
	b.Chdir(b.TempDir())
	git := func(args ...string) string {
		out, err := git.Run(b.Context(), ".", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		if err != nil {
			b.Fatal(err)
		}
		return strings.TrimSpace(out)
	}
	file := func(name, content string) {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	git("init", "--quiet")
	const services, commits = 200, 20
	for i := range services {
		file(fmt.Sprintf("s%d/weir.yaml", i), fmt.Sprintf("weir: contract/v1\nservice: {name: s%d}\nproduces: [{event: E%d, topic: t, schema: e.json}]\n", i, i))
		file(fmt.Sprintf("s%d/e.json", i), `{"type": "object"}`)
	}
	var ids []string
	for i := range commits {
		file("n", fmt.Sprint(i))
		git("add", "--all")
		git("commit", "--quiet", "--message=m")
		ids = append(ids, git("rev-parse", "HEAD"))
	}
	for i := range services {
		r := Record{Service: fmt.Sprintf("s%d", i), Live: []Live{{Version: "1", At: at, Contract: fmt.Sprintf("s%d/weir.yaml", i), Commit: ids[i%commits]}}}
		file(fmt.Sprintf("environments/prod/s%d.yaml", i), r.format())
	}
	s := Directory("environments")
	for b.Loop() {
		e, findings, err := s.Read(b.Context(), "prod")
		if err != nil || len(findings) > 0 || len(e.Contracts()) != services {
			b.Fatal(err, findings)
		}
	}
}
