package main

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	maxBody           = 64 << 10
	maxIdempotencyKey = 255
)

// producer is the part of kgo.Client that the handler needs.
type producer interface {
	Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error))
}

type handler struct {
	producer producer
	topic    string
	timeout  time.Duration
}

func newHandler(p producer, topic string, timeout time.Duration) http.Handler {
	h := &handler{producer: p, topic: topic, timeout: timeout}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", h.placeOrder)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	return mux
}

func (h *handler) placeOrder(w http.ResponseWriter, r *http.Request) {
	eventID := cmp.Or(r.Header.Get("Idempotency-Key"), uuid.NewString())
	if len(eventID) > maxIdempotencyKey {
		reply(w, http.StatusBadRequest, "error", "Idempotency-Key: want at most 255 characters")
		return
	}
	var order placeOrder
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&order); err != nil {
		reply(w, http.StatusBadRequest, "error", "body: "+err.Error())
		return
	}
	if err := order.validate(); err != nil {
		reply(w, http.StatusUnprocessableEntity, "error", err.Error())
		return
	}
	placed := order.place(time.Now())
	record, err := placed.record(h.topic, eventID, cmp.Or(r.Header.Get("X-Correlation-Id"), eventID))
	if err == nil {
		err = h.publish(r.Context(), record)
	}
	if err != nil {
		slog.Error("order not acknowledged", "event", eventID, "error", err)
		w.Header().Set("Retry-After", "1")
		reply(w, http.StatusServiceUnavailable, "error", "not known to be placed: repeat with the same Idempotency-Key")
		return
	}
	reply(w, http.StatusAccepted, "order_id", placed.OrderID)
}

// publish returns nil when every in-sync replica has the record. When the
// timeout comes first, the outcome is unknown: a record on its way cannot be
// called back.
func (h *handler) publish(ctx context.Context, record *kgo.Record) error {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	acked := make(chan error, 1)
	h.producer.Produce(ctx, record, func(_ *kgo.Record, err error) { acked <- err })
	select {
	case err := <-acked:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func reply(w http.ResponseWriter, status int, name, value string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(map[string]string{name: value}); err != nil {
		slog.Warn("reply not written", "error", err)
	}
}
