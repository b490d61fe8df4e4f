package kafka

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
