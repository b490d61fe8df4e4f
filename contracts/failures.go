package contracts

import "slices"

// FailedFrom are the addresses from which records of an event come to one that
// is read because a consumer there failed on them: it is the topic of that
// consumer's retries, or of its dead letters, which keep the value. Records that
// failed again, on the way, come from all of them.
func FailedFrom(set []*Contract, event string, read Address) []Address {
	var from []Address
	topics := []string{read.TopicName()}
	for i := 0; i < len(topics); i++ {
		for _, c := range set {
			for j := range c.Consumes {
				in := &c.Consumes[j]
				if in.Event != event || in.Transport() != read.Transport() || !in.passesOn(topics[i]) {
					continue
				}
				from = append(from, in.Address)
				if !slices.Contains(topics, in.TopicName()) {
					topics = append(topics, in.TopicName())
				}
			}
		}
	}
	return from
}

// passesOn says whether records that failed go to a topic with their value.
func (c *Consumes) passesOn(topic string) bool {
	if topic == "" {
		return false // another transport, of which contracts do not say
	}
	return c.Retry != nil && slices.Contains(c.Retry.Topics, topic) || c.DLQ != nil && c.DLQ.Topic == topic && c.DLQ.Preserves("value")
}
