package embedded

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// kfake's controller is one of its brokers and never moves. Every cluster
// here therefore has one more kfake broker than it shows: the controller,
// without a port, taken out of the list of brokers at once so that it leads
// nothing and coordinates nothing. The brokers forward to it what only a
// controller may do, as KRaft brokers do, and name a live broker as the
// controller in their answers, as KRaft brokers do.

// controller is the way to it.
type controller struct {
	kfake *kfake.Cluster
	node  int32
	door  *listener

	mu    sync.Mutex // one request at a time
	conn  net.Conn
	corr  int32
	fmter *kmsg.RequestFormatter

	forwarding sync.WaitGroup // control functions that wait for an answer
	gate       sync.Mutex     // no Add when ended is set
	ended      bool
}

// roundTrip asks the controller. It is not subject to any broker's fault.
func (t *controller) roundTrip(req kmsg.Request) (kmsg.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		ours, theirs := net.Pipe()
		if !t.door.give(theirs) {
			return nil, errClosed
		}
		t.conn = ours
	}
	resp, err := t.exchange(req)
	if err != nil {
		// kfake ends a connection whose request it cannot handle.
		_ = t.conn.Close()
		t.conn = nil
		return nil, fmt.Errorf("embedded: ask the controller (%s): %w", kmsg.NameForKey(req.Key()), err)
	}
	return resp, nil
}

func (t *controller) exchange(req kmsg.Request) (kmsg.Response, error) {
	t.corr++
	if _, err := t.conn.Write(t.fmter.AppendRequest(nil, req, t.corr)); err != nil {
		return nil, err
	}
	size := make([]byte, 4)
	if _, err := io.ReadFull(t.conn, size); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint32(size))
	if _, err := io.ReadFull(t.conn, body); err != nil {
		return nil, err
	}
	r := kbin.Reader{Src: body}
	r.Int32() // the correlation id: there is one request at a time
	resp := req.ResponseKind()
	if resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions) {
		kmsg.SkipTags(&r)
	}
	if err := resp.ReadFrom(r.Src); err != nil {
		return nil, err
	}
	return resp, nil
}

// exclusively runs change while kfake handles no request, so that no client
// sees a state between two steps of it. change may call kfake's
// administrative methods; kfake serves those, and nothing else, while a
// control function runs.
func (t *controller) exclusively(change func() error) error {
	var err error
	t.kfake.ControlKey(int16(kmsg.ApiVersions), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if t.kfake.CurrentNode() != t.node {
			return nil, nil, false
		}
		err = change()
		return req.ResponseKind(), nil, true
	})
	if _, rerr := t.roundTrip(kmsg.NewPtrApiVersionsRequest()); rerr != nil {
		return rerr
	}
	return err
}

// topics lists the names of all topics.
func (t *controller) topics() ([]string, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 1
	req.Topics = nil // all
	resp, err := t.roundTrip(req)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, topic := range resp.(*kmsg.MetadataResponse).Topics {
		names = append(names, *topic.Topic)
	}
	return names, nil
}

// forward makes the brokers ask the controller for requests of the given
// kind; edit may change the answer.
func (t *controller) forward(key kmsg.Key, edit func(kmsg.Response)) {
	t.kfake.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
		if t.kfake.CurrentNode() == t.node {
			return nil, nil, false
		}
		t.kfake.KeepControl()
		if !t.enter() {
			return nil, errClosed, true
		}
		defer t.forwarding.Done()
		type answer struct {
			resp kmsg.Response
			err  error
		}
		answers := make(chan answer, 1)
		t.kfake.SleepControl(func() {
			resp, err := t.roundTrip(req)
			answers <- answer{resp, err}
		})
		select {
		case a := <-answers:
			if a.err == nil && edit != nil {
				edit(a.resp)
			}
			return a.resp, a.err, true
		default: // woken by the end of the cluster
			return nil, errClosed, true
		}
	})
}

// refuseElections answers ElectLeaders as Kafka does where every partition
// has its leader or, for an unclean election, no replica to elect. kfake
// would move the leader to the next broker and lose nothing, which no
// election of Kafka's does.
func (t *controller) refuseElections(leaderless func(topic string, partition int32) bool) {
	t.kfake.ControlKey(int16(kmsg.ElectLeaders), func(kreq kmsg.Request) (kmsg.Response, error, bool) {
		t.kfake.KeepControl()
		req := kreq.(*kmsg.ElectLeadersRequest)
		resp := req.ResponseKind().(*kmsg.ElectLeadersResponse)
		for _, topic := range req.Topics {
			rt := kmsg.NewElectLeadersResponseTopic()
			rt.Topic = topic.Topic
			for _, partition := range topic.Partitions {
				rp := kmsg.NewElectLeadersResponseTopicPartition()
				rp.Partition = partition
				e := kerr.ElectionNotNeeded
				if leaderless(topic.Topic, partition) {
					e = kerr.EligibleLeadersNotAvailable
				}
				rp.ErrorCode, rp.ErrorMessage = e.Code, kmsg.StringPtr(e.Description)
				rt.Partitions = append(rt.Partitions, rp)
			}
			resp.Topics = append(resp.Topics, rt)
		}
		return resp, nil, true
	})
}

// enter is false when the cluster ends. Where it is true, forwarding.Done
// must follow.
func (t *controller) enter() bool {
	t.gate.Lock()
	defer t.gate.Unlock()
	if !t.ended {
		t.forwarding.Add(1)
	}
	return !t.ended
}

// close ends the way to the controller, and returns when nobody is on it. It
// must be called before kfake's Close, which leaves a goroutine behind for
// each control function that sleeps then, but one.
func (t *controller) close() {
	t.gate.Lock()
	t.ended = true
	t.gate.Unlock()
	_ = t.door.Close()
	t.mu.Lock()
	if t.conn != nil {
		_ = t.conn.Close()
	}
	t.mu.Unlock()
	t.forwarding.Wait()
}
