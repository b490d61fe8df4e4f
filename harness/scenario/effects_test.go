package scenario_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/chaos/invariant"
	"github.com/flowweir/weir/harness/internal/postgrestest"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/reports/finding"
	"github.com/flowweir/weir/reports/run"
)

// book is a service that books orders: in a table of its database, or, without
// one, in its memory, which it shows over HTTP. By its mistake it books the
// order with sequence 7 twice, or that with 9 not at all.
func book(ctx context.Context, group, mistake string, brokers []string) error {
	enter, err := books(os.Getenv("BOOKS"), os.Getenv("ADDRESS"))
	if err != nil {
		return err
	}
	return consume(ctx, group, []string{"order.events"}, brokers, func(_ *kgo.Client, records []*kgo.Record) error {
		for _, r := range records {
			times := 1
			if id, ours := sequence(r); ours && mistake == "twice" && id.Sequence == 7 {
				times = 2
			} else if ours && mistake == "forgets" && id.Sequence == 9 || mistake == "idle" {
				times = 0
			}
			for range times {
				if err := enter(ctx, eventID(r)); err != nil {
					return err
				}
			}
		}
		return nil
	}, kgo.FetchMaxWait(50*time.Millisecond))
}

func eventID(r *kgo.Record) string {
	for _, h := range r.Headers {
		if h.Key == "ce_id" {
			return string(h.Value)
		}
	}
	return ""
}

// books are where effects are entered.
func books(table, address string) (enter func(context.Context, string) error, err error) {
	if table != "" {
		db, err := sql.Open("pgx", os.Getenv("BOOKS_AT"))
		return func(ctx context.Context, id string) error {
			_, err := db.ExecContext(ctx, "INSERT INTO "+table+" VALUES ($1)", id)
			return err
		}, err
	}
	var mu sync.Mutex
	entered := map[string]int{}
	go func() {
		err := http.ListenAndServe(address, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			n := entered[r.URL.Query().Get("event")]
			if n == 0 {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			_, _ = fmt.Fprintf(w, `{"total": %d}`, n)
		}))
		panic(err)
	}()
	return func(_ context.Context, id string) error {
		mu.Lock()
		defer mu.Unlock()
		entered[id]++
		return nil
	}, nil
}

// bookkeeping is the variable with the database's address.
const bookkeeping = "WEIR_TEST_BOOKS"

// password is in that address, and must be in nothing that a run leaves.
const password = "s3cret"

// server starts PostgreSQL once for all processes of one suite.
var server = sync.OnceValues(postgrestest.Start)

var _ = AfterSuite(func() {
	if postgres != nil {
		Expect(postgres.Close()).To(Succeed())
	}
})

// postgres is what server has started.
var postgres *postgrestest.Server

// booked makes a database with the services' tables, and puts its address into
// the environment.
func booked() (found bool) {
	GinkgoHelper()
	s, err := server()
	Expect(err).NotTo(HaveOccurred())
	if postgres = s; s == nil {
		GinkgoWriter.Println("no PostgreSQL, so nothing was asked: install Debian's package postgresql")
		return false
	}
	db, err := sql.Open("pgx", s.URL())
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(db.Close()).To(Succeed()) }()
	schema := fmt.Sprintf("books_%d", time.Now().UnixNano())
	for _, statement := range []string{"CREATE SCHEMA " + schema, "CREATE TABLE " + schema + ".grouped (event_id uuid)", "CREATE TABLE " + schema + ".by_id (event_id text)"} {
		_, err := db.Exec(statement)
		Expect(err).NotTo(HaveOccurred())
	}
	// Rows of other runs are there, too.
	_, err = db.Exec("INSERT INTO " + schema + ".grouped VALUES ('a0a0a0a0-0000-8000-8000-000000000001'), (NULL)")
	Expect(err).NotTo(HaveOccurred())
	GinkgoT().Setenv(bookkeeping, strings.Replace(s.URL(), "weir@", "weir:"+password+"@", 1)+"?search_path="+schema)
	return true
}

// booking is a scenario with services that book, each with a mistake or none.
func booking(services map[string]string, more string) *scenario.Scenario {
	GinkgoHelper()
	exe, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	var b strings.Builder
	b.WriteString("weir: scenario/v1\nname: books\ncluster: {brokers: 1}\nwarmup: 0s\ncontracts: [../plan/bare.yaml, effects]\nservices:\n")
	for _, name := range []string{"grouped", "by-id", "asked"} {
		mistake, takesPart := services[name]
		if !takesPart {
			continue
		}
		fmt.Fprintf(&b, "  - name: %s\n    command: [%q]\n    ready: {group: %s}\n    env: {BOOK: %s, MISTAKE: %q, BROKERS: '{{.Bootstrap}}'", name, exe, name, name, mistake)
		if name == "asked" {
			b.WriteString(", ADDRESS: '127.0.0.1:{{.Port}}'}\n    url: http://127.0.0.1:{{.Port}}\n")
		} else {
			fmt.Fprintf(&b, ", BOOKS: %s, BOOKS_AT: %q}\n    database: '{{.Env %q}}'\n", strings.ReplaceAll(name, "-", "_"), strings.Replace(os.Getenv(bookkeeping), ":"+password, "", 1), bookkeeping)
		}
	}
	b.WriteString("load: [{event: OrderPlaced, profile: [{hold: 200/s, for: 200ms}]}]\ninvariants: [no-loss, no-duplicate-effect]\n" + more)
	s, findings := scenario.Parse("testdata/run/effects.yaml", []byte(b.String()))
	Expect(findings).To(BeEmpty())
	return s
}

// withoutPassword looks through everything that a run has left.
func withoutPassword(dir string, said fmt.Stringer) {
	GinkgoHelper()
	Expect(said.String()).NotTo(ContainSubstring(password))
	Expect(filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), password) {
			err = errors.Join(err, fmt.Errorf("%s has the password", path))
		}
		return err
	})).To(Succeed())
}

var _ = Describe("effects that are asked for", func() {
	balanced := func(r run.Reaction) []any {
		return []any{r.Consumer, r.Effect, r.Effects, r.EffectsTwice, r.Balance.Open}
	}

	It("pass, however they are counted, and their latency is withheld", func(ctx SpecContext) {
		if !booked() {
			return
		}
		withoutLeaks()
		dir, said := filepath.Join(GinkgoT().TempDir(), "run"), &strings.Builder{}
		s := booking(map[string]string{"grouped": "", "by-id": "", "asked": ""}, "objectives: {steady: {effect: {max: 1h}}}\n")
		result, err := scenario.Run(ctx, s, started(dir, scenario.Log(said), scenario.WithObjectives())...)
		Expect(err).NotTo(HaveOccurred())
		Expect(verdicts(result)).To(Equal(map[string][]string{invariant.NoLoss: {"pass"}, invariant.NoDuplicateEffect: {"pass"}}))
		var all [][]any
		for _, r := range result.Results.Senders[0].Reactions {
			all = append(all, balanced(r))
		}
		Expect(all).To(ConsistOf(
			[]any{"grouped", "effect in its database", uint64(40), uint64(0), uint64(0)},
			[]any{"by-id", "effect in its database", uint64(40), uint64(0), uint64(0)},
			[]any{"asked", "effect over HTTP", uint64(40), uint64(0), uint64(0)},
		))
		o := result.Results.Objectives[0]
		Expect([]any{o.Name, o.Verdict, o.Got}).To(Equal([]any{"effect.max", finding.Inconclusive, "—"}))
		Expect(o.Note).To(MatchRegexp("^not judged: the effects of [a-z-]+ are counted after the load, and when each came is not known$"))
		withoutPassword(dir, said)
	})

	It("fail where one is lost, or is there twice, and name the record", func(ctx SpecContext) {
		if !booked() {
			return
		}
		withoutLeaks()
		result, err := scenario.Run(ctx, booking(map[string]string{"grouped": "twice", "by-id": "forgets", "asked": "twice"}, ""), started(filepath.Join(GinkgoT().TempDir(), "run"))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(verdicts(result)).To(HaveKeyWithValue(invariant.NoLoss, []string{"fail", "in the log, but no effect in its database and no dead letter of by-id followed"}))
		Expect(verdicts(result)[invariant.NoDuplicateEffect]).To(ConsistOf("fail",
			"grouped applied it twice: there is more than one effect in its database", "asked applied it twice: there is more than one effect over HTTP"))
		for i, want := range []uint64{9, 7} {
			for _, f := range result.Results.Invariants[i].Findings {
				Expect(f.Record.Sequence).To(Equal(want))
			}
		}
	})

	It("are inconclusive where nobody answers, or every answer is 404", func(ctx SpecContext) {
		withoutLeaks()
		GinkgoT().Setenv(bookkeeping, "postgres://weir:"+password+"@127.0.0.1:1/books")
		dir, said := filepath.Join(GinkgoT().TempDir(), "run"), &strings.Builder{}
		result, err := scenario.Run(ctx, booking(map[string]string{"grouped": "idle", "asked": "idle"}, ""), started(dir, scenario.Log(said))...)
		Expect(err).NotTo(HaveOccurred())
		Expect(result.Run.Verdict).To(Equal(finding.Inconclusive))
		Expect(result.Results.Drain.Open).To(ConsistOf(
			MatchRegexp("^the effects of grouped are not known: the database does not answer: .*connection refused"),
			"the effects of asked are not known: every answer was 404, as it is where the path is wrong",
		))
		Expect(result.Results.Invariants[0].Verdict).To(Equal(finding.Inconclusive))
		Expect(result.Results.Invariants[0].Sentence).To(HavePrefix("80 records not accounted for, but not everything was read: the effects of "))
		Expect(result.Results.Invariants[1].Verdict).To(Equal(finding.Vacuous))
		withoutPassword(dir, said)
	})

	It("are refused before the load where the query is wrong", func(ctx SpecContext) {
		if !booked() {
			return
		}
		withoutLeaks()
		GinkgoT().Setenv(bookkeeping, strings.ReplaceAll(os.Getenv(bookkeeping), "search_path=books", "search_path=elsewhere"))
		dir := filepath.Join(GinkgoT().TempDir(), "run")
		_, err := scenario.Run(ctx, booking(map[string]string{"by-id": "idle"}, ""), started(dir)...)
		var refused *scenario.PlanError
		Expect(errors.As(err, &refused)).To(BeTrue(), "%v", err)
		Expect(refused.Findings).To(HaveLen(1))
		Expect(refused.Findings[0].Position.String()).To(Equal("testdata/run/effects/by-id.weir.yaml:8:19"))
		Expect(refused.Findings[0].Message).To(Equal(`the effects of OrderPlaced cannot be counted: ERROR: relation "by_id" does not exist (SQLSTATE 42P01)`))
		Expect(dir).NotTo(BeADirectory())
	})
})
