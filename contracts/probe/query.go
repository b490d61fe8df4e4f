package probe

import (
	"strings"
	"unicode/utf8"
)

// Query counts effects in a database. The zero value asks nothing.
type Query struct {
	// parts are the text between the placeholders.
	parts []string
}

// The hints of what cannot be asked.
const (
	queryHint = "write SELECT count(*) FROM charges WHERE event_id = {id}, or SELECT event_id, count(*) FROM charges GROUP BY event_id"
	boundHint = "{id} is a parameter and stands by itself: event_id = {id}"
)

// ParseQuery reads a query of one of two forms: with {id}, which answers one
// number, and without, which has a GROUP BY and answers a row for each event,
// its id and its number. Its errors are *SyntaxError.
func ParseQuery(text string) (Query, error) {
	if word := strings.ToUpper(firstWord(text)); word != "SELECT" && word != "WITH" {
		return Query{}, wrong(0, queryHint, "a query begins with SELECT or WITH")
	}
	s := scanner{text: text}
	var q Query
	from := 0
	for s.at < len(text) {
		begin := s.at
		quoted, err := s.next()
		switch {
		case err != nil:
			return Query{}, err
		case quoted:
			if i := strings.Index(text[begin:s.at], placeholder); i >= 0 {
				return Query{}, wrong(begin+i, boundHint, "{id} stands in quotes or a comment, where no parameter can")
			}
		case text[begin] == ';':
			return Query{}, wrong(begin, "leave it out", "a query is one statement, without a semicolon")
		case strings.HasPrefix(text[begin:], placeholder):
			s.at = begin + len(placeholder)
			q.parts = append(q.parts, text[from:begin])
			from = s.at
		case text[begin] == '{' || text[begin] == '}':
			return Query{}, wrong(begin, boundHint, "the only name in braces is {id}")
		case text[begin] == '$' && begin+1 < len(text) && digit(text[begin+1]):
			return Query{}, wrong(begin, boundHint, "a parameter is written {id}")
		}
	}
	q.parts = append(q.parts, text[from:])
	if !q.ByID() && !s.grouped {
		return Query{}, wrong(0, queryHint, "the query names no {id} and has no GROUP BY: whose effects it counts is not said")
	}
	return q, nil
}

// ByID says that the query is about one event, and answers one number.
func (q Query) ByID() bool { return len(q.parts) > 1 }

// Bound is the query with a database's own mark for its only parameter, such
// as $1.
func (q Query) Bound(mark string) string { return strings.Join(q.parts, mark) }

// String is the query as it was written.
func (q Query) String() string { return q.Bound(placeholder) }

func firstWord(text string) string {
	text = strings.TrimLeft(text, " \t\r\n")
	end := strings.IndexFunc(text, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		return text
	}
	return text[:end]
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

func letter(b byte) bool {
	return b == '_' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= utf8.RuneSelf
}

// scanner goes through the text of a query by what PostgreSQL takes for one
// piece: a quoted text or name, a comment, a word, or a character.
type scanner struct {
	text string
	at   int
	// last is the last word, in capitals; grouped says that GROUP BY was met.
	last    string
	grouped bool
}

// next moves on by one piece, and says whether it was quoted or a comment.
func (s *scanner) next() (quoted bool, err error) {
	rest := s.text[s.at:]
	switch {
	case strings.HasPrefix(rest, "--"):
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		s.at += end
		return true, nil
	case strings.HasPrefix(rest, "/*"):
		return true, s.through("/*", "*/", "the comment")
	case rest[0] == '\'' || rest[0] == '"':
		return true, s.through(rest[:1], rest[:1], "the quote")
	case rest[0] == '$':
		if tag := dollarTag(rest); tag != "" {
			return true, s.through(tag, tag, "the quote")
		}
	case letter(rest[0]):
		return s.word(rest)
	}
	s.at++
	return false, nil
}

// word moves past a word; E'…' is a quote in which a backslash escapes.
func (s *scanner) word(rest string) (quoted bool, err error) {
	n := 1
	for n < len(rest) && (letter(rest[n]) || digit(rest[n]) || rest[n] == '$') {
		n++
	}
	word := strings.ToUpper(rest[:n])
	if word == "E" && n < len(rest) && rest[n] == '\'' {
		return true, wrong(s.at, "write the text without a backslash", "E'…' is not understood in a query of a contract")
	}
	s.grouped = s.grouped || word == "BY" && s.last == "GROUP"
	s.last = word
	s.at += n
	return false, nil
}

// through moves behind what ends a piece that begins here.
func (s *scanner) through(begin, end, what string) error {
	i := strings.Index(s.text[s.at+len(begin):], end)
	if i < 0 {
		return wrong(s.at, "end it", "%s is not ended", what)
	}
	s.at += len(begin) + i + len(end)
	return nil
}

// dollarTag is the $tag$ with which a text begins; "" without.
func dollarTag(text string) string {
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$':
			return text[:i+1]
		case !letter(c) && (i == 1 || !digit(c)):
			return ""
		}
	}
	return ""
}
