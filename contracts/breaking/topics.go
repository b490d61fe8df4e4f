package breaking

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/setting"
	"github.com/flowweir/weir/reports/finding"
)

// The facts about a topic that are compared. Those without a default say
// nothing where no contract states them.
const (
	factPartitions  = "partitions"
	factReplication = "replication"
	factRetention   = "retention"

	settingRetention = "retention.ms"
	settingISR       = "min.insync.replicas"
	settingCleanup   = "cleanup.policy"
	settingSize      = "max.message.bytes"
)

// fact is what a contract says about a topic.
type fact struct {
	contract *contracts.Contract
	topic    string
	field    string
}

func (f fact) at() *finding.Position {
	doc := f.contract.Doc
	if _, configured := f.contract.Topics[f.topic].Config[f.field]; configured {
		return doc.Position("topics", f.topic, "config", f.field)
	}
	return doc.Position("topics", f.topic, f.field)
}

func (f fact) stated() contracts.Topic { return f.contract.Topics[f.topic] }

// meaning is the value of a setting in the one form that it has for Kafka.
func (f fact) meaning(name string) string {
	return setting.MeaningOfTopic(name, f.stated().Config[name])
}

// factsOf are the first statement of each fact, by topic and field. A topic
// of which anything is said has the entry "" too.
func factsOf(set []*contracts.Contract) map[string]map[string]fact {
	all := map[string]map[string]fact{}
	for _, contract := range set {
		for topic, stated := range contract.Topics {
			facts := all[topic]
			if facts == nil {
				facts = map[string]fact{}
				all[topic] = facts
			}
			add := func(field string, given bool) {
				if _, known := facts[field]; given && !known {
					facts[field] = fact{contract, topic, field}
				}
			}
			add("", true)
			add(factPartitions, stated.Partitions != 0)
			add(factReplication, stated.Replication != 0)
			add(factRetention, stated.Retention != 0)
			for name := range stated.Config {
				add(name, true)
			}
			if f, ok := facts[settingRetention]; ok {
				facts[factRetention] = f
			}
		}
	}
	return all
}

// topics compares the facts that are stated about topics.
func (p *pass) topics() {
	before, now := factsOf(p.oldSide.Contracts), factsOf(p.newSide.Contracts)
	traffic, senders := trafficOf(p.newSide.Contracts), trafficOf(p.oldSide.Contracts).senders
	for _, topic := range slices.Sorted(maps.Keys(before)) {
		used := len(traffic.senders[topic])+len(traffic.users[topic]) > 0
		if stated := before[topic][""]; !p.wanted(stated.contract) || !used {
			continue
		}
		t := topicChange{pass: p, topic: topic, was: before[topic], now: now[topic], users: traffic.users[topic],
			senders: slices.Concat(traffic.senders[topic], senders[topic])}
		for _, in := range t.users {
			if in.promise().TopicName() == topic {
				t.rely = append(t.rely, in)
			}
		}
		t.unstated()
		if now[topic] == nil {
			continue
		}
		t.partitions()
		t.retention()
		t.cleanup()
		t.durability()
		t.recordSize()
	}
}

// topicChange is what is said about a topic, before and now.
type topicChange struct {
	*pass
	topic    string
	was, now map[string]fact
	// rely are the users who consume it, senders those of before and now.
	users, rely []consumer
	senders     []producer
}

// topicsOf are the topics that a consumer reads or writes.
func topicsOf(in *contracts.Consumes) []string {
	topics := []string{in.TopicName()}
	if in.Retry != nil {
		topics = append(topics, in.Retry.Topics...)
	}
	if in.DLQ != nil {
		topics = append(topics, in.DLQ.Topic)
	}
	return topics
}

// traffic is who uses which topic.
type traffic struct {
	senders map[string][]producer
	// users are the consumers that read a topic, retry by it, or send their
	// dead letters to it.
	users map[string][]consumer
}

func trafficOf(set []*contracts.Contract) traffic {
	t := traffic{map[string][]producer{}, map[string][]consumer{}}
	for _, c := range set {
		for i := range c.Produces {
			topic := c.Produces[i].TopicName()
			t.senders[topic] = append(t.senders[topic], producer{c, i})
		}
		for i := range c.Consumes {
			for _, topic := range topicsOf(&c.Consumes[i]) {
				t.users[topic] = append(t.users[topic], consumer{c, i})
			}
		}
	}
	return t
}

// changed reports a fact, at its new statement.
func (t *topicChange) changed(id string, s finding.Severity, field, message, hint string, more ...finding.Related) {
	old, ok := t.was[field]
	if !ok {
		old = t.was[""]
	}
	now, ok := t.now[field]
	if !ok {
		now = t.now[""]
	}
	t.report(now.contract, finding.Finding{ID: id, Severity: s, Position: now.at(), Message: message, Hint: hint, Related: slices.Concat(t.places(old.at(), t.rely), more)})
}

// unstated reports facts that nobody states any more: what they were may then
// change without anybody noticing.
func (t *topicChange) unstated() {
	for _, field := range []string{factPartitions, factReplication, factRetention} {
		was, stated := t.was[field]
		if _, still := t.now[field]; !stated || still {
			continue
		}
		owner := t.services[was.contract.Service.Name]
		f := finding.Finding{
			ID: TopicUnstated, Position: was.at(), Message: fmt.Sprintf("no contract states %s of the topic %s any more", field, t.topic),
			Hint: "state it in the contract of the service that owns the topic",
		}
		if owner != nil {
			f.Position = owner.Doc.Position("topics", t.topic)
			f.Related = related(was.at(), "before, in %s", t.oldSide.Name)
		}
		t.report(owner, f)
	}
}

// partitions reports a number of partitions that changed under an order per
// key: Kafka's clients choose the partition by the key's hash and the number.
func (t *topicChange) partitions() {
	was, ok := t.was[factPartitions]
	now, also := t.now[factPartitions]
	if !ok || !also {
		return
	}
	from, to := was.stated().Partitions, now.stated().Partitions
	ordered := t.ordered()
	if from == to || ordered == nil {
		return
	}
	moved := movedKey(from, to)
	t.changed(PartitionsChanged, severity(t.rely), factPartitions,
		fmt.Sprintf("%s had %d partitions and has %d, under order per key: %d%% of all keys move, such as %q from partition %d to %d, and their newest records are read before older ones",
			t.topic, from, to, movedShare(from, to), moved.key, moved.from, moved.to),
		"let the topic be drained before producers go on, or copy it to a new topic with more partitions",
		related(ordered.at("ordering"), "%s promises the order", ordered.service())...)
}

// ordered is a producer that promises, or promised, an order on the topic.
func (t *topicChange) ordered() *producer {
	for _, sender := range t.senders {
		if sender.promise().OrderedPerKey() {
			return &sender
		}
	}
	return nil
}

// forever is the retention of a topic that deletes nothing by age.
const forever = time.Duration(1<<63 - 1)

// kept is how long a topic keeps its records, where that is stated.
func kept(facts map[string]fact) (time.Duration, bool) {
	f, ok := facts[factRetention]
	if !ok {
		return 0, false
	}
	if f.field == factRetention {
		return time.Duration(f.stated().Retention), true
	}
	ms, err := strconv.ParseInt(f.meaning(settingRetention), 10, 64)
	switch {
	case err != nil:
		return 0, false
	case ms < 0 || ms > int64(forever/time.Millisecond):
		return forever, true
	}
	return time.Duration(ms) * time.Millisecond, true
}

func (t *topicChange) retention() {
	was, ok := kept(t.was)
	now, also := kept(t.now)
	if !ok || !also || now >= was {
		return
	}
	message := fmt.Sprintf("%s kept records for %s and keeps them for %s: whoever was behind or starts over misses what is older", t.topic, length(was), length(now))
	s, more := finding.Warning, []finding.Related(nil)
	if in, waits := t.outlives(now); in != nil {
		s = finding.Error
		message += fmt.Sprintf(", and %s tries again for up to %s", in.service(), long(waits))
		more = related(in.at("retry"), "the retries of %s", in.service())
	}
	t.changed(RetentionShortened, s, factRetention, message, "keep records as long as the slowest consumer may need", more...)
}

// outlives is a consumer that still retries a record when the topic has
// deleted it, and the wait that is too long.
func (t *topicChange) outlives(now time.Duration) (*consumer, time.Duration) {
	for _, in := range t.users {
		retry := in.promise().Retry
		switch {
		case retry == nil:
		case len(retry.Topics) == 0 && in.promise().TopicName() == t.topic && retry.Horizon() > now:
			return &in, retry.Horizon()
		case slices.Contains(retry.Topics, t.topic) && retry.LongestWait() > now:
			return &in, retry.LongestWait()
		}
	}
	return nil, 0
}

func length(d time.Duration) string {
	if d == forever {
		return "ever"
	}
	return document.Duration(d).String()
}

// cleanup compares what Kafka does with old records: it deletes them, unless
// a contract says otherwise.
func (t *topicChange) cleanup() {
	was, now := cleanupPolicy(t.was), cleanupPolicy(t.now)
	if was == now {
		return
	}
	effect := "records are deleted by age that were kept as the last of their key"
	if strings.Contains(now, "compact") {
		effect = "all but the last record of a key are deleted"
	}
	t.changed(CleanupChanged, severity(t.rely), settingCleanup, fmt.Sprintf("%s had cleanup.policy %s and has %s: %s", t.topic, was, now, effect),
		"use a topic of its own for the other policy")
}

func cleanupPolicy(facts map[string]fact) string {
	f, ok := facts[settingCleanup]
	if !ok {
		return "delete"
	}
	return f.meaning(settingCleanup)
}

// durability compares how many brokers must have a record before it is
// acknowledged (with acks: all), and how many have it in the end.
func (t *topicChange) durability() {
	if was, now := inSync(t.was), inSync(t.now); now < was {
		severity, effect := t.weakened(now)
		t.changed(DurabilityWeakened, severity, settingISR, fmt.Sprintf("%s had %s %d and has %d: an acknowledged record %s", t.topic, settingISR, was, now, effect), "keep it")
	}
	was, ok := t.was[factReplication]
	now, also := t.now[factReplication]
	if !ok || !also || now.stated().Replication >= was.stated().Replication {
		return
	}
	severity, effect := t.weakened(now.stated().Replication)
	t.changed(DurabilityWeakened, severity, factReplication, fmt.Sprintf("%s had %d replicas and has %d: a record %s", t.topic, was.stated().Replication, now.stated().Replication, effect), "keep them")
}

// weakened is what it means that a record is known to be on so many brokers,
// which were more. On one it is lost with it, as with acks: leader.
func (t *topicChange) weakened(brokers int) (finding.Severity, string) {
	if brokers > 1 {
		return finding.Warning, "is on fewer brokers"
	}
	return severity(t.rely), "can be lost with one broker"
}

// recordSize compares the largest batch of records that a topic takes.
func (t *topicChange) recordSize() {
	if was, now := largest(t.was), largest(t.now); now < was {
		t.changed(SizeLowered, finding.Warning, settingSize,
			fmt.Sprintf("%s took records of up to %d bytes and takes %d: what is larger is refused when it is sent, or dead-lettered", t.topic, was, now),
			"find out how large the records are, and let producers send smaller ones first")
	}
}

// largest is max.message.bytes, by Kafka's default 1 MiB and 12 bytes.
func largest(facts map[string]fact) int {
	const kafkas = 1_048_588
	f, ok := facts[settingSize]
	if !ok {
		return kafkas
	}
	n, err := strconv.Atoi(f.meaning(settingSize))
	if err != nil {
		return kafkas
	}
	return n
}

// inSync is min.insync.replicas, by Kafka's default 1.
func inSync(facts map[string]fact) int {
	f, ok := facts[settingISR]
	if !ok {
		return 1
	}
	n, err := strconv.Atoi(f.meaning(settingISR))
	if err != nil {
		return 1
	}
	return n
}
