package random

import (
	"strings"
	"testing"
)

// TestLetters: any number of letters, nothing beside them, each about as often
// as every other.
func TestLetters(t *testing.T) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	counts := map[byte]int{}
	for seq := range uint64(20_000) {
		n := int(seq % 14)
		b := make([]byte, n+1)
		stream := New(1, 1).At(seq)
		stream.Letters(b[:n], alphabet)
		if strings.Trim(string(b[:n]), alphabet) != "" || b[n] != 0 {
			t.Fatalf("%d letters: %q", n, b)
		}
		for _, l := range b[:n] {
			counts[l]++
		}
	}
	// 130,000 letters, 5,000 each, with a standard deviation of 70.
	for i := range alphabet {
		if n := counts[alphabet[i]]; n < 4650 || n > 5350 {
			t.Errorf("%c came %d times", alphabet[i], n)
		}
	}
}

func BenchmarkLetters(b *testing.B) {
	var letters [100]byte
	stream := New(1, 1).At(0)
	b.SetBytes(int64(len(letters)))
	b.ReportAllocs()
	for b.Loop() {
		stream.Letters(letters[:], "abcdefghijklmnopqrstuvwxyz")
	}
}
