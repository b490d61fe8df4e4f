package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/flowweir/weir/examples/order-flow/inventory-service/schemas"
)

var _ = Describe("inventory-service", func() {
	It("publishes one reservation for an order, in its partition", func() {
		cluster := broker()
		cfg := settings(cluster)
		placed := order("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "event-0")
		publish(client(cluster), placed)
		start(cfg)
		drained(cluster, cfg)

		reservations := committed(cluster, cfg.inventoryTopic)
		Expect(reservations).To(HaveLen(1))
		r := reservations[0]
		Expect(r.Partition).To(Equal(placed.Partition))
		Expect(string(r.Key)).To(Equal("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90"))
		Expect(header(r, "ce_type")).To(Equal("com.acme.inventory.InventoryReserved"))
		Expect(header(r, "causation_id")).To(Equal("event-0"))
		Expect(header(r, "correlation_id")).To(Equal("corr-event-0"))
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(r.Value))
		Expect(err).NotTo(HaveOccurred())
		Expect(schemas.InventoryReserved.Validate(doc)).To(Succeed())
		var data inventoryReserved
		Expect(json.Unmarshal(r.Value, &data)).To(Succeed())
		Expect(data.Items).To(Equal([]item{{"BOOT-42", 2}}))
		Expect(data.ReservationID).To(Equal(header(r, "ce_id")))
	})

	It("reserves for duplicates once, before and after it restarts", func() {
		cluster := broker()
		cfg := settings(cluster)
		cl := client(cluster)
		all := orders(500)
		publish(cl, all...)
		publish(cl, copies(all[:100])...)
		stop := start(cfg)
		drained(cluster, cfg)
		stop()

		publish(cl, copies(all[50:200])...)
		start(cfg)
		drained(cluster, cfg)
		Expect(times(committed(cluster, cfg.inventoryTopic), "causation_id")).To(Equal(once(500)))
	})

	It("keeps the order of a key's orders", func() {
		cluster := broker()
		cfg := settings(cluster)
		publish(client(cluster), orders(2000)...)
		start(cfg)
		drained(cluster, cfg)
		latest := map[string]int{}
		for _, r := range committed(cluster, cfg.inventoryTopic) {
			var n int
			_, err := fmt.Sscanf(header(r, "causation_id"), "event-%d", &n)
			Expect(err).NotTo(HaveOccurred())
			Expect(n).To(BeNumerically(">=", latest[string(r.Key)]))
			latest[string(r.Key)] = n
		}
		Expect(latest).To(HaveLen(100))
	})

	It("dead-letters what it cannot read, unchanged and in its name, and goes on", func() {
		cluster := broker()
		cfg := settings(cluster)
		cl := client(cluster)
		poison := order("6f3a1d54-4f5f-4b43-9d5e-0d2f3c1b7a90", "poison-0")
		poison.Value = []byte("{\"order_id\": \x00")
		publish(cl, poison)
		publish(cl, orders(10)...)
		start(cfg)
		drained(cluster, cfg)

		dead := committed(cluster, cfg.dlqTopic)
		Expect(dead).To(HaveLen(1))
		Expect(dead[0].Key).To(Equal(poison.Key))
		Expect(dead[0].Value).To(Equal(poison.Value))
		Expect(dead[0].Headers[:len(poison.Headers)]).To(Equal(poison.Headers))
		Expect(header(dead[0], "dlq-group")).To(Equal("inventory-service"))
		Expect(header(dead[0], "dlq-reason")).To(HavePrefix("not JSON: "))
		Expect(header(dead[0], "dlq-topic")).To(Equal("order.events"))
		Expect(header(dead[0], "dlq-partition")).To(Equal(fmt.Sprint(poison.Partition)))
		Expect(header(dead[0], "dlq-offset")).To(Equal("0"))
		Expect(times(committed(cluster, cfg.inventoryTopic), "causation_id")).To(Equal(once(10)))
	})

	It("refuses topics whose partitions differ", func() {
		cluster, err := kfake.NewCluster(kfake.SeedTopics(3, "order.events"), kfake.SeedTopics(2, "inventory.events"))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(cluster.Close)
		Expect(run(context.Background(), settings(cluster))).To(MatchError(
			"order.events has 3, inventory.events has 2: topics must have the same number of partitions"))
	})

	It("settles every order once, though it is killed without warning", func() {
		const n, kills = 12_000, 6
		binary := filepath.Join(GinkgoT().TempDir(), "inventory-service")
		out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(out))
		cluster := broker()
		cfg := settings(cluster)
		cl := client(cluster)
		all := orders(n)
		share := n / kills
		service := spawn(binary, cluster)
		for kill := range kills {
			before := ends(cluster, cfg.inventoryTopic)
			publish(cl, all[kill*share:(kill+1)*share]...)
			publish(cl, copies(all[max(0, kill*share-300):kill*share+100])...)
			more := GinkgoRandomSeed() * int64(kill+1) * 7919 % int64(share)
			Eventually(func() int64 { return ends(cluster, cfg.inventoryTopic) }).
				WithTimeout(30*time.Second).WithPolling(time.Millisecond).Should(BeNumerically(">", before+more/2), "before kill %d", kill+1)
			Expect(service.Process.Kill()).To(Succeed())
			_ = service.Wait() // it was killed, and says so
			service = spawn(binary, cluster)
		}
		drained(cluster, cfg)
		Expect(times(committed(cluster, cfg.inventoryTopic), "causation_id")).To(Equal(once(n)))
	})
})

// spawn starts the service as a process of its own.
func spawn(binary string, cluster *kfake.Cluster) *exec.Cmd {
	GinkgoHelper()
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), "BROKERS="+strings.Join(cluster.ListenAddrs(), ","), "INSTANCE_ID=1", "GATHER=10ms")
	cmd.Stdout, cmd.Stderr = GinkgoWriter, GinkgoWriter
	Expect(cmd.Start()).To(Succeed())
	DeferCleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return cmd
}

// ends is the number of records, of markers too, that a topic holds.
func ends(cluster *kfake.Cluster, topic string) (n int64) {
	for _, p := range cluster.PartitionInfos(topic) {
		n += p.HighWatermark
	}
	return n
}
