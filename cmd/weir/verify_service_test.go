package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/wire"
)

// paymentsMain is the command payments: the service of the scripts of weir
// verify. It takes BROKERS, TOPICS for those that it creates, of which it tells
// in a file topics, SCHEMA_ID for that which its events carry as Confluent's
// serializers write it, and FAULT for what it does wrong:
//
//	wrong-key    the key of its events is not the order
//	swallow      what it cannot read is lost
//	dies         it ends at what it cannot read
//	never-ready  it ends at once
func paymentsMain() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := pay(ctx, os.Getenv("FAULT")); err != nil && ctx.Err() == nil {
		fmt.Println(err)
		os.Exit(7)
	}
}

func pay(ctx context.Context, fault string) error {
	if fault == "never-ready" {
		return fmt.Errorf("no database")
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(os.Getenv("BROKERS"), ",")...), kgo.ConsumerGroup("payments"), kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.ProducerLinger(0), kgo.DisableAutoCommit())
	if err != nil {
		return err
	}
	defer client.Close()
	if topics := os.Getenv("TOPICS"); topics != "" {
		if _, err := kadm.NewClient(client).CreateTopics(ctx, 1, 1, nil, strings.Fields(topics)...); err != nil {
			return err
		}
		if err := os.WriteFile("topics", []byte("created"), 0o600); err != nil {
			return err
		}
	}
	fmt.Println("payments waits for orders")
	for ctx.Err() == nil {
		for _, r := range client.PollFetches(ctx).Records() {
			out := paid(r, fault)
			if out == nil && fault == "dies" {
				return fmt.Errorf("cannot read %s/%d@%d", r.Topic, r.Partition, r.Offset)
			}
			if out == nil && fault == "swallow" {
				continue
			}
			if out == nil {
				out = &kgo.Record{Topic: "orders.dlq", Key: r.Key, Value: r.Value, Headers: r.Headers}
			}
			if err := frame(out, os.Getenv("SCHEMA_ID")); err != nil {
				return err
			}
			if err := client.ProduceSync(ctx, out).FirstErr(); err != nil {
				return err
			}
		}
		if err := client.CommitUncommittedOffsets(ctx); err != nil {
			return err
		}
	}
	return nil
}

// paid is the payment of an order; nil of what is none.
func paid(r *kgo.Record, fault string) *kgo.Record {
	var order struct{ Order string }
	if json.Unmarshal(r.Value, &order) != nil || order.Order == "" {
		return nil
	}
	out := &kgo.Record{Topic: "payments", Key: []byte(order.Order), Value: fmt.Appendf(nil, `{"order": %q, "state": "paid"}`, order.Order)}
	if fault == "wrong-key" {
		out.Key = []byte("4711")
	}
	for _, h := range r.Headers {
		switch h.Key {
		case "ce_id":
			out.Headers = append(out.Headers, kgo.RecordHeader{Key: "causation_id", Value: h.Value}, kgo.RecordHeader{Key: h.Key, Value: append([]byte("paid-"), h.Value...)})
		case "ce_type":
			out.Headers = append(out.Headers, kgo.RecordHeader{Key: h.Key, Value: []byte("shop.Paid")})
		case "ce_specversion", "ce_source", "content-type":
			out.Headers = append(out.Headers, h)
		}
	}
	return out
}

// frame puts the id of a schema before a value; "" is none.
func frame(r *kgo.Record, id string) error {
	if id == "" {
		return nil
	}
	n, err := strconv.ParseInt(id, 10, 32)
	if err == nil {
		r.Value, _, err = wire.Framing{Kind: wire.Confluent}.Encode(wire.ID{Number: int32(n)}, r.Value)
	}
	return err
}
