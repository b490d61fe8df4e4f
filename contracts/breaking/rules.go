package breaking

import (
	"embed"
	"path"
	"slices"

	"github.com/flowweir/weir/contracts/internal/example"
	"github.com/flowweir/weir/contracts/rules"
	"github.com/flowweir/weir/reports/finding"
)

// The ids of what is found beside the breaks of schemas, which have the ids of
// package schema.
const (
	ServiceRemoved        = "breaking/service-removed"
	EventRemoved          = "breaking/event-removed"
	AddressChanged        = "breaking/address-changed"
	KindChanged           = "breaking/kind-changed"
	EnvelopeChanged       = "breaking/envelope-changed"
	MatchChanged          = "breaking/match-changed"
	WireChanged           = "breaking/wire-changed"
	SchemaRemoved         = "breaking/schema-removed"
	CompatibilityWeakened = "breaking/compatibility-weakened"
	NeedWithdrawn         = "breaking/need-withdrawn"
	VersionDropped        = "breaking/version-dropped"
	HeaderDropped         = "breaking/header-dropped"
	HeaderOptional        = "breaking/header-optional"
	HeaderPattern         = "breaking/header-pattern"

	KeyRemoved          = "breaking/key-removed"
	KeyChanged          = "breaking/key-changed"
	KeyFormatChanged    = "breaking/key-format-changed"
	OrderingWeakened    = "breaking/ordering-weakened"
	AcksWeakened        = "breaking/acks-weakened"
	IdempotenceDropped  = "breaking/idempotence-dropped"
	TransactionsDropped = "breaking/transactions-dropped"

	PartitionsChanged  = "breaking/partitions-changed"
	RetentionShortened = "breaking/retention-shortened"
	CleanupChanged     = "breaking/cleanup-changed"
	DurabilityWeakened = "breaking/durability-weakened"
	TopicUnstated      = "breaking/topic-unstated"
	SizeLowered        = "breaking/record-size-lowered"

	ConsumerRemoved     = "breaking/consumer-removed"
	GroupChanged        = "breaking/group-changed"
	AttemptsChanged     = "breaking/attempts-changed"
	RetryHorizonChanged = "breaking/retry-horizon-changed"
	RetryTopicRemoved   = "breaking/retry-topic-removed"
	DLQRemoved          = "breaking/dlq-removed"
	DLQChanged          = "breaking/dlq-changed"
	DLQWeakened         = "breaking/dlq-weakened"
	IdempotencyWeakened = "breaking/idempotency-weakened"
	IsolationWeakened   = "breaking/isolation-weakened"
	EffectChanged       = "breaking/effect-changed"
	ObjectiveLoosened   = "breaking/objective-loosened"

	Unread       = "breaking/unread"
	Unregistered = "breaking/unregistered"

	NothingCompared = "breaking/nothing-compared"
)

const (
	groupEvents    = "Events"
	groupDelivery  = "Keys, order and delivery"
	groupTopics    = "Topics"
	groupConsumers = "Consumers"
	groupCompared  = "What could not be compared"
)

// The severities are those where a contract relies on the promise; where none
// does, errors are warnings.
var table = []rules.Rule{
	rule(ServiceRemoved, groupEvents, finding.Error, "A service is gone with its contract, and no other one took its events over."),
	rule(EventRemoved, groupEvents, finding.Error, "A service no longer produces an event, and no other one took it over."),
	rule(AddressChanged, groupEvents, finding.Error, "An event moved to another topic or address."),
	rule(KindChanged, groupEvents, finding.Error, "An event is of another kind, for which its consumers were not built."),
	rule(EnvelopeChanged, groupEvents, finding.Error, "An event travels in another envelope."),
	rule(MatchChanged, groupEvents, finding.Error, "Records are known to be the event by something else than before."),
	rule(WireChanged, groupEvents, finding.Error, "The bytes of an event are framed differently."),
	rule(SchemaRemoved, groupEvents, finding.Error, "An event had a schema and has none."),
	rule(CompatibilityWeakened, groupEvents, finding.Warning, "Less compatibility is promised between versions of an event's schema."),
	rule(NeedWithdrawn, groupEvents, finding.Error, "A field that a consumer needs is no longer promised as it was."),
	rule(VersionDropped, groupEvents, finding.Error, "A retained version of a schema is gone, or says something else, and its topic may still hold records of it; an error even where no contract consumes them."),
	rule(HeaderDropped, groupEvents, finding.Error, "A header is no longer promised."),
	rule(HeaderOptional, groupEvents, finding.Error, "A header that was always there may be missing."),
	rule(HeaderPattern, groupEvents, finding.Error, "A header can have values that it could not have."),

	rule(KeyRemoved, groupDelivery, finding.Error, "Records of an event no longer have a key."),
	rule(KeyChanged, groupDelivery, finding.Error, "The record key is made of something else."),
	rule(KeyFormatChanged, groupDelivery, finding.Error, "The record key is written differently, so that one entity has two keys."),
	rule(OrderingWeakened, groupDelivery, finding.Error, "The order of one key's records is no longer promised."),
	rule(AcksWeakened, groupDelivery, finding.Error, "A producer waits for fewer brokers, so what it takes for sent can be lost."),
	rule(IdempotenceDropped, groupDelivery, finding.Warning, "A producer no longer sends idempotently, so its retries can double records."),
	rule(TransactionsDropped, groupDelivery, finding.Error, "A producer no longer sends in transactions."),

	rule(PartitionsChanged, groupTopics, finding.Error, "A topic has another number of partitions, which moves keys, and an order per key is promised on it."),
	rule(RetentionShortened, groupTopics, finding.Warning, "A topic keeps records for a shorter time."),
	rule(CleanupChanged, groupTopics, finding.Error, "What a topic does with old records has changed."),
	rule(DurabilityWeakened, groupTopics, finding.Error, "A topic has fewer replicas, or needs fewer in sync; a warning where records are still known to be on two brokers."),
	rule(SizeLowered, groupTopics, finding.Warning, "A topic takes smaller records than before."),
	rule(TopicUnstated, groupTopics, finding.Warning, "A fact about a topic is no longer stated."),

	rule(ConsumerRemoved, groupConsumers, finding.Error, "Nobody carries out a command any more."),
	rule(GroupChanged, groupConsumers, finding.Error, "A consumer has another group, and so loses its offsets."),
	rule(AttemptsChanged, groupConsumers, finding.Warning, "A consumer tries more or less often."),
	rule(RetryHorizonChanged, groupConsumers, finding.Warning, "A consumer tries for a longer or shorter time."),
	rule(RetryTopicRemoved, groupConsumers, finding.Error, "A consumer no longer reads a retry topic, in which records may wait."),
	rule(DLQRemoved, groupConsumers, finding.Error, "A consumer no longer keeps what it cannot process."),
	rule(DLQChanged, groupConsumers, finding.Error, "A consumer sends dead letters to another topic."),
	rule(DLQWeakened, groupConsumers, finding.Warning, "Dead letters keep less of the original, or can come twice."),
	rule(IdempotencyWeakened, groupConsumers, finding.Error, "A consumer knows events again for a shorter time, by something else, or not at all."),
	rule(IsolationWeakened, groupConsumers, finding.Error, "A consumer reads what aborted transactions wrote."),
	rule(EffectChanged, groupConsumers, finding.Error, "The effect of an event is gone, or leads back to its cause in another way."),
	rule(ObjectiveLoosened, groupConsumers, finding.Warning, "An objective of a service is looser, or gone."),

	rule(Unread, groupCompared, finding.Undecided, "A contract or a schema of the old or the new state cannot be read, so it is undecided what breaks."),
	rule(Unregistered, groupCompared, finding.Info, "A registry does not have the subject of an event's schema, so there is nothing to compare with."),
	rule(NothingCompared, groupCompared, finding.Warning, "The state before has no service and no event of the contracts, so nothing was compared."),
}

func rule(id, group string, s finding.Severity, summary string) rules.Rule {
	return rules.Rule{Rule: finding.Rule{ID: id, Summary: summary}, Severity: s, Group: group}
}

// Rules are the rules of this package, in the order in which lists show them.
func Rules() []rules.Rule { return slices.Clone(table) }

var severities = func() map[string]finding.Severity {
	m := map[string]finding.Severity{}
	for _, r := range table {
		m[r.ID] = r.Severity
	}
	return m
}()

// pages has a section for each rule, and fixtures the examples.
//
//go:embed pages.md
var pages string

//go:embed testdata/*.txtar
var fixtures embed.FS

// Explain explains a rule; false for an id that is none of Rules.
func Explain(id string) (rules.Guide, bool) {
	g, ok := rules.ReadGuide(pages, id)
	if src, err := fixtures.ReadFile("testdata/" + path.Base(id) + ".txtar"); err == nil && ok {
		g.Example = example.Read(src).Markdown()
	}
	return g, ok
}
