package promise_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/internal/postgrestest"
	"github.com/flowweir/weir/harness/promise"
	"github.com/flowweir/weir/reports/finding"
)

// postgres starts PostgreSQL with the first test that needs it; TestMain ends
// it.
var postgres = sync.OnceValues(func() (*postgrestest.Server, error) {
	s, err := postgrestest.Start()
	running = s
	return s, err
})

// running is that server, and schemas counts those in it.
var (
	running *postgrestest.Server
	schemas atomic.Int64
)

// charges is a table of a test's own, in which a service books; nil where the
// machine has no PostgreSQL.
func charges(t *testing.T) *sql.DB {
	t.Helper()
	s, err := postgres()
	if err != nil {
		t.Fatal(err)
	}
	if s == nil {
		t.Log("no PostgreSQL, so nothing was asked: install Debian's package postgresql")
		return nil
	}
	schema := fmt.Sprintf("charges_%d", schemas.Add(1))
	db, err := effect.OpenDatabase(s.URL() + "?search_path=" + schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, statement := range []string{"CREATE SCHEMA " + schema, "CREATE TABLE charges (event_id text)"} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// book is a service that books orders in a database, or shows them over HTTP.
func book(f fault, db *sql.DB) harness.Service {
	return harness.Service{
		Name: "booking", Env: map[string]string{"BROKERS": "{{.Bootstrap}}", "ADDRESS": "127.0.0.1:{{.Port}}"},
		URL: "http://127.0.0.1:{{.Port}}", Ready: &harness.Ready{Group: "booking"},
		Func: func(ctx context.Context, env func(string) string) error {
			isolation := kgo.ReadCommitted()
			if f == "reads uncommitted records" {
				isolation = kgo.ReadUncommitted()
			}
			client, err := kgo.NewClient(kgo.SeedBrokers(env("BROKERS")), kgo.ConsumerGroup("booking"), kgo.ConsumeTopics("orders"), kgo.FetchIsolationLevel(isolation),
				kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.FetchMaxWait(50*time.Millisecond))
			if err != nil {
				return err
			}
			defer client.Close()
			entered := &entries{n: map[string]int{}, db: db}
			server := &http.Server{Addr: env("ADDRESS"), Handler: entered}
			go func() { _ = server.ListenAndServe() }()
			defer func() { _ = server.Close() }()
			for ctx.Err() == nil {
				records := client.PollFetches(ctx).Records()
				if f == "commits before the effect" {
					if err := client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
						return err
					}
					pause(ctx, 500*time.Millisecond)
				}
				for _, r := range records {
					if err := entered.add(ctx, f, header(r, "ce_id")); err != nil && ctx.Err() == nil {
						return err
					}
				}
				if err := client.CommitUncommittedOffsets(ctx); err != nil && ctx.Err() == nil {
					return err
				}
			}
			return nil
		},
	}
}

// entries are the effects of book.
type entries struct {
	mu sync.Mutex
	n  map[string]int
	db *sql.DB
}

func (e *entries) add(ctx context.Context, f fault, id string) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if f == "books nothing" || e.n[id] > 0 && f != "does not know duplicates" {
		return nil
	}
	e.n[id]++
	if e.db != nil {
		_, err = e.db.ExecContext(ctx, "INSERT INTO charges VALUES ($1)", id)
	}
	return err
}

func (e *entries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, _ = fmt.Fprint(w, e.n[r.URL.Query().Get("event")])
}

// asked judges promises of the service, in one go.
func asked(t *testing.T, how string, f fault, db *sql.DB, places func(effect.Places) effect.Places, within time.Duration, names ...string) map[string]promise.Outcome {
	t.Helper()
	file := "testdata/booking-" + how + ".yaml"
	c := harness.Run(t, harness.Contracts(file, "testdata/orders.yaml"), harness.Brokers(1))
	s := book(f, db)
	s.Name = "booking"
	process := c.Start(s)
	at := effect.Places{Database: func(string) *sql.DB { return db }, URL: func(string) string { return process.URL() }}
	if places != nil {
		at = places(at)
	}
	out := map[string]promise.Outcome{}
	for _, p := range harness.LoadPromises(t, file) {
		if len(names) == 0 || strings.Contains(strings.Join(names, " ")+" ", p.Name+" ") {
			out[p.Name] = p.Judge(t.Context(), promise.Subject{Flow: c.Flow(), Places: at, Within: within, Settle: 50 * time.Millisecond})
		}
	}
	return out
}

func TestEffectsThatAreAskedFor(t *testing.T) {
	for _, how := range []string{"sql", "http"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			var db *sql.DB
			if how == "sql" {
				if db = charges(t); db == nil {
					return
				}
			}
			moot := map[string]string{"order": "effects that are counted show no order"}
			if how == "http" {
				moot["at-least-once"] = "the effect is seen over HTTP, where an answer may be older than the commit"
			}
			all := asked(t, how, none, db, nil, time.Minute)
			for name, o := range all {
				want := finding.Pass
				if moot[name] != "" {
					want = finding.Vacuous
				}
				if o.Verdict != want || o.Reason != moot[name] {
					t.Errorf("%s: %s; want %s", name, o, want)
				}
			}
			for _, name := range []string{"effect", "at-least-once", "dedupe", "dedupe:together", "distinct", "isolation", "boundary"} {
				if _, judged := all[name]; !judged {
					t.Errorf("%s is no promise", name)
				}
			}
		})
	}
}

func TestFaultsAreFoundByAsking(t *testing.T) {
	for _, c := range []struct {
		how    string
		fault  fault
		within time.Duration
		says   map[string]string
	}{
		{"sql", "books nothing", 300 * time.Millisecond, map[string]string{"effect": "SELECT count(*) FROM charges WHERE event_id = {id} answers 0 for "}},
		{"http", "books nothing", 300 * time.Millisecond, map[string]string{"effect": "GET /charges?event={id} answers 0 for "}},
		{"sql", "does not know duplicates", time.Minute, map[string]string{"dedupe": "an event that came 4 times had 4 effects", "dedupe:together": "an event that came 4 times had 4 effects"}},
		{"http", "does not know duplicates", time.Minute, map[string]string{"dedupe": "an event that came 4 times had 4 effects"}},
		{"sql", "commits before the effect", time.Minute, map[string]string{"at-least-once": " before its effect was in the database"}},
		{"http", "reads uncommitted records", time.Minute, map[string]string{"isolation": "an event whose transaction was aborted, "}},
	} {
		t.Run(c.how+"-"+strings.ReplaceAll(string(c.fault), " ", "-"), func(t *testing.T) {
			t.Parallel()
			var db *sql.DB
			if c.how == "sql" {
				if db = charges(t); db == nil {
					return
				}
			}
			for name, says := range c.says {
				o := asked(t, c.how, c.fault, db, nil, c.within, name)[name]
				if o.Verdict != finding.Fail || !strings.Contains(o.String(), says) {
					t.Errorf("%s: %s\nwant it to fail with: %s", name, o, says)
				}
			}
		})
	}
}

// A test says where the database is by an option; where the service listens it
// knows.
func TestHarnessAsks(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"sql", "http"} {
		var db *sql.DB
		if how == "sql" {
			if db = charges(t); db == nil {
				return
			}
		}
		file := "testdata/booking-" + how + ".yaml"
		c := harness.Run(t, harness.Contracts(file, "testdata/orders.yaml"), harness.Brokers(1), harness.Database("booking", db))
		c.Start(book(none, db))
		if !c.Judge(harness.LoadPromises(t, file)[0]) {
			t.Errorf("%s: its effect was not exercised", how)
		}
	}
}

// Whom to ask is not known, or nobody answers: nothing passes.
func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	nowhere := func(effect.Places) effect.Places { return effect.Places{} }
	down := func(effect.Places) effect.Places {
		db, err := effect.OpenDatabase("postgres://weir@127.0.0.1:1/charges")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return effect.Places{Database: func(string) *sql.DB { return db }, URL: func(string) string { return "http://127.0.0.1:1" }}
	}
	for _, c := range []struct {
		how    string
		places func(effect.Places) effect.Places
		want   finding.Verdict
		says   string
	}{
		{"sql", nowhere, finding.Vacuous, "not exercised: effects of booking are counted in its database, and where that is is not said: pass harness.Database(service, db)"},
		{"http", nowhere, finding.Vacuous, `not exercised: effects of booking are counted over HTTP, and where it listens is not said: start it with a URL: harness.Service{URL: "http://127.0.0.1:{{.Port}}"}`},
		{"sql", down, finding.Inconclusive, "asking SELECT count(*) FROM charges WHERE event_id = {id}: the database does not answer: "},
		{"http", down, finding.Inconclusive, "asking GET /charges?event={id}: the service does not answer: "},
	} {
		for name, o := range asked(t, c.how, none, nil, c.places, time.Minute, "effect", "dedupe") {
			if o.Verdict != c.want || !strings.HasPrefix(o.Reason, c.says) {
				t.Errorf("%s by %s: %s\nwant %s: %s", name, c.how, o, c.want, c.says)
			}
		}
	}
}
