//go:build linux

package service

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// childOf returns the process that the service said it started.
func childOf(t *testing.T, lines []string) int {
	t.Helper()
	for _, l := range lines {
		if pid, ok := strings.CutPrefix(l, "child "); ok {
			n, err := strconv.Atoi(pid)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no child in %q", lines)
	return 0
}

// gone says whether a process has ended; a zombie, which nobody reaps in a
// container without an init process, has.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "Z") || strings.HasPrefix(after, "X")
}

// awaitGone waits, without a deadline of its own, until a process that got
// SIGKILL has ended.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	for !gone(pid) {
		if t.Context().Err() != nil {
			t.Fatalf("process %d is still there", pid)
		}
		runtime.Gosched()
	}
}

func TestCrashKillsGrandchildren(t *testing.T) {
	cfg := config(t, "parent")
	cfg.Ready.Log = regexp.MustCompile("^child ")
	p := mustStart(t, cfg, Deps{})
	child := childOf(t, p.Tail(1))
	if gone(child) {
		t.Fatal("the child is not there before the crash")
	}
	if err := p.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitGone(t, child)
}

func TestDeathTakesGrandchildrenAlong(t *testing.T) {
	p := mustStart(t, config(t, "dying-parent"), Deps{})
	d := <-p.Died()
	if d.Exit.Code != 4 {
		t.Errorf("exit %+v", d.Exit)
	}
	awaitGone(t, childOf(t, d.LastLines))
}

// TestServiceDiesWithWeir starts a Weir of its own, kills it with SIGKILL,
// and looks for the service that it had started.
func TestServiceDiesWithWeir(t *testing.T) {
	if os.Getenv("WEIR_TEST_ORPHAN") != "" {
		cfg := config(t, "silent")
		cfg.LogFile = ""
		p, err := Start(t.Context(), cfg, Deps{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("service", p.life.runner.(*process).cmd.Process.Pid)
		select {}
	}
	weir := exec.Command(os.Args[0], "-test.run=^TestServiceDiesWithWeir$")
	weir.Env = append(os.Environ(), "WEIR_TEST_ORPHAN=1")
	out, err := weir.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := weir.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(line, "service ")))
	if err != nil {
		t.Fatal(err)
	}
	if gone(pid) {
		t.Fatal("the service is not there before the kill")
	}
	if err := weir.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = weir.Wait()
	awaitGone(t, pid)
}

// stopped says whether a process is frozen by a signal.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	return strings.HasPrefix(after, "T")
}

// awaitState waits, without a deadline of its own, until processes that got a
// signal are stopped, or are not any more.
func awaitState(t *testing.T, want bool, pids ...int) {
	t.Helper()
	for _, pid := range pids {
		for stopped(t, pid) != want {
			if t.Context().Err() != nil {
				t.Fatalf("process %d: stopped is not %v", pid, want)
			}
			runtime.Gosched()
		}
	}
}

// TestPauseFreezesTheGroup: with the service what it started stands still, it
// is no death, and both go on; paused again, they end when they are told to.
func TestPauseFreezesTheGroup(t *testing.T) {
	cfg := config(t, "parent")
	cfg.Ready.Log = regexp.MustCompile("^child ")
	p := mustStart(t, cfg, Deps{})
	pids := []int{p.life.runner.(*process).cmd.Process.Pid, childOf(t, p.Tail(1))}
	if err := p.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitState(t, true, pids...)
	if up, _ := p.Running(); !up {
		t.Error("a paused service counts as down")
	}
	if err := p.Unpause(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitState(t, false, pids...)
	if err := p.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		awaitGone(t, pid)
	}
	if err := p.Pause(t.Context()); err == nil || err.Error() != "service orders: pause: it is not running" {
		t.Errorf("paused while down: %v", err)
	}
	if err := p.Unpause(t.Context()); err != nil {
		t.Errorf("unpaused while down: %v", err)
	}
	select {
	case d := <-p.Died():
		t.Errorf("%s", d)
	default:
	}
}

// TestPausedServiceEndsOrderly: one that is frozen gets its signal all the
// same, and need not be killed.
func TestPausedServiceEndsOrderly(t *testing.T) {
	cfg := config(t, "orderly")
	cfg.Ready.Log = regexp.MustCompile("^up$")
	p := mustStart(t, cfg, Deps{})
	if err := p.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := marks(t, cfg.LogFile); got[len(got)-1] != "stop: exit status 0" {
		t.Errorf("marks are %q", got)
	}
}
