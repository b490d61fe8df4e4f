package match

import (
	"context"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"strings"

	"github.com/flowweir/weir/harness"
	"github.com/flowweir/weir/loadgen/kafka"
)

// BeInPartitionOfKey matches a *harness.Record that is in the partition, of the
// topic's number of them, to which Kafka's own partitioner leads its key:
//
//	Expect(payment).To(match.BeInPartitionOfKey(6))
//
// That is murmur2, as the Java client and franz-go have it, and Weir when it
// stands in for a producer. Other clients have other defaults, which scatter
// the events of an entity as soon as two services write to the topic, or join
// two topics by partition; the message names the client's default that leads
// to where the record is. A record without a key is an error, and so is a number
// that is not the topic's.
func BeInPartitionOfKey(partitions int) Matcher { return inPartition{partitions} }

type inPartition struct{ partitions int }

func (m inPartition) Match(actual any) (bool, error) {
	r, err := record("BeInPartitionOfKey", actual)
	if err != nil {
		return false, err
	}
	if err := m.mistake(r); err != nil {
		return false, fmt.Errorf("BeInPartitionOfKey matcher: %w", err)
	}
	return r.Partition == kafka.Partition(r.Key, m.partitions), nil
}

// mistake is why a record has no partition of its key among so many.
func (m inPartition) mistake(r *harness.Record) error {
	ctx, cancel := context.WithTimeout(context.Background(), endTimeout)
	defer cancel()
	there, err := r.Partitions(ctx)
	switch {
	case r.Key == nil:
		return fmt.Errorf("%s/%d@%d has no key, and clients put it where they like", r.Topic, r.Partition, r.Offset)
	case len(r.Key) == 0:
		return fmt.Errorf("%s/%d@%d has an empty key, which some clients take for none, and put it where they like", r.Topic, r.Partition, r.Offset)
	case int(r.Partition) >= m.partitions:
		return fmt.Errorf("a topic with %s has no %s/%d: give the topic's number of partitions",
			counted(m.partitions, "partition"), r.Topic, r.Partition)
	case err != nil:
		return fmt.Errorf("how many partitions the topic has is not known: %w", err)
	case there != 0 && there != m.partitions:
		return fmt.Errorf("%s has %s, not %d: with another number murmur2 leads elsewhere", r.Topic, counted(there, "partition"), m.partitions)
	}
	return nil
}

func (m inPartition) FailureMessage(actual any) string {
	r := actual.(*harness.Record)
	return fmt.Sprintf("Expected\n%s\nto be in partition %d of %d, to which murmur2 of its key leads (Java's client, franz-go, Weir)\n%s",
		indent(r.String()), kafka.Partition(r.Key, m.partitions), m.partitions, m.why(r))
}

func (m inPartition) NegatedFailureMessage(actual any) string {
	return fmt.Sprintf("Expected\n%s\nnot to be in partition %d of %d, to which murmur2 of its key leads",
		indent(actual.(*harness.Record).String()), actual.(*harness.Record).Partition, m.partitions)
}

// defaults are the hashes by which clients choose partitions unless they are
// told otherwise.
var defaults = []struct {
	name      string
	partition func(key []byte, n int) int32
}{
	{"CRC32 (librdkafka's default partitioner, consistent_random)", func(key []byte, n int) int32 {
		return int32(crc32.ChecksumIEEE(key) % uint32(n))
	}},
	{"FNV-1a (sarama's default, and Hash of kafka-go)", func(key []byte, n int) int32 {
		h := fnv.New32a()
		h.Write(key)
		p := int32(h.Sum32()) % int32(n) // sarama takes the sign along, and then off
		return max(p, -p)
	}},
}

// why names the hashes that lead to where the record is.
func (m inPartition) why(r *harness.Record) string {
	var lead []string
	for _, d := range defaults {
		if d.partition(r.Key, m.partitions) == r.Partition {
			lead = append(lead, d.name)
		}
	}
	if len(lead) == 0 {
		return fmt.Sprintf("No hash that is the default of a client leads to %d: it was chosen in another way, such as round robin", r.Partition)
	}
	return fmt.Sprintf("To %d leads %s", r.Partition, strings.Join(lead, ", and so does "))
}
