package main

import (
	"encoding/binary"
	"hash"
)

// murmur2 is the hash of Kafka's Java client, which sarama does not have: with
// it a key is in the partition where the other services look for it.
type murmur2 struct{ data []byte }

func newMurmur2() hash.Hash32 { return &murmur2{} }

func (m *murmur2) Write(p []byte) (int, error) {
	m.data = append(m.data, p...)
	return len(p), nil
}

func (m *murmur2) Reset()         { m.data = m.data[:0] }
func (m *murmur2) Size() int      { return 4 }
func (m *murmur2) BlockSize() int { return 4 }

func (m *murmur2) Sum(b []byte) []byte { return binary.BigEndian.AppendUint32(b, m.Sum32()) }

// Sum32 has no sign bit, as Kafka takes it.
func (m *murmur2) Sum32() uint32 {
	const mix = 0x5bd1e995
	data := m.data
	h := 0x9747b28c ^ uint32(len(data))
	for ; len(data) >= 4; data = data[4:] {
		k := binary.LittleEndian.Uint32(data) * mix
		h = h*mix ^ (k^k>>24)*mix
	}
	for i := len(data) - 1; i >= 0; i-- {
		h ^= uint32(data[i]) << (8 * i)
		if i == 0 {
			h *= mix
		}
	}
	h ^= h >> 13
	h *= mix
	h ^= h >> 15
	return h & 0x7fffffff
}
