package live

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

func TestRetriesBreakTheirPolicy(t *testing.T) {
	at := func(topic string, ms int) *Record {
		return &Record{Record: &kgo.Record{Topic: topic, Timestamp: time.UnixMilli(int64(ms))}}
	}
	policy := &contracts.Retry{Attempts: 3, Topics: []string{"r1", "r2"}, Backoff: contracts.Backoff{Kind: "fixed", Initial: document.Duration(100 * time.Millisecond)}}
	for name, test := range map[string]struct {
		retries []*Record
		dead    *Record
		want    string
	}{
		"not at all":            {[]*Record{at("r1", 0), at("r2", 100)}, at("dlq", 200), "[]"},
		"not by a millisecond":  {[]*Record{at("r1", 0), at("r2", 99)}, at("dlq", 198), "[]"},
		"no dead letter":        {[]*Record{at("r1", 0), at("r2", 100)}, nil, "[no dead letter ended them]"},
		"too few":               {[]*Record{at("r1", 0)}, at("dlq", 100), "[1 record in retry topics leads back to the event, wanted 2 (attempts: 3, the first included)]"},
		"too many":              {[]*Record{at("r1", 0), at("r2", 100), at("r2", 200)}, at("dlq", 300), "[3 records in retry topics lead back to the event, wanted 2 (attempts: 3, the first included)]"},
		"the wrong topic":       {[]*Record{at("r1", 0), at("r1", 100)}, at("dlq", 200), "[retry 2 is in r1, wanted r2]"},
		"too early":             {[]*Record{at("r1", 0), at("r2", 40)}, at("dlq", 140), "[attempt 2 came 40ms after attempt 1 had failed, wanted at least 100ms]"},
		"dead before its time":  {[]*Record{at("r1", 0), at("r2", 100)}, at("dlq", 110), "[attempt 3 came 10ms after attempt 2 had failed, wanted at least 100ms]"},
		"nothing came of it":    {nil, nil, "[no dead letter ended them 0 records in retry topics lead back to the event, wanted 2 (attempts: 3, the first included)]"},
		"dead at the first try": {nil, at("dlq", 0), "[0 records in retry topics lead back to the event, wanted 2 (attempts: 3, the first included)]"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fmt.Sprint(Retries{Policy: policy, Records: test.retries, Dead: test.dead}.Problems()); got != test.want {
				t.Errorf("found\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestOrderBy(t *testing.T) {
	rec := func(key string, partition int32, offset int64, version string) *Record {
		return &Record{Record: &kgo.Record{Topic: "t", Key: []byte(key), Partition: partition, Offset: offset, Headers: []kgo.RecordHeader{{Key: "v", Value: []byte(version)}}}}
	}
	for name, test := range map[string]struct {
		records []*Record
		pairs   int
		want    string
	}{
		"ascending numbers":   {[]*Record{rec("a", 0, 0, "9"), rec("b", 0, 1, "1"), rec("a", 0, 2, "10"), rec("a", 0, 3, "10")}, 2, "[]"},
		"times of two zones":  {[]*Record{rec("a", 0, 0, "2026-03-14T10:00:00+01:00"), rec("a", 0, 1, "2026-03-14T09:30:00Z")}, 1, "[]"},
		"texts":               {[]*Record{rec("a", 0, 0, "b"), rec("a", 0, 1, "a")}, 1, "[key a at t/0@1: header:v is a, after b]"},
		"falling":             {[]*Record{rec("a", 0, 0, "10"), rec("a", 0, 1, "9")}, 1, "[key a at t/0@1: header:v is 9, after 10]"},
		"two partitions":      {[]*Record{rec("a", 0, 0, "1"), rec("a", 1, 0, "2")}, 1, "[key a at t/1@0: the same key is in partition 0, too]"},
		"nothing to see here": {[]*Record{rec("a", 0, 0, "2"), rec("b", 0, 1, "1")}, 0, "[]"},
	} {
		t.Run(name, func(t *testing.T) {
			got := OrderBy(test.records, "header:v")
			if fmt.Sprint(got.Problems) != test.want || got.Pairs != test.pairs {
				t.Errorf("%d pairs, %v; want %d, %s", got.Pairs, got.Problems, test.pairs, test.want)
			}
		})
	}
}
