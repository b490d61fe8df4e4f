// Package probe is how a contract says that the effects of an event are
// counted from outside: by a query of the service's database, or by a request
// to the service.
//
//	SELECT count(*) FROM charges WHERE event_id = {id}            one number
//	SELECT event_id, count(*) FROM charges GROUP BY event_id      a row for each event
//	GET /charges?event={id}                                       a number, or an array
//
// {id} stands for the event's id, as its envelope has it. In a query it is a
// parameter and is never written into the text; in a request it is escaped.
//
// What it guarantees: a question that parses changes nothing by its form (one
// SELECT, or a GET), and is of exactly one form. It knows no address and no
// secret, and asks nothing; package harness/effect does.
package probe

import "fmt"

// placeholder stands for the event's id.
const placeholder = "{id}"

// SyntaxError is a question that cannot be asked.
type SyntaxError struct {
	// Offset is where in the text, in bytes from 0.
	Offset int
	// Message says what is wrong, and Hint what to write.
	Message, Hint string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("column %d: %s (%s)", e.Offset+1, e.Message, e.Hint)
}

func wrong(offset int, hint, format string, args ...any) *SyntaxError {
	return &SyntaxError{offset, fmt.Sprintf(format, args...), hint}
}
