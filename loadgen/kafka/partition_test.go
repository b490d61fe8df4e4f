package kafka_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"

	. "github.com/flowweir/weir/loadgen/kafka"
)

// TestPartition compares with the partitioner that the producer uses, and
// with values of Kafka's own UtilsTest.
func TestPartition(t *testing.T) {
	partitioner := kgo.StickyKeyPartitioner(nil).ForTopic("any")
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "key")
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		want := partitioner.Partition(&kgo.Record{Key: key}, n)
		if got := Partition(key, n); int(got) != want {
			t.Fatalf("Partition(%x, %d) = %d, want %d", key, n, got, want)
		}
	})
	const all = 1 << 31 // which leaves the hash without its sign
	for key, hash := range map[string]int32{"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536} {
		if got := Partition([]byte(key), all); got != hash&0x7fffffff {
			t.Errorf("Partition(%q) is of hash %d, want %d", key, got, hash&0x7fffffff)
		}
	}
	if Partition(nil, 6) != -1 || Partition([]byte{}, 6) != -1 || Partition([]byte("a"), 0) != -1 {
		t.Error("a record without a key, or a topic without partitions, has a partition")
	}
}

func BenchmarkPartition(b *testing.B) {
	key := []byte("order-0123456789")
	b.ReportAllocs()
	for b.Loop() {
		Partition(key, 12)
	}
}
