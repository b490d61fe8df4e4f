package key

// counter makes a stream of random numbers for each sequence of a sender.
type counter struct{ base uint64 }

// golden is 2⁶⁴ divided by the golden ratio, odd: SplitMix64's increment.
const golden = 0x9e3779b97f4a7c15

func newCounter(seed uint64, sender uint16) counter {
	// The sender is mixed by itself first: seeds that differ by a small
	// number must not meet the streams of neighbouring senders.
	return counter{mix(seed ^ mix(uint64(sender)+golden))}
}

// at is the stream of a sequence. Mixing the sequence once keeps the streams
// of neighbouring sequences apart, which would otherwise be the same numbers
// shifted by one.
func (c counter) at(seq uint64) stream {
	return stream{mix(c.base + seq*golden)}
}

// stream is SplitMix64.
type stream struct{ state uint64 }

func (s *stream) next() uint64 {
	s.state += golden
	return mix(s.state)
}

// float is a number in (0, 1], with 53 random bits.
func (s *stream) float() float64 {
	return float64(s.next()>>11+1) * 0x1p-53
}

// mix is the finalizer of SplitMix64 (Stafford's variant 13).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
