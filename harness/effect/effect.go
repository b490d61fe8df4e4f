// Package effect counts from outside how often events had an effect: by a
// query of a service's database, or by a request to the service. The contract
// says the question (package contracts/probe), the run says whom to ask.
//
// What it guarantees: an error is never a count. What a database or a service
// refuses as wrong is told from what it does not answer: see Refused. An id is
// a parameter of the query and never part of its text; queries run in
// transactions that may only read. No error and no String has a password.
//
// What it is not for: waiting and judging. Package harness/scenario counts for
// a whole load, package harness/promise for one event.
package effect

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"
)

// The bounds of asking.
const (
	// inFlight is how many questions are open at a time, and so how many
	// connections there are at most.
	inFlight = 8
	// answerTimeout bounds the answer about one event.
	answerTimeout = 5 * time.Second
	// tries is how often one question is asked that is not answered, with a
	// pause of retryAfter between two.
	tries      = 3
	retryAfter = 100 * time.Millisecond
	// together is how many events one transaction of a database is about.
	together = 100
)

// Source answers how many effects events have had.
type Source struct {
	// what names the effects in sentences, question is how they are counted.
	what, question string
	// one answers for an event, all for every one that there is; nil where
	// the source cannot.
	one func(ctx context.Context, id string) (Count, error)
	// some answers for events until it fails, and says for how many; nil where
	// that costs no less than one by one.
	some func(ctx context.Context, ids []string, found func(id string, c Count)) int
	all  func(ctx context.Context, found func(id string, n int)) error
	end  func()
}

// Count is how many effects an event has had.
type Count struct {
	N int
	// Absent says that the service knows nothing of the event (404), which is
	// also what a wrong path looks like.
	Absent bool
}

// What names the effects in a sentence: "effect in its database".
func (s *Source) What() string { return s.what }

// String is the question, as the contract has it.
func (s *Source) String() string { return s.question }

// Close ends the connections that the source has opened.
func (s *Source) Close() { s.end() }

// Of answers for one event.
func (s *Source) Of(ctx context.Context, id string) (Count, error) {
	if s.one != nil {
		return patient(ctx, func(ctx context.Context) (Count, error) { return s.one(ctx, id) })
	}
	var c Count
	err := s.all(ctx, func(of string, n int) {
		if of == id {
			c.N += n
		}
	})
	return c, err
}

// Whole says that the source answers for all events at once: Each then takes
// no heed of ids.
func (s *Source) Whole() bool { return s.one == nil }

// Each answers for events. found is called by one goroutine at a time, and for
// a Whole source also for events that were not asked about, and perhaps more
// than once for an event: its counts add up. An error leaves open for which
// events it was called.
func (s *Source) Each(ctx context.Context, ids iter.Seq[string], found func(id string, c Count)) error {
	if s.Whole() {
		return s.all(ctx, func(id string, n int) { found(id, Count{N: n}) })
	}
	type answer struct {
		id string
		Count
	}
	answers := make(chan answer, inFlight)
	asking, each := errgroup.WithContext(ctx)
	asking.SetLimit(inFlight)
	var failed error
	tell := func(id string, c Count) { answers <- answer{id, c} }
	go func() {
		defer close(answers)
		for ids := range s.portions(ids) {
			if each.Err() != nil {
				break
			}
			asking.Go(func() error { return s.portion(each, ids, tell) })
		}
		failed = asking.Wait()
	}()
	for a := range answers {
		found(a.id, a.Count)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return failed
}

// portions are events that are asked about together.
func (s *Source) portions(ids iter.Seq[string]) iter.Seq[[]string] {
	size := 1
	if s.some != nil {
		size = together
	}
	return func(yield func([]string) bool) {
		portion := make([]string, 0, size)
		for id := range ids {
			if portion = append(portion, id); len(portion) < size {
				continue
			}
			if !yield(portion) {
				return
			}
			portion = make([]string, 0, size)
		}
		if len(portion) > 0 {
			yield(portion)
		}
	}
}

// portion asks about events, and about each by itself once one was not
// answered.
func (s *Source) portion(ctx context.Context, ids []string, found func(id string, c Count)) error {
	if s.some != nil {
		ids = ids[s.some(ctx, ids, found):]
	}
	for _, id := range ids {
		c, err := s.Of(ctx, id)
		if err != nil {
			return err
		}
		found(id, c)
	}
	return nil
}

// errSlow says that one answer took too long.
var errSlow = fmt.Errorf("no answer within %s", answerTimeout)

// patient asks again what was not answered.
func patient(ctx context.Context, ask func(context.Context) (Count, error)) (c Count, err error) {
	for try := 1; ; try++ {
		limit, cancel := context.WithTimeoutCause(ctx, answerTimeout, errSlow)
		c, err = ask(limit)
		cancel()
		if err == nil || try == tries || Refused(err) || ctx.Err() != nil {
			return c, err
		}
		select {
		case <-ctx.Done():
			return c, err
		case <-time.After(retryAfter):
		}
	}
}

// refusal is an answer that says that the question is wrong.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func refuse(format string, args ...any) error { return refusal{fmt.Errorf(format, args...)} }

// Refused says whether an error is the answer to a question that is wrong, and
// will be as long as it is asked so: a table that is not there, a reply in
// which no number is.
func Refused(err error) bool {
	var r refusal
	return errors.As(err, &r)
}
