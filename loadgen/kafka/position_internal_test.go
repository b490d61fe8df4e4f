package kafka

import (
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestPosition(t *testing.T) {
	type step struct {
		offset int64
		epoch  int32
		want   sight
		next   int64
	}
	tests := []struct {
		name  string
		from  int64
		steps []step
	}{
		{"in order", 5, []step{{5, 0, fresh, 6}, {6, 0, fresh, 7}}},
		{"gaps are of compaction and markers", 0, []step{{3, 0, fresh, 4}, {9, 0, fresh, 10}}},
		{"below the start", 5, []step{{3, -1, reread, 5}}},
		{"the client went back", 0, []step{{0, 1, fresh, 1}, {1, 1, fresh, 2}, {0, 1, reread, 2}, {1, 1, reread, 2}, {2, 1, fresh, 3}}},
		{"a new leader goes on", 0, []step{{0, 1, fresh, 1}, {1, 2, fresh, 2}, {0, 1, reread, 2}, {1, 2, reread, 2}}},
		{"an unclean leader writes old offsets again", 0, []step{
			{0, 1, fresh, 1}, {1, 1, fresh, 2}, {2, 1, fresh, 3},
			{1, 2, rewritten, 2}, {2, 2, fresh, 3}, {3, 2, fresh, 4},
			{0, 1, reread, 4}, {1, 2, reread, 4}, {2, 2, reread, 4},
		}},
		{"twice", 0, []step{
			{0, 1, fresh, 1}, {1, 1, fresh, 2}, {2, 3, fresh, 3}, {1, 4, rewritten, 2}, {1, 6, rewritten, 2}, {1, 4, reread, 2}, {2, 6, fresh, 3},
		}},
		{"brokers without epochs", 0, []step{{0, -1, fresh, 1}, {0, -1, reread, 1}, {1, -1, fresh, 2}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &position{next: tt.from}
			for i, s := range tt.steps {
				if got := p.see(&kgo.Record{Offset: s.offset, LeaderEpoch: s.epoch}); got != s.want || p.next != s.next {
					t.Fatalf("step %d, %d of epoch %d: got %d, next %d; want %d, next %d", i+1, s.offset, s.epoch, got, p.next, s.want, s.next)
				}
			}
		})
	}
}

// TestTruncation feeds a reader what the client says of a log that lost its
// end, which no fake broker does.
func TestTruncation(t *testing.T) {
	var got []int64
	r := &Reader{
		config: ReaderConfig{Handler: func(batch []*kgo.Record, _ time.Duration) {
			for _, record := range batch {
				got = append(got, record.Offset)
			}
		}},
		watch:     newWatch(time.Now()),
		positions: map[string]map[int32]*position{"a": {0: {}}},
		read:      map[string]map[int32]int64{"a": {0: 0}},
		moved:     make(chan struct{}),
	}
	fetch := func(err error, logStart int64, records ...*kgo.Record) {
		r.take("a", &kgo.FetchPartition{Err: err, LogStartOffset: logStart, Records: records}, 7)
	}
	at := func(offset int64, epoch int32) *kgo.Record { return &kgo.Record{Offset: offset, LeaderEpoch: epoch} }

	fetch(nil, 0, at(0, 1), at(1, 1), at(2, 1))
	// Located by the client: it goes on at 1.
	fetch(&kgo.ErrDataLoss{Topic: "a", Partition: 0, ConsumedTo: 3, ResetTo: 1}, 0)
	fetch(nil, 0, at(1, 2), at(2, 2))
	// Not located: it reads from the start again, and finds a new 2.
	fetch(&kgo.ErrDataLoss{Topic: "a", Partition: 0, ConsumedTo: 3, ResetTo: 3}, 0)
	fetch(nil, 0, at(0, 1), at(1, 2), at(2, 5))
	// Deleted before it was read.
	fetch(nil, 10, at(10, 5))

	want := []int64{0, 1, 2, 1, 2, 2, 10}
	if !slices.Equal(got, want) {
		t.Errorf("handed on %v, want %v", got, want)
	}
	facts := r.Facts()
	if facts.Records != 7 || facts.Reread != 2 || facts.Deleted != 7 {
		t.Errorf("got %+v", facts)
	}
	if want := []Truncation{{"a", 0, 1, 3, 7}, {"a", 0, 2, 3, 7}}; !slices.Equal(facts.Truncations, want) {
		t.Errorf("truncations %+v, want %+v", facts.Truncations, want)
	}
	if next := r.Positions()["a"][0]; next != 11 {
		t.Errorf("read to %d, want 11", next)
	}
	if errs := r.Errors(); len(errs) != 1 || errs[0].Error != "the log was truncated" || errs[0].Count != 2 {
		t.Errorf("errors %+v", errs)
	}
}
