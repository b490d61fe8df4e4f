package service

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/harness/internal/port"
)

// The test binary is also the service under test: modeEnv says what it does.
const modeEnv = "WEIR_TEST_SERVICE"

func TestMain(m *testing.M) {
	if mode := os.Getenv(modeEnv); mode != "" {
		os.Exit(beService(mode))
	}
	goleak.VerifyTestMain(m)
}

func beService(mode string) int {
	switch mode {
	case "http": // serves /healthz on PORT
		ln, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("listening")
		mux := http.NewServeMux()
		mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprint(w, "ok") })
		fmt.Println(http.Serve(ln, mux))
	case "die": // writes 30 lines and a partial one, and dies
		for i := range 30 {
			fmt.Println("line", i)
		}
		fmt.Fprint(os.Stderr, "panic: no money")
		return 3
	case "orderly": // ends by itself on SIGTERM
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		fmt.Println("up")
		<-c
		fmt.Println("bye")
	case "deaf": // ignores SIGTERM
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("up")
		select {}
	case "silent":
		select {}
	case "parent", "dying-parent": // leaves a child in its group
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), modeEnv+"=silent")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println("child", child.Process.Pid)
		if mode == "dying-parent" {
			return 4
		}
		select {}
	case "environment":
		for _, kv := range os.Environ() {
			fmt.Println(kv)
		}
		fmt.Println("up")
		select {}
	}
	return 0
}

// config is a service that runs this test binary in the given mode.
func config(t *testing.T, mode string) Config {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Name:    "orders",
		Command: []string{exe},
		Env:     map[string]string{modeEnv: mode},
		LogFile: filepath.Join(t.TempDir(), "services", "orders.log"),
		Ready:   Ready{Timeout: 30 * time.Second},
	}
}

func mustStart(t *testing.T, cfg Config, deps Deps) *Process {
	t.Helper()
	p, err := Start(t.Context(), cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p
}

// marks and text split a log into Weir's marks and the service's lines.
var markLine = regexp.MustCompile(`(?m)^--- weir \S+: (.*) ---$`)

func marks(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range markLine.FindAllStringSubmatch(string(b), -1) {
		out = append(out, m[1])
	}
	return out
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	reserved, err := port.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(reserved.Release)
	return strconv.Itoa(reserved.Number())
}

func TestReadiness(t *testing.T) {
	number := freePort(t)
	addr := "127.0.0.1:" + number
	asked := 0
	group := func(_ context.Context, group string) (int, string, error) {
		asked++
		switch {
		case group != "payments":
			return 0, "", fmt.Errorf("asked for %q", group)
		case asked == 1:
			return 0, "", nil
		case asked == 2:
			return 1, "PreparingRebalance", nil
		}
		return 1, "Stable", nil
	}
	for name, ready := range map[string]Ready{
		"tcp":   {TCP: addr},
		"http":  {HTTP: "/healthz"},
		"log":   {Log: regexp.MustCompile(`^listening$`)},
		"group": {Group: "payments"},
		"all":   {TCP: addr, HTTP: "healthz", Log: regexp.MustCompile("listening"), Group: "payments"},
		"none":  {},
	} {
		t.Run(name, func(t *testing.T) {
			asked = 0
			cfg := config(t, "http")
			cfg.Env["PORT"] = number
			cfg.URL = "http://" + addr
			cfg.Ready = ready
			p := mustStart(t, cfg, Deps{Group: group})
			if up, since := p.Running(); !up || since.IsZero() {
				t.Errorf("Running() = %v, %v", up, since)
			}
			if ready.Group != "" && asked != 3 {
				t.Errorf("the group was asked for %d times, want 3", asked)
			}
		})
	}
}

func TestNotReady(t *testing.T) {
	for _, tc := range []struct {
		name, mode string
		ready      Ready
		want       string
	}{
		{"died", "die", Ready{TCP: "127.0.0.1:1"}, "service orders: it ended before it was ready (exit status 3) while waiting for TCP 127.0.0.1:1; its last lines:\n\tline 11\n"},
		{"timeout", "silent", Ready{Log: regexp.MustCompile("up"), Timeout: time.Millisecond}, `service orders: not ready after 1ms, waiting for a log line matching "up": no such line; it wrote nothing`},
		{"group", "silent", Ready{Group: "g", Timeout: time.Millisecond}, "service orders: not ready after 1ms, waiting for consumer group g: it is Empty with 2 members; it wrote nothing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cfg := config(t, tc.mode)
			cfg.Ready = tc.ready
			_, err := Start(t.Context(), cfg, Deps{Group: func(context.Context, string) (int, string, error) { return 2, "Empty", nil }})
			if err == nil || !strings.HasPrefix(err.Error(), tc.want) {
				t.Fatalf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

func TestStartHonorsItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cfg := config(t, "silent")
	cfg.Ready.Group = "g"
	_, err := Start(ctx, cfg, Deps{Group: func(context.Context, string) (int, string, error) {
		cancel()
		return 0, "", nil
	}})
	if want := "service orders: not ready, waiting for consumer group g: context canceled; it wrote nothing"; err == nil || err.Error() != want {
		t.Fatalf("got  %v\nwant %s", err, want)
	}
	equal(t, marks(t, cfg.LogFile), []string{"start 1", "not ready: signal: killed"})
}

func TestCrashAndRestart(t *testing.T) {
	number := freePort(t)
	addr := "127.0.0.1:" + number
	cfg := config(t, "http")
	cfg.Env["PORT"] = number
	cfg.URL = "http://" + addr
	cfg.Ready.HTTP = "/healthz"
	p := mustStart(t, cfg, Deps{})

	if err := p.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	if up, _ := p.Running(); up {
		t.Error("it runs after the crash")
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		_ = conn.Close()
		t.Error("its port answers after the crash")
	}
	if err := p.Crash(t.Context()); err == nil || err.Error() != "service orders: crash: it is not running" {
		t.Errorf("second crash: %v", err)
	}
	for range 2 { // the second one finds it running
		if err := p.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := lookHTTP(t.Context(), cfg.URL+"/healthz"); err != nil {
		t.Errorf("after the start: %v", err)
	}
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := lookHTTP(t.Context(), cfg.URL+"/healthz"); err != nil {
		t.Errorf("after the restart: %v", err)
	}
	if got := p.Restarts(); got != 2 {
		t.Errorf("Restarts() = %d, want 2", got)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Start(t.Context()); err == nil {
		t.Error("a stopped service starts")
	}
	if d, ok := <-p.Died(); ok {
		t.Errorf("it died: %v", d)
	}
	equal(t, marks(t, cfg.LogFile), []string{
		"start 1", "crash: signal: killed",
		"start 2", "restart: signal: terminated",
		"start 3", "stop: signal: terminated",
	})
	info := p.Info()
	if info.Restarts != 2 || info.Died != "" || info.LastLines != nil {
		t.Errorf("Info() = %+v", info)
	}
}

func TestDeath(t *testing.T) {
	cfg := config(t, "die")
	p := mustStart(t, cfg, Deps{})
	d := <-p.Died()
	if d.Service != "orders" || d.Exit != (Exit{3, "exit status 3"}) || d.At.IsZero() {
		t.Errorf("died %+v", d)
	}
	if d.String() != "service orders ended by itself: exit status 3" {
		t.Errorf("String() = %q", d)
	}
	var want []string
	for i := 11; i < 30; i++ {
		want = append(want, fmt.Sprint("line ", i))
	}
	equal(t, d.LastLines, append(want, "panic: no money"))
	info := p.Info()
	if !strings.HasSuffix(info.Died, "Z: exit status 3") || len(info.LastLines) != 20 || info.Log != "services/orders.log" {
		t.Errorf("Info() = %+v", info)
	}
	// The partial line does not run into Weir's mark.
	equal(t, marks(t, cfg.LogFile), []string{"start 1", "ended by itself: exit status 3"})
}

func TestOrderlyEnd(t *testing.T) {
	cfg := config(t, "orderly")
	cfg.Ready.Log = regexp.MustCompile("^up$")
	p := mustStart(t, cfg, Deps{})
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, p.Tail(10), []string{"up", "bye", "up"})
	equal(t, marks(t, cfg.LogFile), []string{"start 1", "restart: exit status 0", "start 2"})
}

func TestGracePeriodEndsInSIGKILL(t *testing.T) {
	cfg := config(t, "deaf")
	cfg.Ready.Log = regexp.MustCompile("^up$")
	cfg.Grace = 10 * time.Millisecond
	p := mustStart(t, cfg, Deps{})
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, marks(t, cfg.LogFile), []string{"start 1", "stop: signal: killed"})
}

// TestStopWithoutGrace: once ctx has ended nobody is asked any more.
func TestStopWithoutGrace(t *testing.T) {
	cfg := config(t, "orderly")
	cfg.Ready.Log = regexp.MustCompile("^up$")
	p := mustStart(t, cfg, Deps{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	equal(t, p.Tail(10), []string{"up"})
	equal(t, marks(t, cfg.LogFile), []string{"start 1", "stop: signal: killed"})
}

func TestStopInterruptsAStart(t *testing.T) {
	cfg := config(t, "orderly")
	asked := make(chan struct{})
	n := 0
	p := mustStart(t, cfg, Deps{Group: func(context.Context, string) (int, string, error) { return 1, "Stable", nil }})
	if err := p.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.cfg.Ready.Group = "g"
	p.deps.Group = func(context.Context, string) (int, string, error) {
		if n++; n == 1 {
			close(asked)
		}
		return 0, "", nil
	}
	started := make(chan error)
	go func() { started <- p.Start(context.Background()) }()
	<-asked
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-started; err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("the start: %v", err)
	}
}

func TestEnvironmentIsMinimal(t *testing.T) {
	t.Setenv("WEIR_TEST_SECRET", "hunter2")
	t.Setenv("LC_TIME", "C")
	cfg := config(t, "environment")
	cfg.Env["PASSWORD"] = "hunter3"
	cfg.Env["TZ"] = "UTC"
	cfg.Ready.Log = regexp.MustCompile("^up$")
	p := mustStart(t, cfg, Deps{})
	got := map[string]bool{}
	for _, kv := range p.Tail(200) {
		got[kv] = true
	}
	for _, want := range []string{"PATH=" + os.Getenv("PATH"), "LC_TIME=C", "TZ=UTC", "PASSWORD=hunter3"} {
		if !got[want] {
			t.Errorf("%s is missing", strings.SplitN(want, "=", 2)[0])
		}
	}
	if got["WEIR_TEST_SECRET=hunter2"] {
		t.Error("it got a variable of this process that is none of its business")
	}
	if info := fmt.Sprintf("%+v", p.Info()); strings.Contains(info, "hunter") {
		t.Errorf("the report shows the environment: %s", info)
	}
}

func TestInfo(t *testing.T) {
	cfg := Config{Name: "a", Kind: KindBuild, Command: []string{"/bin/x", "-m", "two words", "", "--password", "hunter2"}, URL: "http://u:secret@127.0.0.1:1"}
	info := cfg.info()
	if info.Command != `/bin/x -m "two words" "" --password ***` || info.Kind != "build" || info.URL != "http://u:***@127.0.0.1:1" || info.Log != "" {
		t.Errorf("info() = %+v", info)
	}
}

func TestRefusals(t *testing.T) {
	for want, cfg := range map[string]Config{
		"service: a service needs a name":                                                                        {},
		"service a: needs a command or an image":                                                                 {Name: "a"},
		"service a: has both a command and an image; remove one":                                                 {Name: "a", Command: []string{"x"}, Image: "y"},
		"service a: the command's program is empty":                                                              {Name: "a", Command: []string{""}},
		"service a: image y: this run has no container engine; pass the docker provider or use build or command": {Name: "a", Image: "y"},
		`service a: ready.http "/h" needs the service's url`:                                                     {Name: "a", Command: []string{"x"}, Ready: Ready{HTTP: "/h"}},
		`service a: ready.group "g": this run has no cluster to ask for the group`:                               {Name: "a", Command: []string{"x"}, Ready: Ready{Group: "g"}},
		"service a: a negative timeout":                                                                          {Name: "a", Command: []string{"x"}, Grace: -1},
		`service a: url: "127.0.0.1:80" is no URL: write where it listens, such as http://127.0.0.1:{{.Port}}`:   {Name: "a", Command: []string{"x"}, URL: "127.0.0.1:80"},
		`service a: url: "http://h:0" has no port that there is: ports are from 1 to 65535: write where it listens, such as http://127.0.0.1:{{.Port}}`: {Name: "a", Command: []string{"x"}, URL: "http://h:0"},
		`service a: ready.tcp: "localhost" is no address: want host:port`:                                                                               {Name: "a", Command: []string{"x"}, Ready: Ready{TCP: "localhost"}},
		"service a: cannot run no-such-program-of-weir: executable file not found in PATH":                                                              {Name: "a", Command: []string{"no-such-program-of-weir"}},
	} {
		if _, err := Start(t.Context(), cfg, Deps{}); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

// TestNotReadyTellsTheLastWholeLook: a look that the end of the time cut short
// says nothing of the service.
func TestNotReadyTellsTheLastWholeLook(t *testing.T) {
	looks := 0
	cfg := config(t, "silent")
	cfg.Ready = Ready{Group: "payments", Timeout: 300 * time.Millisecond}
	_, err := Start(t.Context(), cfg, Deps{Group: func(ctx context.Context, _ string) (int, string, error) {
		if looks++; looks > 1 {
			<-ctx.Done()
			return 0, "", ctx.Err()
		}
		return 0, "Dead", nil
	}})
	if err == nil || !strings.Contains(err.Error(), "not ready after 300ms, waiting for consumer group payments: it has no member") {
		t.Errorf("got %v", err)
	}
}
