//go:build unix

package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/flowweir/weir/harness/scenario"
)

// TestVerbsEndWithASignal: a verb that waits for a registry, a repository or a
// file ends with exit code 3 soon after a signal, or a run with 4, prints no
// result and writes no file.
func TestVerbsEndWithASignal(t *testing.T) {
	asked := make(chan bool, 100)
	release := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- true
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"far/weir.work.yaml":            "weir: workspace/v1\ncontracts: [{name: other, git: " + server.URL + "/other.git}]\n",
		"sub/weir.yaml":                 "weir: contract/v1\nservice: {name: payments}\nproduces: [{event: com.acme.Paid, topic: payments, schema: {registry: {subject: payments-value}}}]\n",
		"run.yaml":                      "weir: scenario/v1\nname: paid\ncontracts: [sub/weir.yaml]\nload: [{event: com.acme.Paid, profile: [{hold: 10/s, for: 1s}]}]\n",
		"order.avsc":                    `{"type": "record", "name": "Order", "fields": []}`,
		"environments/prod/orders.yaml": "weir: deployment/v1\nservice: orders\nlive: [{version: \"1\", at: 2026-11-26T10:46:17Z}]\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pipe := "never-ends"
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	before := tree(t)
	for _, verb := range []string{
		"check sub/weir.yaml", "breaking sub/weir.yaml --against registry", "graph sub/weir.yaml",
		"compat registry:orders-value order.avsc", "init --service orders --topic orders --subject orders-value",
		"run run.yaml", "run run.yaml --dry-run", "far: fetch", "init --service orders --topic orders " + pipe,
	} {
		t.Run(verb, func(t *testing.T) {
			interrupt := make(chan os.Signal, 1)
			dir, line, elsewhere := strings.Cut(verb, ": ")
			if elsewhere {
				t.Chdir(dir)
			} else {
				line = verb
			}
			s, stdout, stderr := testState(strings.Fields(line)...)
			s.env = func(name string) string { return map[string]string{"WEIR_REGISTRY_URL": server.URL}[name] }
			s.interrupts = func() (<-chan os.Signal, func()) { return interrupt, func() {} }
			if strings.HasSuffix(verb, pipe) {
				go func() { asked <- openForWriting(pipe, release) }()
			}
			code := make(chan int, 1)
			go func() { code <- execute(s) }()
			select {
			case <-asked:
			case got := <-code:
				t.Fatalf("it ended before: exit code %d\n%s%s", got, stdout, stderr)
			case <-time.After(patience):
				t.Fatal("it asked for nothing")
			}
			interrupt <- os.Interrupt
			want, said := exitInfrastructure, "weir: interrupted\n"
			switch line {
			case "run run.yaml --dry-run":
				want, said = exitInconclusive, "weir: "+scenario.ErrInterrupted.Error()+"\n"
			case "run run.yaml":
				want, said = exitInconclusive, endingNotice+"\nweir: "+scenario.ErrInterrupted.Error()+"\n"
			}
			select {
			case got := <-code:
				if got != want || stdout.Len() > 0 || stderr.String() != said {
					t.Errorf("exit code %d, printed %q and %q", got, stdout, stderr)
				}
			case <-time.After(patience):
				t.Fatal("it goes on")
			}
			for len(asked) > 0 {
				<-asked
			}
		})
	}
	if after := tree(t); after != before {
		t.Errorf("files were\n%sand are\n%s", before, after)
	}
}

// openForWriting opens a pipe, which waits for a reader, and writes nothing.
func openForWriting(name string, release <-chan bool) bool {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return false
	}
	go func() {
		<-release
		_ = f.Close()
	}()
	return true
}

// tree lists the files here.
func tree(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	err := filepath.Walk(".", func(name string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			fmt.Fprintf(&b, "%s %d\n", name, info.Size())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
