package breaking

import "testing"

// The hashes are those of Kafka's own test of its client, UtilsTest.
func TestMurmur2(t *testing.T) {
	for text, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
		"abc": 479470107,
	} {
		if got := int32(murmur2([]byte(text))); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

// TestMovedShare holds the share of moved keys against counting them over all
// remainders.
func TestMovedShare(t *testing.T) {
	for from := 1; from <= 12; from++ {
		for to := 1; to <= 12; to++ {
			moved, all := 0, from*to
			for h := range all {
				if h%from != h%to {
					moved++
				}
			}
			if got, want := movedShare(from, to), 100*moved/all; got != want {
				t.Errorf("from %d to %d: %d%%, want %d%%", from, to, got, want)
			}
			if from == to {
				continue
			}
			if m := movedKey(from, to); m.from == m.to || m.from >= from || m.to >= to {
				t.Errorf("from %d to %d: %+v", from, to, m)
			}
		}
	}
}
