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
