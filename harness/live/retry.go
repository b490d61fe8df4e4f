package live

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flowweir/weir/contracts"
)

// Retries is what became of an event that a consumer could not process: the
// records in its retry topics and its dead letter. Attempts that a consumer
// makes without a retry topic leave no trace there.
type Retries struct {
	Of      *Record
	Policy  *contracts.Retry
	Records []*Record
	// Dead is the dead letter; nil where none came.
	Dead *Record
}

// Retries follows an event through the retry topics of a consumer to its
// dead-letter topic, which ends the wait, or ctx does. An error is that of
// reading, not that something is missing.
func (f *Flow) Retries(ctx context.Context, of *Record, by *contracts.Consumes) (Retries, error) {
	out := Retries{Of: of, Policy: by.Retry}
	switch {
	case by.Retry == nil:
		return out, fmt.Errorf("the contract declares no retry of %s", by.Event)
	case len(by.Retry.Topics) == 0:
		return out, fmt.Errorf("the retry of %s declares no topics: attempts inside the service are not seen from outside", by.Event)
	case by.DLQ == nil:
		return out, fmt.Errorf("the contract declares no dlq for %s: nothing shows that its retries are over", by.Event)
	}
	dead, err := f.Topic(by.DLQ.Topic)
	if err != nil {
		return out, err
	}
	follows := LeadsBackTo(of)
	if follows.err != nil {
		return out, follows.err
	}
	leads := follows.ok
	if out.Dead, err = dead.Await(ctx, leads); err != nil && ctx.Err() == nil {
		return out, err
	}
	if out.Dead != nil {
		f.Ask(out.Dead)
	}
	// What was awaited in vain may still be read.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	for _, name := range distinct(by.Retry.Topics) {
		t, err := f.Topic(name)
		if err == nil {
			_, err = t.ReadToEnd(ctx)
		}
		if err != nil {
			return out, fmt.Errorf("reading %s to its end: %w", name, err)
		}
		for _, r := range t.Records() {
			if leads(r) {
				out.Records = append(out.Records, r)
			}
		}
	}
	sortByTime(out.Records)
	if out.Dead == nil && len(out.Records) == 0 {
		return out, f.undecided(follows, append(slices.Clone(by.Retry.Topics), by.DLQ.Topic))
	}
	return out, nil
}

// undecided is why a record that was read of topics may be what is asked for all
// the same.
func (f *Flow) undecided(c Condition, topics []string) error {
	for _, name := range topics {
		t, err := f.Topic(name)
		if err != nil {
			return err
		}
		for _, r := range t.Records() {
			if err := c.Undecided(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// endTimeout bounds the reading of what is in a topic already.
const endTimeout = 10 * time.Second

// Problems are the ways in which the retries break the policy: their number,
// their topics, and waits that are shorter than the backoff. Waits are between
// the records' timestamps, which Kafka keeps in milliseconds; longer ones are
// not judged.
func (r Retries) Problems() []string {
	var out []string
	if r.Dead == nil {
		out = append(out, "no dead letter ended them")
	}
	want := r.Policy.Attempts - 1
	if n := len(r.Records); n != want {
		found := fmt.Sprintf("%d records in retry topics lead", n)
		if n == 1 {
			found = "1 record in retry topics leads"
		}
		out = append(out, fmt.Sprintf("%s back to the event, wanted %d (attempts: %d, the first included)", found, want, r.Policy.Attempts))
	}
	for i, rec := range r.Records {
		if topics := r.Policy.Topics; len(topics) == want && i < want && rec.Topic != topics[i] {
			out = append(out, fmt.Sprintf("retry %d is in %s, wanted %s", i+1, rec.Topic, topics[i]))
		}
		next := r.Dead
		if i+1 < len(r.Records) {
			next = r.Records[i+1]
		}
		if next == nil {
			continue
		}
		waited, least := next.Timestamp.Sub(rec.Timestamp), r.Policy.Backoff.Delay(i+2)
		if waited+time.Millisecond < least {
			out = append(out, fmt.Sprintf("attempt %d came %s after attempt %d had failed, wanted at least %s", i+2, waited, i+1, least))
		}
	}
	return out
}
