package effect_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/probe"
	"github.com/flowweir/weir/harness/effect"
	"github.com/flowweir/weir/harness/internal/postgrestest"
)

// server is PostgreSQL; nil where the machine has none.
var server *postgrestest.Server

func TestMain(m *testing.M) {
	var err error
	if server, err = postgrestest.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// database is one with two charges of a, one of b, and one of nobody.
func database(t *testing.T) (db *sql.DB, found bool) {
	t.Helper()
	if server == nil {
		t.Log("no PostgreSQL, so nothing was asked: install Debian's package postgresql")
		return nil, false
	}
	db, err := effect.OpenDatabase(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	schema := "test_" + strings.ToLower(t.Name())
	for _, statement := range []string{
		"DROP SCHEMA IF EXISTS " + schema + " CASCADE", "CREATE SCHEMA " + schema,
		"CREATE TABLE " + schema + ".charges (event_id text, of_event uuid, n int, amount numeric)",
		fmt.Sprintf("INSERT INTO %s.charges VALUES ('a', '%s', 1, 1), ('a', '%s', 1, 1), ('b', '%s', -1, 0.5), (NULL, NULL, 1, 1)", schema, first, first, second),
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	return db, true
}

const (
	first  = "a0a0a0a0-0000-8000-8000-000000000001"
	second = "a0a0a0a0-0000-8000-8000-000000000002"
)

func query(t *testing.T, text string) probe.Query {
	t.Helper()
	q, err := probe.ParseQuery(strings.ReplaceAll(text, "charges", "test_"+strings.ToLower(t.Name())+".charges"))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// counted asks for all events, and for each of some alone.
func counted(t *testing.T, s *effect.Source, ids ...string) (all, each map[string]int) {
	t.Helper()
	all, each = map[string]int{}, map[string]int{}
	if err := s.Each(t.Context(), slices.Values(ids), func(id string, c effect.Count) { all[id] += c.N }); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	for _, id := range ids {
		c, err := s.Of(t.Context(), id)
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
		each[id] = c.N
	}
	return all, each
}

func TestCountsInDatabase(t *testing.T) {
	db, found := database(t)
	if !found {
		return
	}
	for text, want := range map[string]map[string]int{
		"SELECT count(*) FROM charges WHERE event_id = {id}":               {"a": 2, "b": 1, "c": 0},
		"SELECT 1 FROM charges WHERE event_id = {id}":                      {"a": 2, "b": 1, "c": 0},
		"SELECT sum(amount) FROM charges WHERE event_id = {id}":            {"a": 2, "c": 0},
		"SELECT event_id, count(*) FROM charges GROUP BY event_id":         {"a": 2, "b": 1},
		"SELECT event_id, count(*) FROM charges GROUP BY event_id, n":      {"a": 2, "b": 1},
		"SELECT of_event, count(*) FROM charges GROUP BY of_event":         {first: 2, second: 1},
		"SELECT count(*) FROM charges WHERE of_event = {id}":               {first: 2, second: 1},
		"SELECT count(*) FROM charges WHERE event_id = {id} OR {id} = 'c'": {"a": 2, "b": 1, "c": 4},
	} {
		all, each := counted(t, effect.InDatabase(db, query(t, text)), slices.Collect(maps.Keys(want))...)
		if !maps.Equal(all, want) || !maps.Equal(each, want) {
			t.Errorf("%s:\nall  %v\neach %v\nwant %v", text, all, each, want)
		}
	}
}

// An id is bound: whatever is in it, it is no SQL.
func TestAnIDIsNoPartOfTheQuery(t *testing.T) {
	db, found := database(t)
	if !found {
		return
	}
	s := effect.InDatabase(db, query(t, "SELECT count(*) FROM charges WHERE event_id = {id}"))
	for _, id := range []string{"' OR 'a' = 'a", "a'; DROP TABLE charges; --", "$1"} {
		if c, err := s.Of(t.Context(), id); err != nil || c.N != 0 {
			t.Errorf("%q: %d, %v", id, c.N, err)
		}
	}
	if c, err := s.Of(t.Context(), "a"); err != nil || c.N != 2 {
		t.Errorf("afterwards: %d, %v", c.N, err)
	}
}

func TestWrongQueriesAreRefused(t *testing.T) {
	db, found := database(t)
	if !found {
		return
	}
	schema := "test_" + strings.ToLower(t.Name())
	for text, want := range map[string]string{
		"SELECT count(*) FROM chargess WHERE event_id = {id}":                                                   `ERROR: relation "` + schema + `.chargess" does not exist (SQLSTATE 42P01)`,
		"SELECT count(*) FROM charges WHERE n = {id}":                                                           `ERROR: invalid input syntax for type integer: "a" (SQLSTATE 22P02)`,
		"WITH d AS (DELETE FROM charges RETURNING event_id) SELECT event_id, count(*) FROM d GROUP BY event_id": "ERROR: cannot execute SELECT in a read-only transaction (SQLSTATE 25006)",
		"SELECT event_id, n FROM charges WHERE event_id = {id}":                                                 "the query answers 2 columns (event_id, n): with {id} it answers one, the number",
		"SELECT count(*) FROM charges GROUP BY event_id":                                                        "the query answers 1 columns (count): without {id} it answers two, the event's id and the number",
		"SELECT event_id, n FROM charges GROUP BY event_id, n":                                                  "an answer of the query is no number of effects: -1",
		"SELECT sum(amount) FROM charges WHERE event_id = 'b' AND {id} <> ''":                                   `an answer of the query is no number of effects: sql: Scan error on column index 0, name "sum": converting driver.Value type string ("0.5") to a int64: invalid syntax`,
	} {
		s := effect.InDatabase(db, query(t, text))
		_, err := s.Of(t.Context(), "a")
		if err == nil || !effect.Refused(err) || err.Error() != want {
			t.Errorf("%s:\ngot  %v (refused %t)\nwant %s", text, err, effect.Refused(err), want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://weir:s3cret@h/db":       "",
		"postgresql://h/db?password=s3cret": "",
		"mysql://weir:s3cret@h/db":          `there is no driver for databases of "mysql": there is one for postgres`,
		"host=h password=s3cret":            "the address of a database is a URL, such as postgres://user@host:5432/name",
		"postgres://weir:s3cret%@h/db":      "the address of the database is no URL: special characters in a password are escaped, as in p%40ss",
	} {
		got := ""
		if err := effect.CheckAddress(address); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
	for address, want := range map[string]bool{"postgres://h/db": false, "postgres://u@h/db": false, "postgres://u:p@h/db": true, "postgres://h/db?password=p": true, "postgres://u:%@h": true} {
		if got := effect.Password(address); got != want {
			t.Errorf("%s: password %t", address, got)
		}
	}
}

// A database that does not answer is no refusal and no count, and its errors
// have no password.
func TestDatabaseThatIsDown(t *testing.T) {
	q, err := probe.ParseQuery("SELECT event_id, count(*) FROM charges GROUP BY event_id")
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{
		"postgres://weir:s3cret@127.0.0.1:1/db", "postgres://weir:s3cret@127.0.0.1:1/db?sslmode=no-such-mode",
		"postgres://weir:s3cret@127.0.0.1:99999/db", "postgres://127.0.0.1:1/db?password=s3cret&connect_timeout=soon",
	} {
		db, err := effect.OpenDatabase(address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = effect.InDatabase(db, q).Of(t.Context(), "a")
		if err == nil || effect.Refused(err) || strings.Contains(err.Error(), "s3cret") || !strings.HasPrefix(err.Error(), "the database does not answer: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", address, err)
		}
		_ = db.Close()
	}
}

func TestCountsOverHTTP(t *testing.T) {
	replies := map[string]string{"a": `[{"n": 1}, {"n": 2}]`, "b": "1", "c": "", "d": "[]", "e": `{"charges": {"total": 3}}`, "f": `{"charges": []}`}
	var bad atomic.Int64
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("event")
		switch reply, known := replies[id]; {
		case id == "flaky" && bad.Add(1) < 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case id == "flaky":
			_, _ = w.Write([]byte("1"))
		case !known:
			w.WriteHeader(http.StatusNotFound)
		case reply == "":
			w.WriteHeader(http.StatusNoContent)
		default:
			_, _ = w.Write([]byte(reply))
		}
	}))
	defer service.Close()
	request, err := probe.ParseRequest("GET /charges?event={id}")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]map[string]int{
		"":                {"a": 2, "b": 1, "c": 0, "d": 0, "none": 0, "flaky": 1},
		"$.charges.total": {"e": 3, "none": 0},
		"$.charges":       {"f": 0},
	} {
		s := effect.OverHTTP(service.URL+"/", request, parsed(t, at))
		all, each := counted(t, s, slices.Collect(maps.Keys(want))...)
		s.Close()
		if !maps.Equal(all, want) || !maps.Equal(each, want) {
			t.Errorf("%q:\nall  %v\neach %v\nwant %v", at, all, each, want)
		}
	}
	s := effect.OverHTTP(service.URL, request, place.Place{})
	defer s.Close()
	for id, absent := range map[string]bool{"none": true, "c": false, "b": false} {
		if c, err := s.Of(t.Context(), id); err != nil || c.Absent != absent {
			t.Errorf("%s: absent %t, %v", id, c.Absent, err)
		}
	}
}

func parsed(t *testing.T, at string) (p place.Place) {
	t.Helper()
	if at == "" {
		return p
	}
	return place.MustParse(at)
}

func TestRepliesThatAreNoNumber(t *testing.T) {
	status, body := http.StatusOK, ""
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer service.Close()
	request, err := probe.ParseRequest("GET /{id}")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status  int
		body    string
		at      string
		want    string
		refused bool
	}{
		{200, `{"total": 1}`, "", "the reply is neither a number nor an array: name the place of one by count: $.total", true},
		{200, `{"total": "1"}`, "$.total", "$.total of the reply is neither a number nor an array: name the place of one by count: $.total", true},
		{200, `{}`, "$.total", "the reply has nothing at $.total", true},
		{200, `-1`, "", "the reply is -1, which is no number of effects", true},
		{200, `1.5`, "", "the reply is 1.5, which is no number of effects", true},
		{200, `<html>`, "", "the reply is no JSON: invalid character '<' looking for beginning of value", true},
		{200, strings.Repeat(" ", 1<<20+1), "", "the reply is longer than 1048576 bytes", true},
		{302, "", "", "the service answered 302 Found: 200 says how many effects there are, 204 and 404 that there is none", true},
		{401, "", "", "the service answered 401 Unauthorized: 200 says how many effects there are, 204 and 404 that there is none", true},
		{500, "1", "", "the service answered 500 Internal Server Error", false},
		{429, "1", "", "the service answered 429 Too Many Requests", false},
		{0, "", "", "the service does not answer: EOF", false},
	} {
		status, body = c.status, c.body
		s := effect.OverHTTP(service.URL, request, parsed(t, c.at))
		_, err := s.Of(t.Context(), "a")
		s.Close()
		if err == nil || err.Error() != c.want || effect.Refused(err) != c.refused {
			t.Errorf("%d %s:\ngot  %v (refused %t)\nwant %s (refused %t)", c.status, c.body[:min(20, len(c.body))], err, effect.Refused(err), c.want, c.refused)
		}
	}
}

// One question that is not answered ends the asking, and it is no count.
func TestAskingEndsWithTheFirstError(t *testing.T) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/50" {
			w.WriteHeader(http.StatusForbidden)
		}
		_, _ = w.Write([]byte("1"))
	}))
	defer service.Close()
	request, err := probe.ParseRequest("GET /{id}")
	if err != nil {
		t.Fatal(err)
	}
	s := effect.OverHTTP(service.URL, request, place.Place{})
	defer s.Close()
	counted := 0
	err = s.Each(t.Context(), func(yield func(string) bool) {
		for i := 0; ; i++ {
			if !yield(fmt.Sprint(i)) {
				return
			}
		}
	}, func(string, effect.Count) { counted++ })
	if !effect.Refused(err) || counted < 40 {
		t.Errorf("%v after %d", err, counted)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Each(over, slices.Values([]string{"1"}), func(string, effect.Count) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("when the time was over: %v", err)
	}
}

// Events are asked about in few transactions; one that fails costs no other its
// answer, and is told as if it had been asked about alone.
func TestManyEventsInOneTransaction(t *testing.T) {
	db, found := database(t)
	if !found {
		return
	}
	ids := make([]string, 250)
	for i := range ids {
		ids[i] = fmt.Sprint(i)
	}
	ask := func(text string, ids []string) (answers []int, err error) {
		err = effect.InDatabase(db, query(t, text)).Each(t.Context(), slices.Values(ids), func(_ string, c effect.Count) { answers = append(answers, c.N) })
		return answers, err
	}
	began, err := ask("SELECT (extract(epoch FROM transaction_timestamp()) * 1000000)::bigint % 1000000000 WHERE {id} <> ''", ids)
	slices.Sort(began)
	if all, transactions := len(began), len(slices.Compact(began)); err != nil || all != 250 || transactions > 3 {
		t.Errorf("%d answers in %d transactions, %v", all, transactions, err)
	}
	answers, err := ask("SELECT 1 / length({id}::text) FROM charges WHERE event_id = 'b'", append(ids[:30:30], ""))
	if !effect.Refused(err) || len(answers) != 30 {
		t.Errorf("%d answers, %v", len(answers), err)
	}
}
