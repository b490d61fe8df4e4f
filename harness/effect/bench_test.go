package effect_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/probe"
	"github.com/flowweir/weir/harness/effect"
)

// BenchmarkEach counts the effects of 100,000 events, each of which has one.
func BenchmarkEach(b *testing.B) {
	const events = 100_000
	ids := make([]string, events)
	for i := range ids {
		ids[i] = fmt.Sprintf("a0a0a0a0-0000-8000-8000-%012d", i)
	}
	each := func(b *testing.B, s *effect.Source) {
		b.Helper()
		defer s.Close()
		for b.Loop() {
			n := 0
			if err := s.Each(b.Context(), slices.Values(ids), func(_ string, c effect.Count) { n += c.N }); err != nil || n != events {
				b.Fatal(n, err)
			}
		}
	}
	b.Run("http", func(b *testing.B) {
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("1")) }))
		defer service.Close()
		r, err := probe.ParseRequest("GET /{id}")
		if err != nil {
			b.Fatal(err)
		}
		each(b, effect.OverHTTP(service.URL, r, place.Place{}))
	})
	if server == nil {
		b.Log("no PostgreSQL, so only HTTP was asked: install Debian's package postgresql")
		return
	}
	db, err := effect.OpenDatabase(server.URL())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, statement := range []string{
		"DROP TABLE IF EXISTS bench", "CREATE TABLE bench (event_id text PRIMARY KEY)",
		fmt.Sprintf("INSERT INTO bench SELECT 'a0a0a0a0-0000-8000-8000-' || lpad(i::text, 12, '0') FROM generate_series(0, %d) i", events-1), "ANALYZE bench",
	} {
		if _, err := db.Exec(statement); err != nil {
			b.Fatal(err)
		}
	}
	for name, text := range map[string]string{
		"grouped": "SELECT event_id, count(*) FROM bench GROUP BY event_id",
		"by-id":   "SELECT count(*) FROM bench WHERE event_id = {id}",
	} {
		b.Run(name, func(b *testing.B) {
			q, err := probe.ParseQuery(text)
			if err != nil {
				b.Fatal(err)
			}
			each(b, effect.InDatabase(db, q))
		})
	}
}
