package breaking

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/field"
	"github.com/flowweir/weir/contracts/matrix"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/versions"
	"github.com/flowweir/weir/reports/finding"
)

// relying says which consumers understood the old schema and do not understand
// the new one, whatever the mode: a mode holds whole schemas against each other,
// and consumers that list what they need, or have a schema of their own, may
// rely on more.
func (c *change) relying() {
	readers := c.consumersThere()
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
		if reader.promise().Schema != nil {
			c.reader(reader, before, now)
			continue
		}
		for i, need := range reader.promise().Needs {
			c.need(reader, i, need, before, now)
		}
	}
}

// consumersThere are the consumers of the event where it is sent, and of its
// retries and dead letters, which keep its value.
func (c *change) consumersThere() []consumer {
	sent := c.now.promise().Channel()
	return slices.DeleteFunc(slices.Clone(c.consumers[c.event()]), func(reader consumer) bool {
		return !sent.Reaches(reader.promise().Channel()) && !slices.ContainsFunc(contracts.FailedFrom(c.newSide.Contracts, c.event(), reader.promise().Address), func(first contracts.Address) bool {
			return first.Channel() == sent
		})
	})
}

// reader holds a consumer's own schema against the new one, as package matrix
// does, for what the old one did not break.
func (c *change) reader(reader consumer, before, now *schema.Schema) {
	promised := reader.contract.SchemaOf(*reader.promise().Schema)
	if promised == nil {
		return // the loader has said so
	}
	own, err := c.newSide.Loader.Current(reader.contract, promised, "")
	if err != nil {
		c.unread(part{what: fmt.Sprintf("what %s reads of %s", reader.service(), c.event()), at: steps("schema")}, "", "its schema", err)
		return
	}
	written := []versions.Version{{Name: "the current version", Schema: now}}
	for _, f := range matrix.Unreadable(reader.contract, reader.i, c.now.service(), own, written, before, c.options.Dialect) {
		c.report(reader.contract, f)
	}
}

func (c *change) need(reader consumer, i int, need contracts.Need, before, now *schema.Schema) {
	at, err := place.Parse(need.Place)
	if err != nil || at.Kind() != place.Data {
		return // headers and keys have rules of their own
	}
	// That it is there, and its type, are two promises.
	old, field := before.Lookup(at), now.Lookup(at)
	had, lack := before.Absent(at, old), now.Absent(at, field)
	if !withdrawn(had, lack) || lack.Verdict == compat.Open { // what is shown before what is open
		was, is := before.Mistyped(at, old, need.Type), now.Mistyped(at, field, need.Type)
		if withdrawn(was, is) && (is.Verdict == compat.Breaks || !withdrawn(had, lack)) {
			had, lack = was, is
		}
	}
	if !withdrawn(had, lack) {
		return
	}
	f := finding.Finding{
		ID: NeedWithdrawn, Position: &field.Position,
		Message: fmt.Sprintf("%s needs %s of %s, which was promised in %s and %s", reader.service(), at, c.event(), c.oldSide.Name, missing(field, lack)),
		Hint:    "keep promising it until the consumer no longer needs it",
	}
	if had.Verdict == compat.Open || lack.Verdict == compat.Open {
		f.Severity = finding.Undecided
		f.Message = fmt.Sprintf("whether %s, which %s needs of %s, is promised as it was in %s is undecided", at, reader.service(), c.event(), c.oldSide.Name)
	} else if lack.Witness != nil {
		f.Counterexample = lack.Witness.Between("the current version", "the needs of "+reader.service())
	}
	if position := reader.contract.Doc.KeyPosition("consumes", reader.i, "needs", i).Naming(at.String()); position != nil {
		f.Related = append(f.Related, finding.Related{Position: *position, Message: reader.service() + " needs it here"})
	}
	c.report(c.now.contract, f)
}

// withdrawn says that what is lacking now was not lacking before.
func withdrawn(had, lack schema.Lack) bool {
	return lack.Verdict != 0 && (had.Verdict != compat.Breaks || !strings.Contains(had.Types, lack.Types))
}

// missing says what a need lacks in a field.
func missing(f field.Field, lack schema.Lack) string {
	switch {
	case lack.Types != "":
		return fmt.Sprintf("may now be %s", lack.Types)
	case f.Presence == field.Sometimes:
		return "may now be left out"
	}
	return "is not promised any more"
}
