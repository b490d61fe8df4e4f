package docker

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/cluster"
)

var _ = Describe("The development cluster", func() {
	It("outlives its process, is no leftover, comes up again with its nodes, and goes with Down", func(ctx context.Context) {
		before, err := Status(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(before).To(BeNil(), "a development cluster of this machine's user is up: weir cluster down")
		spec := cluster.Spec{Brokers: 1, Config: map[string]string{"num.partitions": "2"}}
		made, err := Up(ctx, spec)
		DeferCleanup(func(ctx context.Context) { Expect(Down(ctx)).To(Succeed()) })
		Expect(err).NotTo(HaveOccurred())
		Expect(made.Bootstrap).To(HaveLen(1))
		Expect(directly(ctx, made.Bootstrap[0])).To(Succeed())

		removed, _, err := Sweep(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(removed).To(BeEmpty())

		By("coming up after its node died")
		e, err := connect(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(e.Close)
		Expect(e.kill(ctx, "weir-dev-broker-0")).To(Succeed())
		down, err := Status(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(down.Nodes).To(Equal([]DevNode{{ID: 0, Address: made.Bootstrap[0]}}))
		again, err := Up(ctx, spec)
		Expect(err).NotTo(HaveOccurred())
		Expect(again).To(Equal(made))

		By("refusing another shape")
		_, err = Up(ctx, cluster.Spec{Brokers: 3})
		Expect(err).To(MatchError(cluster.ErrRefused))
		Expect(err).To(MatchError(ContainSubstring(`weir cluster down`)))
		_, err = Up(ctx, cluster.Spec{Brokers: 1, RunID: "run"})
		Expect(err).To(MatchError(cluster.ErrRefused))

		Expect(Down(ctx)).To(Succeed())
		Expect(Down(ctx)).To(Succeed(), "second Down")
		gone, err := Status(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(gone).To(BeNil())
	}, NodeTimeout(6*time.Minute))
})
