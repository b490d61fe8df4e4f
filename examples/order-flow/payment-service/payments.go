package main

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// payments decides what becomes of a record. It publishes nothing itself.
type payments struct {
	cfg     config
	seen    *dedupe
	gateway gateway
}

// handle returns what is to be published for a record: a payment, a retry or a
// dead letter, or nil if the record is not for this service or its event was
// handled before. An error means that it cannot be said now.
func (p *payments) handle(ctx context.Context, r *kgo.Record) (*kgo.Record, error) {
	id, attempt := header(r, "ce_id"), 1
	if r.Topic == p.cfg.retryTopic {
		// A retry was written by this service, once: never a duplicate.
		attempt = p.attempt(r)
	} else if id != "" && !p.seen.first(r.Partition, id) {
		return nil, nil
	}
	if t := header(r, "ce_type"); t != "" && t != typeOrderPlaced {
		return nil, nil // another event of the topic
	}

	order, err := decode(r)
	if err != nil {
		return p.deadLetter(r, err), nil
	}
	paymentID, err := p.gateway.Charge(ctx, id, order, attempt)
	switch {
	case err == nil:
		return p.received(r, paymentID, order)
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case attempt < p.cfg.retry.attempts:
		return p.retry(r, attempt+1, time.Now()), nil
	default:
		return p.deadLetter(r, err), nil
	}
}

// received is the PaymentReceived that order caused. Its id is the payment's,
// so that the event has the same id however often it is made.
func (p *payments) received(cause *kgo.Record, paymentID string, order orderPlaced) (*kgo.Record, error) {
	now := time.Now().UTC()
	data, err := json.Marshal(paymentReceived{
		PaymentID:  paymentID,
		OrderID:    order.OrderID,
		CustomerID: order.CustomerID,
		Amount:     order.Total,
		Currency:   order.Currency,
		ReceivedAt: now,
	})
	causeID := header(cause, "ce_id")
	return &kgo.Record{
		Topic: p.cfg.paymentTopic,
		Key:   []byte(order.OrderID),
		Value: data,
		Headers: with(nil,
			"ce_specversion", "1.0",
			"ce_id", paymentID,
			"ce_type", typePaymentReceived,
			"ce_source", eventSource,
			"ce_time", now.Format(time.RFC3339Nano),
			"content-type", "application/json",
			"causation_id", causeID,
			"correlation_id", cmp.Or(header(cause, "correlation_id"), causeID),
		),
	}, err
}

// retry is the record once more, not to be handled before its delay is over.
// It remembers where the record first stood.
func (p *payments) retry(r *kgo.Record, attempt int, now time.Time) *kgo.Record {
	topic, partition, offset := p.origin(r)
	return &kgo.Record{
		Topic: p.cfg.retryTopic,
		Key:   r.Key,
		Value: r.Value,
		Headers: with(r.Headers,
			"retry-attempt", strconv.Itoa(attempt),
			"retry-not-before", now.Add(p.cfg.retry.delay(attempt)).UTC().Format(time.RFC3339Nano),
			"retry-topic", topic,
			"retry-partition", partition,
			"retry-offset", offset,
		),
	}
}

// deadLetter is the record as it came, with the reason and the place where it
// first stood.
func (p *payments) deadLetter(r *kgo.Record, reason error) *kgo.Record {
	topic, partition, offset := p.origin(r)
	return &kgo.Record{
		Topic: p.cfg.dlqTopic,
		Key:   r.Key,
		Value: r.Value,
		Headers: with(r.Headers,
			"dlq-reason", reason.Error(),
			"dlq-topic", topic,
			"dlq-partition", partition,
			"dlq-offset", offset,
		),
	}
}

// origin is where the record stood before any retry.
func (p *payments) origin(r *kgo.Record) (topic, partition, offset string) {
	if r.Topic == p.cfg.retryTopic {
		return header(r, "retry-topic"), header(r, "retry-partition"), header(r, "retry-offset")
	}
	return r.Topic, strconv.Itoa(int(r.Partition)), strconv.FormatInt(r.Offset, 10)
}

// attempt is the number of the attempt that a retry asks for: the last one if
// it does not say, so that a record can never go round for ever.
func (p *payments) attempt(r *kgo.Record) int {
	if n, err := strconv.Atoi(header(r, "retry-attempt")); err == nil && n >= 2 {
		return n
	}
	return p.cfg.retry.attempts
}

// notBefore is when a record may be handled; the zero time for at once. No
// header can delay a record by more than the policy does.
func (p *payments) notBefore(r *kgo.Record, now time.Time) time.Time {
	if r.Topic != p.cfg.retryTopic {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, header(r, "retry-not-before"))
	if latest := now.Add(p.cfg.retry.max); err == nil && t.After(latest) {
		return latest
	}
	return t
}
