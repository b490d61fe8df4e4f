package discard

import (
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

var order = binary.BigEndian

// supported are the requests that are answered, from and to a version. Produce
// ends where topics have ids instead of names.
var supported = []struct {
	key       kmsg.Key
	from, max int16
}{
	{kmsg.Produce, 3, 9},
	{kmsg.Metadata, 4, 9},
	{kmsg.ApiVersions, 0, 3},
	{kmsg.InitProducerID, 0, 4},
}

func version(key, version int16) (known, fits bool) {
	for _, s := range supported {
		if s.key.Int16() == key {
			return true, version >= s.from && version <= s.max
		}
	}
	return false, false
}

// session is what a connection keeps between its requests.
type session struct {
	broker  *Broker
	in, out []byte
	produce kmsg.ProduceRequest
}

// answer returns the reply, empty where the client wants none, in a buffer
// that the next call reuses. An error ends the connection.
func (s *session) answer(request []byte) ([]byte, error) {
	h, body, err := parseHeader(request)
	if err != nil {
		return nil, err
	}
	known, fits := version(h.key, h.version)
	if !known {
		return nil, fmt.Errorf("request %s: %w", kmsg.NameForKey(h.key), kerr.UnsupportedVersion)
	}
	var reply kmsg.Response
	switch {
	case h.key == kmsg.ApiVersions.Int16():
		reply = versions(h.version, fits)
	case !fits:
		return nil, fmt.Errorf("%s of version %d: %w", kmsg.NameForKey(h.key), h.version, kerr.UnsupportedVersion)
	case h.key == kmsg.Produce.Int16():
		if reply, err = s.take(h.version, body); err != nil || reply == nil {
			return nil, err
		}
	default:
		q := kmsg.RequestForKey(h.key)
		q.SetVersion(h.version)
		if err := q.ReadFrom(body); err != nil {
			return nil, err
		}
		reply = s.broker.reply(q)
	}
	s.out = append(s.out[:0], 0, 0, 0, 0)
	s.out = order.AppendUint32(s.out, uint32(h.correlation))
	if reply.IsFlexible() && h.key != kmsg.ApiVersions.Int16() { // whose client does not know yet
		s.out = append(s.out, 0)
	}
	s.out = reply.AppendTo(s.out)
	order.PutUint32(s.out, uint32(len(s.out)-4))
	return s.out, nil
}

type header struct {
	key, version int16
	correlation  int32
}

// parseHeader splits a request into its header and its body.
func parseHeader(b []byte) (h header, body []byte, err error) {
	short := fmt.Errorf("a request of %d bytes: %w", len(b), kerr.InvalidRequest)
	if len(b) < 10 {
		return h, nil, short
	}
	h = header{int16(order.Uint16(b)), int16(order.Uint16(b[2:])), int32(order.Uint32(b[4:]))}
	client := max(0, int(int16(order.Uint16(b[8:])))) // -1 is no name
	b = b[10:]
	if len(b) < client {
		return h, nil, short
	}
	b = b[client:]
	q := kmsg.RequestForKey(h.key)
	if q == nil {
		return h, b, nil
	}
	q.SetVersion(h.version)
	if !q.IsFlexible() {
		return h, b, nil
	}
	tags, n := binary.Uvarint(b)
	for b = b[max(n, 0):]; n > 0 && tags > 0; tags-- {
		var size uint64
		if _, n = binary.Uvarint(b); n <= 0 { // the tag
			break
		}
		b = b[n:]
		if size, n = binary.Uvarint(b); n <= 0 || size > uint64(len(b)-n) {
			n = 0
			break
		}
		b = b[n+int(size):]
	}
	if n <= 0 {
		return h, nil, short
	}
	return h, b, nil
}

// versions answers every client, also one that is too new: it asks again.
func versions(v int16, fits bool) kmsg.Response {
	r := kmsg.NewPtrApiVersionsResponse()
	if r.Version = v; !fits {
		r.Version, r.ErrorCode = 0, kerr.UnsupportedVersion.Code
	}
	for _, s := range supported {
		r.ApiKeys = append(r.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: s.key.Int16(), MinVersion: s.from, MaxVersion: s.max})
	}
	return r
}

func (b *Broker) reply(q kmsg.Request) kmsg.Response {
	if q, ok := q.(*kmsg.MetadataRequest); ok {
		return b.metadata(q)
	}
	r := kmsg.NewPtrInitProducerIDResponse()
	r.Version = q.GetVersion()
	r.ProducerID = b.producers.Add(1)
	return r
}

func (b *Broker) metadata(q *kmsg.MetadataRequest) *kmsg.MetadataResponse {
	r := kmsg.NewPtrMetadataResponse()
	r.Version, r.ControllerID = q.Version, 0
	r.Brokers = []kmsg.MetadataResponseBroker{{NodeID: 0, Host: b.host, Port: b.port}}
	asked := q.Topics
	if asked == nil { // all
		for name := range b.topics {
			asked = append(asked, kmsg.MetadataRequestTopic{Topic: &name})
		}
	}
	for _, t := range asked {
		answer := kmsg.NewMetadataResponseTopic()
		answer.Topic = t.Topic
		known := (*topic)(nil)
		if t.Topic != nil {
			known = b.topics[*t.Topic]
		}
		if known == nil {
			answer.ErrorCode = kerr.UnknownTopicOrPartition.Code
			r.Topics = append(r.Topics, answer)
			continue
		}
		for p := range known.next {
			answer.Partitions = append(answer.Partitions, kmsg.MetadataResponseTopicPartition{
				Partition: int32(p), Leader: 0, LeaderEpoch: 0, Replicas: []int32{0}, ISR: []int32{0}})
		}
		r.Topics = append(r.Topics, answer)
	}
	return r
}

// take counts the records of a produce request; the reply is nil where the
// client wants none (acks=0).
func (s *session) take(version int16, body []byte) (kmsg.Response, error) {
	q := &s.produce
	*q = kmsg.ProduceRequest{Version: version}
	// The strings lie in the buffer, which lives until the reply is made.
	if err := q.UnsafeReadFrom(body); err != nil {
		return nil, err
	}
	r := kmsg.NewPtrProduceResponse()
	r.Version = version
	r.Topics = make([]kmsg.ProduceResponseTopic, len(q.Topics))
	for i, t := range q.Topics {
		answer := &r.Topics[i]
		answer.Topic = t.Topic
		answer.Partitions = make([]kmsg.ProduceResponseTopicPartition, len(t.Partitions))
		for j, p := range t.Partitions {
			answer.Partitions[j] = s.broker.taken(s.broker.topics[t.Topic], p)
		}
	}
	if q.Acks == 0 {
		return nil, nil
	}
	return r, nil
}

func (b *Broker) taken(t *topic, p kmsg.ProduceRequestTopicPartition) kmsg.ProduceResponseTopicPartition {
	r := kmsg.NewProduceResponseTopicPartition()
	r.Partition, r.LogStartOffset = p.Partition, 0
	if t == nil || p.Partition < 0 || int(p.Partition) >= len(t.next) {
		r.ErrorCode = kerr.UnknownTopicOrPartition.Code
		return r
	}
	n, ok := count(p.Records)
	if !ok {
		r.ErrorCode = kerr.CorruptMessage.Code
		return r
	}
	r.BaseOffset = t.next[p.Partition].Add(n) - n
	b.records.Add(uint64(n))
	b.bytes.Add(uint64(len(p.Records)))
	return r
}

// The places of fields in a record batch, see Kafka's documentation of its
// message format.
const (
	atLength = 8
	atMagic  = 16
	atCount  = 57
	overhead = 61 // of a batch without records
)

// count is the number of records of batches, by their headers: what they hold
// is not looked at.
func count(batches []byte) (n int64, ok bool) {
	for len(batches) > 0 {
		if len(batches) < overhead || batches[atMagic] != 2 {
			return 0, false
		}
		size := int64(atLength) + 4 + int64(int32(order.Uint32(batches[atLength:])))
		records := int32(order.Uint32(batches[atCount:]))
		if size < overhead || size > int64(len(batches)) || records < 1 {
			return 0, false
		}
		n += int64(records)
		batches = batches[size:]
	}
	return n, n > 0
}
