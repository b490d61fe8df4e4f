// Package registrytest starts a schema registry that is not Weir's own, for
// tests that hold to it what others only say: Apicurio, with Confluent's API,
// in memory and on a free port.
//
// It is for tests alone. What it starts ends with the test, and with the
// process if that is killed.
package registrytest

import (
	"bufio"
	"context"
	_ "embed" // the script that fetches the registry
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed fetch-registry.sh
var fetch string

// Start starts Apicurio on a free port of 127.0.0.1 and answers with
// the URL of its Confluent API.
//
// It is found where it is in the cache already. Where WEIR_REQUIRE_REGISTRY is
// 1, as in CI, it is fetched, and must be found.
func Start(t *testing.T) (url string, found bool) {
	t.Helper()
	required := os.Getenv("WEIR_REQUIRE_REGISTRY") == "1"
	missing := func(format string, args ...any) (string, bool) {
		t.Helper()
		if required {
			t.Fatalf(format, args...)
		}
		t.Logf(format+", so no registry was asked; WEIR_REQUIRE_REGISTRY=1 makes this a failure", args...)
		return "", false
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return missing("the registry needs java, 17 or later: %v", err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return missing("there is no cache for the registry: %v", err)
	}
	cache = filepath.Join(cache, "weir", "registry")
	jars := func() []string {
		found, err := filepath.Glob(filepath.Join(cache, "apicurio-*", "*-runner.jar"))
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if len(jars()) == 0 && !required {
		return missing("there is no registry in %s, and fetching it takes 142 MB", cache)
	}
	script := exec.CommandContext(t.Context(), "sh", "-s", "--", cache)
	script.Stdin = strings.NewReader(fetch)
	out, err := script.CombinedOutput()
	if err != nil {
		return missing("cannot fetch the registry: %v\n%s", err, out)
	}
	return startRegistry(t, java, jars()[len(jars())-1]), true
}

func startRegistry(t *testing.T, java, jar string) string {
	t.Helper()
	// The shell ends the registry when its own input ends, so that it also
	// ends with this process if no cleanup is run.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "sh", "-c", `"$@" </dev/null & child=$!; read -r _; kill -9 $child; wait $child 2>/dev/null`, "registry",
		java, "-Xmx256m", "-XX:TieredStopAtLevel=1", "-Dquarkus.http.host=127.0.0.1", "-Dquarkus.http.port=0",
		"-Dquarkus.log.console.color=false", "-jar", jar)
	cmd.Dir, cmd.Stderr, cmd.WaitDelay = t.TempDir(), os.Stderr, 10*time.Second
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	listening, ended := make(chan string, 1), make(chan []string, 1)
	go func() { ended <- follow(out, listening) }()
	t.Cleanup(func() {
		in.Close()
		log := <-ended
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("the registry said:\n%s", strings.Join(log, "\n"))
		}
	})
	select {
	case url := <-listening:
		return url + "/apis/ccompat/v7"
	case <-time.After(2 * time.Minute):
		t.Fatal("the registry did not start within 2 minutes")
		return ""
	}
}

// follow reads what the registry writes, finds where it listens, and keeps
// the last lines.
func follow(out io.Reader, listening chan<- string) []string {
	const keep = 50
	var last []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last = append(last, lines.Text()); len(last) > keep {
			last = last[1:]
		}
		if _, url, ok := strings.Cut(lines.Text(), "Listening on: "); ok {
			select {
			case listening <- url:
			default: // said twice
			}
		}
	}
	return last
}
