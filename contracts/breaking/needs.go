package breaking

import (
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/reports/finding"
)

// needs says which consumers needed a field that the old schema promised and
// the new one does not, whatever the mode: a mode holds whole schemas against
// each other, and a consumer that lists its needs has none of its own.
func (c *change) needs() {
	readers := c.needing()
	if len(readers) == 0 {
		return
	}
	was, is := c.was.schema(), c.now.schema()
	before, err := c.oldSide.Loader.Current(c.was.contract, was, c.was.message())
	if err != nil {
		return // schema says so
	}
	now, err := c.newSide.Loader.Current(c.now.contract, is, c.now.message())
	if err != nil {
		return
	}
	for _, reader := range readers {
		for i, need := range reader.promise().Needs {
			c.need(reader, i, need, before, now)
		}
	}
}

// needing are the consumers that list what they need of the event where it
// is sent.
func (c *change) needing() []consumer {
	var all []consumer
	for _, reader := range c.consumers[c.event()] {
		promise := reader.promise()
		if promise.Schema == nil && len(promise.Needs) > 0 && promise.Channel() == c.now.promise().Channel() {
			all = append(all, reader)
		}
	}
	return all
}

func (c *change) need(reader consumer, i int, need contracts.Need, before, now *schema.Schema) {
	at, err := place.Parse(need.Place)
	if err != nil || at.Kind() != place.Data {
		return // headers and keys have rules of their own
	}
	if missing(before.Lookup(at), need.Type) != "" {
		return // it was not promised before
	}
	field := now.Lookup(at)
	wrong := missing(field, need.Type)
	if wrong == "" {
		return
	}
	f := finding.Finding{
		ID: NeedWithdrawn, Position: &field.Position,
		Message: fmt.Sprintf("%s needs %s of %s, which was promised in %s and %s", reader.service(), at, c.event(), c.oldSide.Name, wrong),
		Hint:    "keep promising it until the consumer no longer needs it",
	}
	if position := reader.contract.Doc.KeyPosition("consumes", reader.i, "needs", i).Naming(at.String()); position != nil {
		f.Related = append(f.Related, finding.Related{Position: *position, Message: reader.service() + " needs it here"})
	}
	c.report(c.now.contract, f)
}

// missing says what a need lacks in a field; "" if nothing.
func missing(f field.Field, need string) string {
	switch f.Presence {
	case field.Always:
		if wrong := f.Unexpected(need); wrong != "" {
			return fmt.Sprintf("may now be %s", wrong)
		}
		return ""
	case field.Sometimes:
		return "may now be left out"
	case field.Never, field.Unstated:
	}
	return "is not promised any more"
}
