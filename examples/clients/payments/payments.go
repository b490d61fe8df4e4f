// Package payments decides what becomes of an order, whichever client brought
// it: the part that the payment-services of this folder which are written in Go
// share. It knows no Kafka client.
//
// It keeps the ids of the orders that it has handled in memory, as long as the
// process lives; the order flow's own payment-service shows how to know them
// after a crash, too.
package payments

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// The names of the contract, examples/order-flow/payment-service/weir.yaml.
const (
	Group    = "payment-service"
	Orders   = "order.events"
	Retries  = "payment-service.order-placed.retry"
	Dead     = "payment-service.order-placed.dlq"
	payments = "payment.events"

	typeOrderPlaced     = "com.acme.order.OrderPlaced"
	typePaymentReceived = "com.acme.payment.PaymentReceived"

	attempts = 3
	backoff  = 200 * time.Millisecond // doubles
	attempt  = "retry-attempt"
)

// Refused is a customer whose charges always fail.
const Refused = "cus-refused"

// Message is a record of any client.
type Message struct {
	Topic      string
	Key, Value []byte
	Headers    []Header
	// Time is the record's timestamp.
	Time time.Time
}

// Header is a header of a record.
type Header struct {
	Name  string
	Value []byte
}

// Service knows which orders it has handled. Its methods may be called at the
// same time.
type Service struct {
	mu   sync.Mutex
	seen map[string]bool
}

// Handle returns what is to be published for a record: a payment, a retry or a
// dead letter, or nil for another event and for an order that was handled.
func (s *Service) Handle(m Message) *Message {
	id := m.header("ce_id")
	if t := m.header("ce_type"); t != "" && t != typeOrderPlaced {
		return nil
	}
	if m.Topic == Orders && id != "" && !s.first(id) {
		return nil
	}
	order, err := decode(m)
	if err != nil {
		return m.deadLetter(err)
	}
	if order.Customer != Refused {
		return m.paid(id, order)
	}
	if next := m.attempt() + 1; next <= attempts {
		return m.to(Retries, attempt, strconv.Itoa(next))
	}
	return m.deadLetter(fmt.Errorf("customer %s is refused", Refused))
}

// Forget takes back that a record was handled: what was published for it did
// not stay.
func (s *Service) Forget(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.seen, m.header("ce_id"))
}

func (s *Service) first(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]bool{}
	}
	first := !s.seen[id]
	s.seen[id] = true
	return first
}

// Wait is how long a retry must not be handled yet: its backoff, from when it
// was published.
func (m Message) Wait() time.Duration {
	if m.Topic != Retries {
		return 0
	}
	return min(time.Until(m.Time.Add(backoff<<(m.attempt()-2))), backoff<<(attempts-2))
}

// placed is what is needed of an order.
type placed struct {
	Order    *string `json:"order_id"`
	ID       *string `json:"customer_id"`
	Currency *string `json:"currency"`
	Total    *int64  `json:"total"`
	Customer string  `json:"-"`
}

func decode(m Message) (placed, error) {
	var order placed
	if m.header("ce_id") == "" {
		return order, errors.New("header ce_id is missing")
	}
	if err := json.Unmarshal(m.Value, &order); err != nil {
		return order, err
	}
	if order.Order == nil || order.ID == nil || order.Currency == nil || order.Total == nil {
		return order, errors.New("order_id, customer_id, currency or total is missing")
	}
	order.Customer = *order.ID
	return order, nil
}

// paid is the PaymentReceived of an order, with the same id however often it
// is made.
func (m Message) paid(id string, order placed) *Message {
	payment := uuid.NewSHA1(uuid.NameSpaceOID, []byte("payment/"+id)).String()
	now := time.Now().UTC().Format(time.RFC3339Nano)
	value, err := json.Marshal(map[string]any{
		"payment_id": payment, "order_id": order.Order, "customer_id": order.ID,
		"amount": order.Total, "currency": order.Currency, "received_at": now,
	})
	if err != nil {
		panic(err) // a map of plain values
	}
	correlation := m.header("correlation_id")
	if correlation == "" {
		correlation = id
	}
	out := Message{Topic: payments, Key: []byte(*order.Order), Value: value}
	out.set("ce_specversion", "1.0", "ce_id", payment, "ce_type", typePaymentReceived, "ce_source", "/acme/payment-service",
		"ce_time", now, "content-type", "application/json", "causation_id", id, "correlation_id", correlation)
	return &out
}

func (m Message) attempt() int {
	if n, err := strconv.Atoi(m.header(attempt)); err == nil && m.Topic == Retries {
		return n
	}
	return 1
}

func (m Message) deadLetter(why error) *Message { return m.to(Dead, "dlq-reason", why.Error()) }

// to is the record as it came, for another topic and with more headers.
func (m Message) to(topic string, pairs ...string) *Message {
	out := Message{Topic: topic, Key: m.Key, Value: m.Value, Headers: slices.Clone(m.Headers)}
	out.set(pairs...)
	return &out
}

// set sets headers by pairs of name and value.
func (m *Message) set(pairs ...string) {
	for pair := range slices.Chunk(pairs, 2) {
		m.Headers = slices.DeleteFunc(m.Headers, func(h Header) bool { return h.Name == pair[0] })
		m.Headers = append(m.Headers, Header{pair[0], []byte(pair[1])})
	}
}

func (m Message) header(name string) string {
	for _, h := range slices.Backward(m.Headers) {
		if h.Name == name {
			return string(h.Value)
		}
	}
	return ""
}
