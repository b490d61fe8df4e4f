package kafka

import "github.com/twmb/franz-go/pkg/kgo"

// partitioner is Kafka's default: see Partition.
func partitioner() kgo.Partitioner { return kgo.StickyKeyPartitioner(nil) }

// Elsewhere is what a Maker makes of a record's Partition for it to go to the
// partition behind that of its key, where the topic has more than one. It needs
// ProducerConfig.Detours and a key.
const Elsewhere = -2

// detours has records that ask for it go elsewhere.
type detours struct{ kgo.Partitioner }

func (d detours) ForTopic(topic string) kgo.TopicPartitioner {
	return detour{d.Partitioner.ForTopic(topic)}
}

type detour struct{ kgo.TopicPartitioner }

func (d detour) Partition(r *kgo.Record, n int) int {
	p := d.TopicPartitioner.Partition(r, n)
	if r.Partition == Elsewhere {
		return (p + 1) % n
	}
	return p
}

// Partition is the partition, of n, that the producer sends a key to: Kafka's
// default for records with a key, murmur2 of the key with its sign bit
// cleared, modulo n. It is -1 for an empty key (records without one go where
// the client likes) and where n is not positive.
func Partition(key []byte, n int) int32 {
	if len(key) == 0 || n <= 0 {
		return -1
	}
	return int32(murmur2(key) & 0x7fffffff % uint32(n))
}

// murmur2 is the hash of org.apache.kafka.common.utils.Utils.murmur2: Austin
// Appleby's MurmurHash2, 32 bits, with a fixed seed.
func murmur2(b []byte) uint32 {
	const (
		seed = 0x9747b28c
		m    = 0x5bd1e995
		r    = 24
	)
	h := seed ^ uint32(len(b))
	for len(b) >= 4 {
		k := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		k *= m
		k ^= k >> r
		h = h*m ^ k*m
		b = b[4:]
	}
	if len(b) > 0 {
		for i, c := range b {
			h ^= uint32(c) << (8 * i)
		}
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
