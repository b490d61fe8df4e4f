package invariant

// Order watches whether records of one key appear in the order in which they
// were sent, without remembering keys.
//
// A sender's sequence grows with every record, so within a stream that keeps
// the order of its keys (a partition of a log, or any bucket of keys) a
// sequence below the highest seen so far is the only sign of a reordering.
// Only then the keys of the sequences between the two are computed again and
// compared. The cost is nothing while order holds and bounded when it does
// not: after Budget comparisons the order is called Exhausted, which is
// inconclusive and never a pass.
//
// An Order is for one goroutine, and is told first sights only: a repetition
// is a duplicate, not a reordering.
type Order struct {
	key  func(sender uint16, seq uint64) uint64
	seen func(sender uint16, seq uint64) bool
	// apart tells which records stand apart from the order; nil is none.
	apart func(sender uint16, seq uint64) bool

	highest    map[stream]uint64
	budget     int
	checked    uint64
	violations uint64
	first      []Reversal
	exhausted  bool
}

type stream struct {
	sender uint16
	bucket uint32
}

// Reversal is a record that appeared after a later one of the same key.
type Reversal struct {
	Sender   uint16
	Sequence uint64
	// After is the sequence, sent later, that was seen earlier.
	After uint64
}

// orderBudget bounds the keys that one Order computes again: about ten
// seconds of work.
const orderBudget = 100_000_000

// maxFindings is how many offenders of an invariant are told in full.
const maxFindings = 1000

// NewOrder returns an Order. key computes the hash of a record's key again
// from its identity; seen tells whether a sequence has been seen already.
func NewOrder(key func(sender uint16, seq uint64) uint64, seen func(sender uint16, seq uint64) bool) *Order {
	return &Order{key: key, seen: seen, highest: map[stream]uint64{}, budget: orderBudget}
}

// Except leaves records out of the order: nothing is said of those that are
// apart, whenever they appear.
func (o *Order) Except(apart func(sender uint16, seq uint64) bool) { o.apart = apart }

// See tells of the first sight of a record in a bucket that holds all
// records of its key.
func (o *Order) See(sender uint16, seq uint64, bucket uint32) {
	o.checked++
	s := stream{sender, bucket}
	highest, known := o.highest[s]
	if !known || seq > highest {
		o.highest[s] = seq
		return
	}
	o.compare(sender, seq, highest)
}

// compare looks for a record of the same key among those sent after seq and
// up to highest that were seen before it.
func (o *Order) compare(sender uint16, seq, highest uint64) {
	if o.excepts(sender, seq) {
		return
	}
	key := o.key(sender, seq)
	for later := seq + 1; later <= highest; later++ {
		if o.budget == 0 {
			o.exhausted = true
			return
		}
		o.budget--
		if o.key(sender, later) != key || !o.seen(sender, later) || o.excepts(sender, later) {
			continue
		}
		o.violations++
		if len(o.first) < maxFindings {
			o.first = append(o.first, Reversal{Sender: sender, Sequence: seq, After: later})
		}
		return
	}
}

func (o *Order) excepts(sender uint16, seq uint64) bool {
	return o.apart != nil && o.apart(sender, seq)
}
