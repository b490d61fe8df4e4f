package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/flowweir/weir/contracts"
)

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}

// The words that names of events are judged by.
var (
	// irregular are past participles that do not end with -ed.
	irregular = wordSet(`arisen awoken beaten become been befallen begotten begun bent bitten bled blown born borne bought bound bred
		broken brought built burnt caught chosen clung crept crossbred dealt done drawn driven drunk dug eaten fallen
		felt fled flown flung forbidden foregone foreseen forgiven forgone forgotten fought found frozen given gone
		gotten grown heard held hidden hung kept knelt known laid lain leapt learnt led left lent lit lost made met
		misled mistaken mown outdone outgrown outsold overdrawn overpaid overridden overseen overtaken overthrown paid
		prepaid presold proven rebuilt redone redrawn regrown relaid relit remade repaid resat resent resewn resold
		retaken retold retorn rewritten ridden risen rung sat sawn seen sent sewn shaken shone shorn shot shown shrunk
		slain slept slid slung sold sought sown sped spelt spent spilt spoilt spoken sprung spun stolen stood strewn
		striven struck strung stuck stung stunk sung sunk swept swollen sworn swum swung taken taught thrown told torn
		trodden unbound undergone understood underwritten undone unfrozen unpaid unsold unspent unwound unwritten upheld
		uptaken wept withdrawn withheld woken won worn wound written wrung`)
	// preterites are pasts that are no participles: TripBegan. Some are other
	// words, too.
	preterites = wordSet(`arose ate awoke began bit bore broke came chose drew drove fell flew forgave forgot froze gave grew hid
		knew overdrew oversaw overtook ran rang rewrote rode rose sang sank shook sprang spoke stole swam swore threw
		took tore undertook went withdrew woke wore wrote`)
	// unchanging are participles that are the verb itself, too.
	unchanging = wordSet("beset bid broadcast burst cast come cost cut forecast hit hurt let misread offset outbid overcome overrun preset put quit read rebound recast rerun reset run set shut split spread thrust undercut upset")
	// present are words on -ed that are no participles.
	present = wordSet("bleed breed embed exceed feed need proceed seed shed speed succeed")
	// technical are participles that say what happened to a row.
	technical = wordSet("created updated deleted inserted upserted modified saved persisted")
	// machinery are nouns of the store, not of the business.
	machinery = wordSet("row entity dto dao pojo crud sql db")
)

// words splits OrderPlaced, order_placed and order-placed into order, placed.
// A run of capitals is one word: SKUChanged is sku, changed, and lineIDs is
// line, ids.
func words(name string) []string {
	var (
		all   []string
		start int
		runes = []rune(name)
	)
	cut := func(end int) {
		if end > start {
			all = append(all, strings.ToLower(string(runes[start:end])))
		}
	}
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			cut(i)
			start = i + 1
		case i > start && unicode.IsUpper(r) && (!unicode.IsUpper(runes[i-1]) || startsWord(runes[i+1:])):
			cut(i)
			start = i
		}
	}
	cut(len(runes))
	return all
}

// startsWord says whether a capital before these letters begins a word and
// does not end a run of capitals: the C of SKUChanged, not the D of lineIDs.
func startsWord(next []rune) bool {
	if len(next) == 0 || !unicode.IsLower(next[0]) {
		return false
	}
	plural := next[0] == 's' && (len(next) == 1 || !unicode.IsLower(next[1]))
	return !plural
}

// participle says whether a word can be a past participle or a past, and whether it is
// nothing else.
func participle(word string) (can, only bool) {
	switch {
	case irregular[word]:
		return true, true
	case unchanging[word], preterites[word]:
		return true, false
	}
	past := len(word) > 3 && strings.HasSuffix(word, "ed") && !present[word]
	return past, past
}

var (
	versionWord = regexp.MustCompile(`^v[0-9]+$`)
	// eventForm is a reverse domain name and a word in PascalCase.
	eventForm = regexp.MustCompile(`^([a-z][a-z0-9-]*\.)([a-z][a-z0-9_-]*\.)+[A-Z][A-Za-z0-9]*$`)
)

// eventWords are the words of the last part of an event's name, without the
// ones that every event could have: Event, and a version.
func eventWords(event string) []string {
	return slices.DeleteFunc(words(lastPart(event)), func(word string) bool {
		return word == "event" || versionWord.MatchString(word)
	})
}

// names checks the names of events, each where it is first produced.
func (c *checker) names() {
	same := map[string]string{}
	for _, event := range c.eventNames {
		p := c.byEvent[event][0]
		c.nameForm(p)
		c.nameTense(p)
		c.nameTechnical(p)
		plain := strings.Join(words(event), "")
		first, known := same[plain]
		if !known {
			same[plain] = event
			continue
		}
		other := c.byEvent[first][0]
		c.report(p.contract, EventNameInconsistent, p.at("event"),
			fmt.Sprintf("%s and %s differ in case or separators alone: are they one event?", event, first),
			"write both alike, or name what differs", related(other.at("event"), "the other event")...)
	}
}

func (c *checker) nameForm(p produced) {
	event := p.promise().Event
	if eventForm.MatchString(event) {
		return
	}
	last := ""
	for _, word := range words(lastPart(event)) {
		first, size := utf8.DecodeRuneInString(word)
		last += string(unicode.ToUpper(first)) + word[size:]
	}
	c.report(p.contract, EventNameForm, p.at("event"),
		event+" is not a reverse domain name that ends with a word in PascalCase, such as com.acme.order.OrderPlaced",
		fmt.Sprintf("name it like com.acme.order.%s", last))
}

func (c *checker) nameTense(p produced) {
	promise := p.promise()
	parts := eventWords(promise.Event)
	if len(parts) == 0 {
		return
	}
	switch promise.Kind {
	case contracts.KindReply, contracts.KindStateTransfer:
		return
	case contracts.KindCommand:
		for _, word := range []string{parts[0], parts[len(parts)-1]} {
			if _, only := participle(word); only {
				c.report(p.contract, EventNameTense, p.at("event"),
					fmt.Sprintf("the command %s says %q, as if it were done: a command asks, and can be refused", promise.Event, word),
					"name it by a verb in the imperative, such as PlaceOrder")
				return
			}
		}
		return
	}
	if !slices.ContainsFunc(parts, func(word string) bool { can, _ := participle(word); return can }) {
		c.report(p.contract, EventNameTense, p.at("event"),
			fmt.Sprintf("%s does not say what has happened: it has no verb in the past tense", promise.Event),
			"name it like OrderPlaced; or say kind: command, reply or state-transfer if it is none of the past")
	}
}

func (c *checker) nameTechnical(p produced) {
	promise := p.promise()
	parts := eventWords(promise.Event)
	if promise.Kind == contracts.KindStateTransfer || len(parts) == 0 {
		return
	}
	for i, word := range parts {
		if machinery[word] || technical[word] && i == len(parts)-1 {
			c.report(p.contract, EventNameTechnical, p.at("event"),
				fmt.Sprintf("%s says %q, a word of the store: consumers must guess what it means for the business", promise.Event, word),
				"name what happened: CustomerRegistered, AddressCorrected, AccountClosed")
			return
		}
	}
}
