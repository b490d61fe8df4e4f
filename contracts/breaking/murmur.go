package breaking

import (
	"encoding/binary"
	"fmt"
)

// moved is a key that goes to another partition.
type moved struct {
	key      string
	from, to int
}

// movedKey is the first of the keys order-1, order-2 and so on that Kafka's
// default partitioner sends elsewhere when the number of partitions changes.
func movedKey(from, to int) moved {
	for i := 1; ; i++ {
		key := fmt.Sprintf("order-%d", i)
		if m := (moved{key, partition(key, from), partition(key, to)}); m.from != m.to {
			return m
		}
	}
}

// movedShare is the share of keys, in percent, that go to another partition.
// Of each least common multiple of hashes, as many stay as there are
// partitions on the smaller side.
func movedShare(from, to int) int {
	a, b := from, to
	for b != 0 {
		a, b = b, a%b
	}
	multiple := from / a * to
	return 100 * (multiple - min(from, to)) / multiple
}

// partition is that of Kafka's default partitioner for a key: its murmur2
// hash without the sign, modulo the number of partitions.
func partition(key string, partitions int) int {
	return int(murmur2([]byte(key))&0x7fffffff) % partitions
}

// murmur2 is the hash of Kafka's clients: MurmurHash2 of 32 bits with their
// seed.
func murmur2(data []byte) uint32 {
	const (
		seed uint32 = 0x9747b28c
		m    uint32 = 0x5bd1e995
		r           = 24
	)
	h := seed ^ uint32(len(data))
	for len(data) >= 4 {
		k := binary.LittleEndian.Uint32(data) * m
		k ^= k >> r
		h = h*m ^ k*m
		data = data[4:]
	}
	switch len(data) {
	case 3:
		h ^= uint32(data[2]) << 16
		fallthrough
	case 2:
		h ^= uint32(data[1]) << 8
		fallthrough
	case 1:
		h ^= uint32(data[0])
		h *= m
	}
	h ^= h >> 13
	h *= m
	return h ^ h>>15
}
