// Package postgrestest starts a PostgreSQL for tests, from the programs of
// Debian's package postgresql: a cluster of its own in a temporary directory,
// on 127.0.0.1, that forgets what it was told when the machine does. It takes
// a second, so a package starts one for all its tests. It ends with Close, and
// on Linux also with the process that started it.
package postgrestest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx

	"github.com/flowweir/weir/harness/internal/port"
)

// required makes a missing PostgreSQL an error.
const required = "WEIR_REQUIRE_POSTGRES"

// startTimeout bounds the start.
const startTimeout = 30 * time.Second

// Server is a running PostgreSQL.
type Server struct {
	dir     string
	port    *port.Reservation
	process *os.Process
	ended   <-chan end
}

// end is how a process has ended.
type end struct{ err error }

// Start starts a server. Without PostgreSQL on the machine there is none: it
// is nil then, unless WEIR_REQUIRE_POSTGRES is set, as in CI.
func Start() (s *Server, err error) {
	bin := programs()
	if bin == "" {
		if os.Getenv(required) != "" {
			return nil, errors.New("there is no PostgreSQL, and " + required + " is set: install Debian's package postgresql")
		}
		return nil, nil
	}
	s = &Server{}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.dir, err = os.MkdirTemp("", "weir-postgres-"); err != nil {
		return s, err
	}
	if err := give(s.dir); err != nil {
		return s, err
	}
	if s.port, err = port.Reserve(); err != nil {
		return s, err
	}
	data := filepath.Join(s.dir, "data")
	out, err := s.command(bin, "initdb", "-D", data, "--no-sync", "-A", "trust", "-U", "weir", "-E", "UTF8", "--locale=C", "--no-instructions").CombinedOutput()
	if err != nil {
		return s, fmt.Errorf("initdb in %s: %w\n%s", s.dir, err, out)
	}
	var log bytes.Buffer
	serve := s.command(bin, "postgres", "-D", data, "-p", strconv.Itoa(s.port.Number()),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off")
	serve.Stderr = &log
	if s.process, s.ended, err = start(serve); err != nil {
		return s, err
	}
	return s, s.await(&log)
}

// await waits until the server answers.
func (s *Server) await(log *bytes.Buffer) error {
	db, err := sql.Open("pgx", s.URL())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for until := time.Now().Add(startTimeout); ; time.Sleep(10 * time.Millisecond) {
		select {
		case e := <-s.ended:
			s.process = nil
			return fmt.Errorf("postgres ended: %w\n%s", e.err, log)
		default:
		}
		if err = db.PingContext(context.Background()); err == nil || time.Now().After(until) {
			return err
		}
	}
}

// URL is the server's address.
func (s *Server) URL() string {
	return fmt.Sprintf("postgres://weir@127.0.0.1:%d/postgres", s.port.Number())
}

// Close ends the server and removes what it kept.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	if s.process != nil {
		_ = s.process.Signal(os.Interrupt) // fast shutdown; one that has ended needs none
		<-s.ended
	}
	s.port.Release()
	if s.dir == "" {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// start starts a program from a thread that stays for as long as it runs: some
// systems tell a program of the end of the thread that started it.
func start(c *exec.Cmd) (*os.Process, <-chan end, error) {
	started, ended := make(chan error, 1), make(chan end, 1)
	go func() {
		runtime.LockOSThread()
		err := c.Start()
		started <- err
		if err == nil {
			ended <- end{c.Wait()}
		}
	}()
	err := <-started
	return c.Process, ended, err
}

// command is a program of PostgreSQL as the user who owns the directory.
func (s *Server) command(bin, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), filepath.Join(bin, name), args...)
	c.Dir = s.dir
	c.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "LC_ALL=C"}
	lower(c)
	return c
}

// programs is the directory of PostgreSQL's programs; "" where there is none.
func programs() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
		return filepath.Dir(found[len(found)-1])
	}
	if initdb, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(initdb)
	}
	return ""
}

func version(initdb string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(initdb))))
	return n
}
