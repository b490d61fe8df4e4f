package main

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("throughput", func() {
	It("is measured", func() {
		cluster := broker()
		cfg := settings(cluster, nil)
		cl := client(cluster)
		n := 100_000
		publish(cl, orders(n)...)
		begin := time.Now()
		start(cfg)
		drained(cluster, cfg)
		took := time.Since(begin)
		fmt.Fprintf(GinkgoWriter, "%d in %v: %.0f/s\n", n, took, float64(n)/took.Seconds())
		Expect(times(committed(cluster, cfg.paymentTopic), "causation_id")).To(Equal(once(n)))
	})
})
