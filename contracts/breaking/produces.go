package breaking

import (
	"fmt"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/reports/finding"
)

// change is one event as a producer promised it and as one does now, with
// the consumers of the new set that get it.
type change struct {
	*pass
	was, now producer
	rely     []consumer
}

// produces compares what is promised of an event.
func (p *pass) produces(was, now producer) {
	c := change{p, was, now, p.readers(was.promise().Event, was.promise().Channel(), now.promise().Channel())}
	c.address()
	c.kind()
	c.envelope()
	c.match()
	c.key()
	c.ordering()
	c.delivery()
	c.headers()
	c.compatibility()
	c.schema()
	c.keySchema()
}

// breaks reports a promise that is broken, at a field of the new contract.
func (c *change) breaks(id string, field []any, message, hint string) {
	c.tell(id, severity(c.rely), field, message, hint)
}

// weakens reports a promise that says less, on which nobody is seen to rely.
func (c *change) weakens(id string, field []any, message, hint string) {
	c.tell(id, finding.Warning, field, message, hint)
}

func (c *change) tell(id string, s finding.Severity, path []any, message, hint string) {
	c.report(c.now.contract, finding.Finding{
		ID: id, Severity: s, Position: c.now.at(path...), Message: message, Hint: hint,
		Related: c.places(c.was.at(path...), c.rely),
	})
}

// steps lead to a field of an interaction.
func steps(of ...any) []any { return of }

func (c *change) event() string { return c.was.promise().Event }

func (c *change) address() {
	from, to := c.was.promise().Channel(), c.now.promise().Channel()
	if from == to {
		return
	}
	// Who has moved already gets the new ones; who stays behind gets none.
	left := change{c.pass, c.was, c.now, c.readers(c.event(), from)}
	field := steps("topic")
	if !c.now.contract.Doc.Has("produces", c.now.i, "topic") {
		field = steps(c.now.promise().Transport())
	}
	left.breaks(AddressChanged, field,
		fmt.Sprintf("%s moves from %s to %s: whoever reads the old address gets no more of it", c.event(), where(from), where(to)),
		"produce to both until all consumers have moved, and what is left on the old one was read")
}

func where(c contracts.Channel) string {
	if c == (contracts.Channel{}) {
		return "an address that is not stated"
	}
	return c.String()
}

// tolerable are the changes of kind after which an event is worth at least as
// much to its consumers: what was internal is public, what was a signal
// carries state.
var tolerable = map[[2]string]bool{
	{contracts.KindDomain, contracts.KindIntegration}:         true,
	{contracts.KindDomain, contracts.KindNotification}:        true,
	{contracts.KindDomain, contracts.KindStateTransfer}:       true,
	{contracts.KindNotification, contracts.KindIntegration}:   true,
	{contracts.KindNotification, contracts.KindStateTransfer}: true,
	{contracts.KindIntegration, contracts.KindStateTransfer}:  true,
}

func (c *change) kind() {
	was, is := c.was.promise().Kind, c.now.promise().Kind
	switch {
	case was == "" || was == is || tolerable[[2]string{was, is}]:
	case is == "":
		c.weakens(KindChanged, steps("kind"), fmt.Sprintf("%s was of kind %s, and no longer says what it is", c.event(), was), "")
	default:
		c.breaks(KindChanged, steps("kind"), fmt.Sprintf("%s was of kind %s and is of kind %s: consumers were built for the former", c.event(), was, is),
			"give what is of another kind an event of its own")
	}
}

func (c *change) envelope() {
	if was, is := c.was.promise().EnvelopeName(), c.now.promise().EnvelopeName(); was != is {
		c.breaks(EnvelopeChanged, steps("envelope"), fmt.Sprintf("%s travelled with the envelope %s and travels with %s: consumers look for the data in the wrong place", c.event(), was, is),
			"publish it in the new envelope on a topic of its own until all consumers have moved")
	}
}

// match compares how records are known to be the event. What follows from the
// envelope alone is the envelope's business.
func (c *change) match() {
	was, is := c.was.promise(), c.now.promise()
	if was.Match == nil && is.Match == nil || was.Recognition() == is.Recognition() {
		return
	}
	if was.EnvelopeName() == is.EnvelopeName() && was.Recognition() == (contracts.Match{}) && was.EnvelopeName() == contracts.EnvelopeNone {
		c.weakens(MatchChanged, steps("match"), fmt.Sprintf("every record was %s, and now only those by %s: consumers that do not look at it take others for the event", c.event(), recognition(is.Recognition())), "")
		return
	}
	c.breaks(MatchChanged, steps("match"), fmt.Sprintf("%s was known by %s and is known by %s: consumers that look for the former do not find it", c.event(), recognition(was.Recognition()), recognition(is.Recognition())),
		"send both until all consumers look for the new one")
}

func recognition(m contracts.Match) string {
	switch {
	case m.Header != "":
		return "the header " + m.Header
	case m.Value != "":
		return "the value of " + m.Value
	case m.Name != "":
		return "the name " + m.Name
	}
	return "its envelope or topic alone"
}

func (c *change) key() {
	was, is := c.was.promise().Key, c.now.promise().Key
	const spread = "records of one entity are then on two partitions, and their order is lost"
	switch {
	case was == nil:
	case is == nil:
		c.breaks(KeyRemoved, steps("key"), fmt.Sprintf("%s had the key %s and has none: %s", c.event(), keyText(*was), spread), "keep the key")
	case keyText(*was) != keyText(*is):
		c.breaks(KeyChanged, steps("key"), fmt.Sprintf("%s had the key %s and has %s: %s", c.event(), keyText(*was), keyText(*is), spread),
			"publish with the new key on a topic of its own until all consumers have moved")
	case was.SerializedAs() != is.SerializedAs():
		c.breaks(KeyFormatChanged, steps("key", "format"), fmt.Sprintf("the key of %s was written as %s and is written as %s: the same entity has other bytes, so %s", c.event(), was.SerializedAs(), is.SerializedAs(), spread),
			"publish with the new key on a topic of its own until all consumers have moved")
	}
}

// keyText is what a key is made of. A template that is one place alone is
// that place.
func keyText(k contracts.Key) string {
	if k.Template == "" {
		return k.Place
	}
	if inner, ok := strings.CutPrefix(k.Template, "{"); ok {
		if at, ok := strings.CutSuffix(inner, "}"); ok && !strings.ContainsAny(at, "{}") {
			return at
		}
	}
	return k.Template
}

// ordering is an error where a consumer says that it relies on the order.
func (c *change) ordering() {
	if !c.was.promise().OrderedPerKey() || c.now.promise().OrderedPerKey() {
		return
	}
	var rely []consumer
	for _, in := range c.rely {
		if in.promise().Ordering == contracts.OrderingPerKey {
			rely = append(rely, in)
		}
	}
	ordered := change{c.pass, c.was, c.now, rely}
	message := fmt.Sprintf("the order of one key's %s is no longer promised", c.event())
	if len(rely) > 0 {
		message += ", and " + finding.List(services(rely)) + " relies on it"
		if len(services(rely)) > 1 {
			message = strings.Replace(message, "relies", "rely", 1)
		}
	}
	ordered.breaks(OrderingWeakened, steps("ordering"), message, "keep it, or let its consumers cope without first")
}

// strength orders what acks promise.
var strength = map[string]int{contracts.AcksNone: 0, contracts.AcksLeader: 1, contracts.AcksAll: 2}

func (c *change) delivery() {
	was, is := c.was.promise().Delivery, c.now.promise().Delivery
	if before, now := was.RequiredAcks(), is.RequiredAcks(); strength[now] < strength[before] {
		c.breaks(AcksWeakened, steps("delivery", "acks"), fmt.Sprintf("%s was sent with acks: %s and is sent with acks: %s: what the service takes for sent can be lost with one broker", c.event(), before, now),
			"keep acks: "+before)
	}
	if was.IsIdempotent() && !is.IsIdempotent() {
		message, hint := fmt.Sprintf("%s is no longer sent idempotently: a send that is tried again can be on the topic twice", c.event()), "keep idempotent: true, which needs acks: all"
		if c.now.promise().OrderedPerKey() {
			c.breaks(IdempotenceDropped, steps("delivery", "idempotent"), message+", and behind later records of its key", hint)
		} else {
			c.weakens(IdempotenceDropped, steps("delivery", "idempotent"), message, hint)
		}
	}
	if was.Transactional && !is.Transactional {
		c.transactions()
	}
}

// transactions is an error where a consumer reads committed records only.
func (c *change) transactions() {
	var rely []consumer
	for _, in := range c.rely {
		if in.promise().ReadCommitted() {
			rely = append(rely, in)
		}
	}
	left := change{c.pass, c.was, c.now, rely}
	left.breaks(TransactionsDropped, steps("delivery", "transactional"),
		fmt.Sprintf("%s is no longer sent in transactions: events of work that failed half-way are seen, by consumers with isolation: read-committed too", c.event()),
		"keep transactional: true, or let consumers cope with such events first")
}

func (c *change) compatibility() {
	was, err := compat.ParseMode(c.was.promise().CompatibilityMode())
	is, also := compat.ParseMode(c.now.promise().CompatibilityMode())
	if err != nil || also != nil || is.Covers(was) {
		return // what is no mode the loader has said
	}
	c.weakens(CompatibilityWeakened, steps("compatibility"),
		fmt.Sprintf("%s promised %s compatibility of its schema and promises %s: later versions may break consumers", c.event(), was, is),
		fmt.Sprintf("keep compatibility: %s", was))
}
