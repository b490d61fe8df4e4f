package lease

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// holdEnv makes the test binary hold a lease until it is killed.
const holdEnv = "WEIR_TEST_HOLD_LEASE"

func TestMain(m *testing.M) {
	if id := os.Getenv(holdEnv); id != "" {
		if _, err := Acquire(id); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		select {}
	}
	os.Exit(m.Run())
}

func TestLeaseOfALiveRunIsHeld(t *testing.T) {
	dir := t.TempDir()
	first, err := acquireIn(dir, "run-1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := acquireIn(dir, "run-1"); !errors.Is(err, ErrHeld) {
		t.Fatalf("second lease: got %v, want ErrHeld", err)
	}
	if _, err := acquireIn(dir, "run-2"); err != nil {
		t.Fatalf("another run's lease: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := first.Release(); err != nil {
		t.Fatalf("second release: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "run-1.lock")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the lease's file is still there: %v", err)
	}
	again, err := acquireIn(dir, "run-1")
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	if again.ID() != "run-1" {
		t.Fatalf("ID = %q", again.ID())
	}
}

func TestLeaseOfAKilledProcessIsFree(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), holdEnv+"=run-k")
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		_ = child.Process.Kill()
		t.Fatalf("child said %q, %v", line, err)
	}
	if _, err := Acquire("run-k"); !errors.Is(err, ErrHeld) {
		t.Errorf("while the child lives: got %v, want ErrHeld", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	taken, err := Acquire("run-k")
	if err != nil {
		t.Fatalf("after the child was killed: %v", err)
	}
	if err := taken.Release(); err != nil {
		t.Fatal(err)
	}
}

// Many take and release the same lease at once: never do two have it.
func TestLeaseIsExclusiveUnderContention(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	var mu sync.Mutex
	holders, taken := 0, 0
	for range 8 {
		wg.Go(func() {
			for range 200 {
				l, err := acquireIn(dir, "run")
				if errors.Is(err, ErrHeld) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				holders++
				taken++
				if holders != 1 {
					t.Errorf("%d hold the lease", holders)
				}
				holders--
				mu.Unlock()
				if err := l.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken == 0 {
		t.Error("nobody ever had the lease")
	}
}

func TestHoldIsSharedWithinTheProcess(t *testing.T) {
	dir := t.TempDir()
	first, err := holdIn(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	second, err := holdIn(dir, "run")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Lease{first, first, second} { // the first twice
		if _, err := acquireIn(dir, "run"); !errors.Is(err, ErrHeld) {
			t.Fatalf("while held: got %v, want ErrHeld", err)
		}
		if err := l.Release(); err != nil {
			t.Fatal(err)
		}
	}
	taken, err := acquireIn(dir, "run")
	if err != nil {
		t.Fatalf("after the last release: %v", err)
	}
	if _, err := holdIn(dir, "run"); !errors.Is(err, ErrHeld) {
		t.Fatalf("Hold of an acquired lease: got %v, want ErrHeld", err)
	}
	if err := taken.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestAcquireRefusesNamesThatArePaths(t *testing.T) {
	for _, id := range []string{"", ".", "..", ".id", "a/b", "/a"} {
		if _, err := acquireIn(t.TempDir(), id); err == nil || errors.Is(err, ErrHeld) {
			t.Errorf("Acquire(%q) = %v, want an error about the name", id, err)
		}
	}
}

func TestNamespace(t *testing.T) {
	dir := t.TempDir()
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			id, err := namespaceOf(dir)
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] || len(id) != 16 {
			t.Fatalf("namespaces of one directory differ: %q", ids)
		}
	}
	other, err := namespaceOf(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if other == ids[0] {
		t.Fatal("two directories have one namespace")
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 {
		t.Fatalf("left behind: %v", entries)
	}
}

func TestDirIgnoresARelativeStateHome(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	t.Setenv("XDG_STATE_HOME", "relative")
	got, err := Dir()
	if want := filepath.FromSlash("/home/ada/.local/state/weir/runs"); err != nil || got != want {
		t.Fatalf("Dir() = %q, %v, want %q", got, err, want)
	}
}
