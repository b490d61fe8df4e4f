package kafka

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The stages at which a client meets errors.
const (
	// StageConnect: a connection to a broker could not be made.
	StageConnect = "connect"
	// StageDisconnect: a connection ended that the client had not closed.
	StageDisconnect = "disconnect"
	// StageRequest: a request was not written, or not answered.
	StageRequest = "request"
	// StageRecord: a record's send ended without an acknowledgement; counted
	// in records.
	StageRecord = "record"
	// StageFetch: a partition could not be read.
	StageFetch = "fetch"
)

// ClientError is evidence: one kind of error that a client met, how often and
// when. Errors that the client overcame by trying again are among them.
type ClientError struct {
	// Stage is connect, disconnect, request, record or fetch.
	Stage string
	// Broker is the node id, or -1 where the error is not of one broker.
	Broker int32
	// Error is the root cause: Kafka's name of the error, or the operating
	// system's words.
	Error string
	Count int64
	// First and Last are since the load's start.
	First, Last time.Duration
}

// ownDisconnect is within what time of a request that the client cancelled a
// connection ends because of it.
const ownDisconnect = 100 * time.Millisecond

// maxErrors bounds the kinds of errors that are kept apart; more are counted
// as "other errors".
const maxErrors = 256

// watch collects the errors of a client through its hooks.
type watch struct {
	start     time.Time
	throttled atomic.Int64
	// doubt is set once a produce request has failed on its way: whether the
	// broker acted on it is not known.
	doubt atomic.Bool

	mu     sync.Mutex
	closed bool
	// cancelled is, by broker, when the client last cancelled a request
	// itself, which costs it the connection.
	cancelled map[int32]time.Time
	errors    map[errorKind]*ClientError
}

type errorKind struct {
	stage  string
	broker int32
	text   string
}

func newWatch(start time.Time) *watch {
	return &watch{start: start, cancelled: make(map[int32]time.Time), errors: make(map[errorKind]*ClientError)}
}

// add counts an error and returns its cause. Errors of a client that is being
// closed are its own doing and not counted, except those of records.
func (w *watch) add(stage string, broker int32, err error) string {
	at := time.Since(w.start)
	kind := errorKind{stage, max(broker, -1), cause(err)}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed && stage != StageRecord {
		return kind.text
	}
	e := w.errors[kind]
	if e == nil {
		if len(w.errors) >= maxErrors {
			kind.broker, kind.text = -1, "other errors"
		}
		if e = w.errors[kind]; e == nil {
			e = &ClientError{Stage: kind.stage, Broker: kind.broker, Error: kind.text, First: at}
			w.errors[kind] = e
		}
	}
	e.Count++
	e.Last = at
	return kind.text
}

// close says that the client is closed on purpose from now on.
func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
}

// all returns the errors, ordered by when they first occurred.
func (w *watch) all() []ClientError {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]ClientError, 0, len(w.errors))
	for _, e := range w.errors {
		all = append(all, *e)
	}
	slices.SortFunc(all, func(a, b ClientError) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Broker, b.Broker), cmp.Compare(a.Error, b.Error))
	})
	return all
}

var (
	_ kgo.HookBrokerConnect    = (*watch)(nil)
	_ kgo.HookBrokerDisconnect = (*watch)(nil)
	_ kgo.HookBrokerE2E        = (*watch)(nil)
	_ kgo.HookBrokerThrottle   = (*watch)(nil)
)

// OnBrokerConnect counts connections that failed.
func (w *watch) OnBrokerConnect(meta kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		w.add(StageConnect, meta.NodeID, err)
	}
}

// OnBrokerDisconnect counts connections that ended, but for those that the
// client ended itself.
func (w *watch) OnBrokerDisconnect(meta kgo.BrokerMetadata, _ net.Conn) {
	if !w.ended(meta.NodeID) {
		w.add(StageDisconnect, meta.NodeID, errDisconnected)
	}
}

// ended says whether the client has just ended a connection to a broker, by
// cancelling a request on it.
func (w *watch) ended(broker int32) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Since(w.cancelled[broker]) < ownDisconnect
}

var errDisconnected = errors.New("the connection ended")

// OnBrokerE2E counts requests that failed on their way, but for those that
// the client cancelled itself, and those that lost their connection by that.
func (w *watch) OnBrokerE2E(meta kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	err := e2e.Err()
	if err == nil {
		return
	}
	if kmsg.Key(key) == kmsg.Produce {
		w.doubt.Store(true)
	}
	if errors.Is(err, context.Canceled) {
		// As a consumer does with its fetches in a rebalance.
		w.mu.Lock()
		w.cancelled[meta.NodeID] = time.Now()
		w.mu.Unlock()
		return
	}
	if kgo.IsRetryableBrokerErr(err) && w.ended(meta.NodeID) {
		return
	}
	w.add(StageRequest, meta.NodeID, err)
}

// OnBrokerThrottle sums up for how long brokers held the client back.
func (w *watch) OnBrokerThrottle(_ kgo.BrokerMetadata, throttle time.Duration, _ bool) {
	w.throttled.Add(int64(throttle))
}

// cause is the root of an error in few and stable words: an error's text
// otherwise names ports and sizes that make every one different.
func cause(err error) string {
	var (
		protocol *kerr.Error
		errno    syscall.Errno
		loss     *kgo.ErrDataLoss
		dns      *net.DNSError
		timeout  net.Error
	)
	switch {
	case errors.As(err, &protocol):
		return protocol.Message
	case errors.As(err, &loss):
		return "the log was truncated"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, net.ErrClosed):
		return "the connection was closed"
	case errors.Is(err, kgo.ErrRecordTimeout):
		return "delivery timeout"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the broker closed the connection"
	case errors.As(err, &dns):
		return "the host name has no address"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	}
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}
