package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/harness/serde"
)

// tooLarge checks that data of a size can be made and sent, and that the topics
// which get it from the flow's consumers can hold it: what no broker takes is no
// poison of a consumer.
func (r *resolver) tooLarge(size int64, flow *Flow, f *fault.Fault, path document.Path) {
	f.How = fmt.Sprintf("with %s of data", document.Bytes(size))
	need := size + headroom
	if batch := flow.settings().BatchBytes; need > int64(batch) {
		r.Error(BadLoad, path, fmt.Sprintf("data of %d bytes does not fit a batch of %d with what goes beside it", size, batch), "make it smaller, or raise producer: {batch: …}")
	}
	r.holds(flow.Topic, "it is sent to", need, path)
	for i := range flow.Reactions {
		reaction := &flow.Reactions[i]
		for _, topic := range reaction.retries() {
			r.holds(topic, "retries of "+reaction.Consumer+" go to", need, path)
		}
		if dlq := reaction.Consumes.DLQ; dlq != nil && dlq.Preserves("value") {
			r.holds(dlq.Topic, "dead letters of "+reaction.Consumer+" go to", need, path)
		}
	}
	switch large, err := flow.large(int(size)); {
	case errors.Is(err, serde.ErrNoRegistry): // the run will have one, and judge
	case err != nil:
		r.Error(BadLoad, path, err.Error(), "")
	default:
		f.How += fmt.Sprintf(", most of it at %s", large.At)
	}
}

// holds refuses records that a topic does not take.
func (r *resolver) holds(topic, what string, need int64, path document.Path) {
	if takes := r.largest(topic); need > takes {
		r.Error(BadLoad, path, fmt.Sprintf("%s, which %s, takes records of up to %d bytes, and with what goes beside it this is one of up to %d", topic, what, takes, need),
			fmt.Sprintf("make it smaller, or state max.message.bytes of %s: at least %d", topic, need))
	}
}

// largest is the largest record that a topic takes: what is stated of it, or
// else of the brokers, or Kafka's default.
func (r *resolver) largest(topic string) int64 {
	const kafkas = 1_048_588
	stated := cmp.Or(r.s.Cluster.Config["message.max.bytes"], strconv.Itoa(kafkas))
	if t := r.plan.topic(topic); t != nil {
		stated = cmp.Or(t.Config["max.message.bytes"], stated)
	}
	n, err := strconv.ParseInt(stated, 10, 64)
	if err != nil {
		return kafkas // that it is no number is said where it stands
	}
	return n
}

// large finds where data of the flow can be so long.
func (f *Flow) large(size int) (*payload.Large, error) {
	cfg, err := f.made()
	if err != nil {
		return nil, err
	}
	return payload.NewLarge(cfg, size)
}
