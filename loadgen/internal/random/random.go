// Package random is where the random numbers of a load come from: streams
// that are pure functions of (seed, sender, purpose, sequence), so that whoever
// examines a run draws the numbers of any record again, in any order.
//
// It is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014), used as a counter-based generator: the sequence is
// the counter. It is for load, not for secrets.
package random

import "math/bits"

// Counter makes a stream of random numbers for each sequence of a sender.
type Counter struct{ base uint64 }

// golden is 2⁶⁴ divided by the golden ratio, odd: SplitMix64's increment.
const golden = 0x9e3779b97f4a7c15

// New is the counter of a sender.
func New(seed uint64, sender uint16) Counter {
	// The sender is mixed by itself first: seeds that differ by a small
	// number must not meet the streams of neighbouring senders.
	return Counter{Mix(seed ^ Mix(uint64(sender)+golden))}
}

// For is the counter of a purpose: its streams have nothing in common with
// those of the others.
func (c Counter) For(purpose uint64) Counter { return Counter{Mix(c.base + Mix(purpose+golden))} }

// At is the stream of a sequence. Mixing the sequence once keeps the streams
// of neighbouring sequences apart, which would otherwise be the same numbers
// shifted by one.
func (c Counter) At(seq uint64) Stream { return Stream{Mix(c.base + seq*golden)} }

// Stream is SplitMix64.
type Stream struct{ state uint64 }

// Next is 64 random bits.
func (s *Stream) Next() uint64 {
	s.state += golden
	return Mix(s.state)
}

// Float is a number in (0, 1], with 53 random bits.
func (s *Stream) Float() float64 { return float64(s.Next()>>11+1) * 0x1p-53 }

// Below is a number from 0 to n−1. Its bias is below n/2⁶⁴.
func (s *Stream) Below(n uint64) uint64 {
	high, _ := bits.Mul64(s.Next(), n)
	return high
}

// Letters fills b with letters of an alphabet of at most 256, each as likely as
// every other; its bias is below len(alphabet)/2¹⁶. Four letters come of one
// number.
func (s *Stream) Letters(b []byte, alphabet string) {
	for len(b) >= 4 {
		x := s.Next()
		b[0], b[1], b[2], b[3] = letter(x>>48, alphabet), letter(x>>32, alphabet), letter(x>>16, alphabet), letter(x, alphabet)
		b = b[4:]
	}
	for x, i := s.Next(), 0; i < len(b); i++ {
		b[i] = letter(x, alphabet)
		x >>= 16
	}
}

// letter is the one that the lowest 16 bits of x stand for.
func letter(x uint64, alphabet string) byte { return alphabet[x&0xffff*uint64(len(alphabet))>>16] }

// Mix is the finalizer of SplitMix64 (Stafford's variant 13).
func Mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
