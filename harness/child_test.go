package harness

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

// childEnv makes the test binary a service under test of its own.
const childEnv = "WEIR_HARNESS_TEST_SERVICE"

// child is a service that the test binary is. mode says what it does wrong.
func child(name, mode string) Service {
	return Service{
		Name: name, Command: []string{os.Args[0]}, URL: "http://127.0.0.1:{{.Port}}",
		Env:   map[string]string{childEnv: mode, "BROKERS": "{{.Bootstrap}}", "ADDR": "127.0.0.1:{{.Port}}"},
		Ready: &Ready{TCP: "127.0.0.1:{{.Port}}"},
	}
}

func serviceInChild() func() {
	switch mode := os.Getenv(childEnv); mode {
	case "":
		return nil
	case "dies":
		return func() {
			fmt.Println("out of luck")
			os.Exit(3)
		}
	case "talks":
		return func() { fmt.Println("hello"); select {} }
	default:
		return func() { serveShop(mode) }
	}
}

// serveShop is the service shop: right, or with the key of each sale wrong,
// or with each sale twice, or refusing everything, or silent.
func serveShop(mode string) {
	client, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(os.Getenv("BROKERS"), ",")...))
	if err != nil {
		panic(err)
	}
	produce := func(r *kgo.Record) {
		if err := client.ProduceSync(context.Background(), r).FirstErr(); err != nil {
			panic(err)
		}
	}
	send := func(w http.ResponseWriter, r *kgo.Record) {
		switch mode {
		case "refuses":
			w.WriteHeader(http.StatusConflict)
			return
		case "silent":
		default:
			produce(r)
		}
		w.WriteHeader(http.StatusAccepted)
	}
	http.HandleFunc("POST /sell", func(w http.ResponseWriter, r *http.Request) {
		send(w, sale(r.Header.Get("Sale-Id"), mode))
		if mode == "twice" {
			produce(sale("sold-again", mode))
		}
	})
	var refunds atomic.Int64
	http.HandleFunc("POST /refund", func(w http.ResponseWriter, _ *http.Request) {
		send(w, &kgo.Record{Topic: "shop.refunds", Key: []byte("north:s-1"), Value: fmt.Appendf(nil,
			`{"id":"r-%d","type":"shop.Refunded","source":"/shop","spec_version":"1.0","time":"2026-03-14T09:26:53Z","data":{"shop":"north","sale":"s-1"}}`, refunds.Add(1))})
	})
	if err := http.ListenAndServe(os.Getenv("ADDR"), nil); err != nil {
		panic(err)
	}
}

func sale(id, mode string) *kgo.Record {
	const number = "0e8b2d1c-6f0a-4a57-9d0e-5b1f5d0c7a11"
	r := soldRecord(id, number, fmt.Sprintf(`{"sale": %q, "amount": 5}`, number))
	if mode == "wrong key" {
		r.Key = []byte("4711")
	}
	return r
}

func soldRecord(id, key, value string) *kgo.Record {
	h := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
	return &kgo.Record{
		Topic: "shop.sales", Key: []byte(key), Value: []byte(value),
		Headers: []kgo.RecordHeader{
			h("ce_specversion", "1.0"), h("ce_id", id), h("ce_type", "shop.Sold"), h("ce_source", "/shop"),
			h("content-type", "application/json"), h("tenant", "abc"),
		},
	}
}
