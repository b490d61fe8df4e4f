package contracts

import "testing"

func TestFailedFrom(t *testing.T) {
	kafka := func(topic string) Address { return Address{Kafka: &KafkaAddress{Topic: topic}} }
	set := []*Contract{
		{Consumes: []Consumes{
			{Event: "placed", Address: kafka("in"), Retry: &Retry{Topics: []string{"r1", "r2"}}, DLQ: &DLQ{Topic: "dead"}},
			{Event: "paid", Address: kafka("payments"), DLQ: &DLQ{Topic: "dead"}},
		}},
		{Consumes: []Consumes{
			{Event: "placed", Address: kafka("dead"), DLQ: &DLQ{Topic: "lost"}},
			{Event: "placed", Address: kafka("in"), DLQ: &DLQ{Topic: "counted", Preserve: []string{"key"}}},
			{Event: "placed", Address: Address{Redis: &RedisAddress{Stream: "in"}}, DLQ: &DLQ{}},
			{Event: "placed", Address: kafka("circle"), DLQ: &DLQ{Topic: "circle"}},
		}},
	}
	for topic, want := range map[string][]string{
		"in": nil, "r2": {"in"}, "dead": {"in"}, "lost": {"dead", "in"}, "counted": nil, "circle": {"circle"}, "": nil,
	} {
		var got []string
		for _, a := range FailedFrom(set, "placed", kafka(topic)) {
			got = append(got, a.TopicName())
		}
		equal(t, got, want)
	}
	if got := FailedFrom(set, "placed", Address{Redis: &RedisAddress{Stream: "dead"}}); got != nil {
		t.Errorf("a stream gets dead letters of a topic: %v", got)
	}
}
