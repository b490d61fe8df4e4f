package probe_test

import (
	"errors"
	"testing"

	"github.com/flowweir/weir/contracts/probe"
)

func TestParseQuery(t *testing.T) {
	for _, c := range []struct {
		text  string
		byID  bool
		bound string // with $1; "" is the text itself
	}{
		{text: "SELECT count(*) FROM charges WHERE event_id = {id}", byID: true, bound: "SELECT count(*) FROM charges WHERE event_id = $1"},
		{text: "select count(*) from a where id={id} or cause={id}", byID: true, bound: "select count(*) from a where id=$1 or cause=$1"},
		{text: "SELECT event_id, count(*) FROM charges GROUP BY event_id"},
		{text: "with c as (select id from a)\nselect id, count(*) from c group /* now */ by id"},
		{text: `SELECT count(*) FROM a WHERE kind = 'it''s; {}' AND "{odd}" = {id}`, byID: true, bound: `SELECT count(*) FROM a WHERE kind = 'it''s; {}' AND "{odd}" = $1`},
		{text: "SELECT count(*) FROM a WHERE x = $q$ {; $q$ AND id = {id} -- done;", byID: true, bound: "SELECT count(*) FROM a WHERE x = $q$ {; $q$ AND id = $1 -- done;"},
		{text: "SELECT a$1, count(*) FROM t GROUP BY a$1"},
	} {
		q, err := probe.ParseQuery(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if c.bound == "" {
			c.bound = c.text
		}
		if q.ByID() != c.byID || q.Bound("$1") != c.bound || q.String() != c.text {
			t.Errorf("%s: by id %t, bound %q, string %q", c.text, q.ByID(), q.Bound("$1"), q)
		}
	}
}

func TestParseQueryRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "1: a query begins with SELECT or WITH",
		"DELETE FROM charges WHERE event_id={id}": "1: a query begins with SELECT or WITH",
		"SELECTED {id}":                            "1: a query begins with SELECT or WITH",
		"SELECT count(*) FROM charges":             "1: the query names no {id} and has no GROUP BY: whose effects it counts is not said",
		"SELECT 'GROUP BY'":                        "1: the query names no {id} and has no GROUP BY: whose effects it counts is not said",
		"SELECT 1 WHERE a = '{id}'":                "21: {id} stands in quotes or a comment, where no parameter can",
		"SELECT 1 -- {id}":                         "13: {id} stands in quotes or a comment, where no parameter can",
		"SELECT 1 WHERE a = {id};":                 "24: a query is one statement, without a semicolon",
		"SELECT 1 WHERE a = {id}; DROP TABLE a":    "24: a query is one statement, without a semicolon",
		"SELECT 1 WHERE a = {ID}":                  "20: the only name in braces is {id}",
		"SELECT 1 WHERE a = {{.id}}":               "20: the only name in braces is {id}",
		"SELECT 1 WHERE a = $1":                    "20: a parameter is written {id}",
		"SELECT 1 WHERE a = 'b":                    "20: the quote is not ended",
		"SELECT 1 /* {id}":                         "10: the comment is not ended",
		"SELECT 1 WHERE a = $x$ {id}":              "20: the quote is not ended",
		`SELECT 1 WHERE a = E'\'' AND b = {id}`:    "20: E'…' is not understood in a query of a contract",
		"SELECT a, count(*) FROM b GROUP BY a; --": "37: a query is one statement, without a semicolon",
	} {
		q, err := probe.ParseQuery(text)
		refused(t, text, q.String(), err, want)
	}
}

func TestParseRequest(t *testing.T) {
	for text, want := range map[string]string{
		"GET /charges?event={id}":     "/charges?event=a%2Fb+c",
		"GET /charges/{id}":           "/charges/a%2Fb%20c",
		"GET /charges/{id}?of={id}&x": "/charges/a%2Fb%20c?of=a%2Fb+c&x",
	} {
		r, err := probe.ParseRequest(text)
		if err != nil || r.Path("a/b c") != want || r.String() != text {
			t.Errorf("%s: %v, path %s, string %s", text, err, r.Path("a/b c"), r)
		}
	}
}

func TestParseRequestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "1: the request is no GET: to ask must change nothing",
		"POST /charges/{id}":           "1: the request is no GET: to ask must change nothing",
		"GET":                          "4: the path does not begin with one /",
		"GET http://localhost/{id}":    "5: the path does not begin with one /",
		"GET //host/{id}":              "5: the path does not begin with one /",
		"GET /charges":                 "5: the path does not name {id}",
		"GET /charges/{{.id}}/{id}":    `14: '{' cannot stand in the path`,
		"GET /charges/{id} HTTP/1.1":   `18: ' ' cannot stand in the path`,
		"GET /charges/{id}#total":      `18: '#' cannot stand in the path`,
		"GET /charges/%zz/{id}":        "5: the path is none: it has a wrong escape",
		"GET /charges/{id}/\u00fcbers": `19: 'ü' cannot stand in the path`,
	} {
		r, err := probe.ParseRequest(text)
		refused(t, text, r.Path("x"), err, want)
	}
}

func refused(t *testing.T, text, got string, err error, want string) {
	t.Helper()
	var wrong *probe.SyntaxError
	if !errors.As(err, &wrong) || got != "" {
		t.Errorf("%q: got %q, %v", text, got, err)
		return
	}
	if want = "column " + want + " (" + wrong.Hint + ")"; err.Error() != want || wrong.Hint == "" {
		t.Errorf("%q:\ngot  %s\nwant %s", text, err, want)
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, text := range []string{
		"SELECT count(*) FROM charges WHERE event_id = {id}", "SELECT a, count(*) FROM b GROUP BY a", "WITH $a$ {id} $a$", "SELECT '{id}", "select $1 {id}; --", "SELECT E'\\''",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := probe.ParseQuery(text)
		if err != nil {
			inside(t, text, err)
			return
		}
		if q.String() != text {
			t.Fatalf("%q became %q", text, q)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	for _, text := range []string{"GET /charges?event={id}", "GET /{id}/{id}", "GET /%zz{id}", "POST /", "GET {id}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := probe.ParseRequest(text)
		if err != nil {
			inside(t, text, err)
			return
		}
		if r.String() != text {
			t.Fatalf("%q became %q", text, r)
		}
	})
}

// inside checks that an error points into the text.
func inside(t *testing.T, text string, err error) {
	t.Helper()
	var wrong *probe.SyntaxError
	if !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(text) {
		t.Fatalf("%q: %v", text, err)
	}
}
