package main

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

var _ = Describe("payment-service, killed without warning", func() {
	It("settles every order once", func() {
		const n, kills = 40_000, 12
		binary := build()
		cluster := broker()
		cfg := settings(cluster, nil)
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 0))

		// One in a hundred cannot be read, two in a hundred come twice: near
		// the first, and up to 2,000 records later.
		all := orders(n)
		sent := make([]*kgo.Record, 0, n+n/20)
		poison := map[string]int{}
		for i, r := range all {
			if random.Float64() < 0.01 {
				r.Value = r.Value[:len(r.Value)/2]
				poison[header(r, "ce_id")] = 1
			}
			sent = append(sent, r)
			if random.Float64() < 0.02 {
				sent = append(sent, copies(all[max(0, i-random.IntN(2000)):][:1])...)
			}
		}
		// Every other kill comes in the middle of a transaction, the others
		// soon after a commit.
		cl := client(cluster)
		share := len(sent) / kills
		service := spawn(binary, cluster)
		for kill := range kills {
			before, done := ends(cluster, cfg.paymentTopic), commits(cl, cfg)
			publish(cl, sent[kill*share:(kill+1)*share]...)
			more := random.Int64N(int64(share) / 2)
			Eventually(func(g Gomega) {
				g.Expect(ends(cluster, cfg.paymentTopic)).To(BeNumerically(">", before+more))
				if kill%2 == 1 {
					g.Expect(commits(cl, cfg)).To(BeNumerically(">", done))
				}
			}).WithTimeout(30*time.Second).WithPolling(time.Millisecond).Should(Succeed(), "before kill %d", kill+1)
			Expect(service.Process.Kill()).To(Succeed())
			_ = service.Wait() // it was killed, and says so
			service = spawn(binary, cluster)
		}
		publish(cl, sent[kills*share:]...)
		drained(cluster, cfg)

		payments := committed(cluster, cfg.paymentTopic)
		want := once(n)
		maps.DeleteFunc(want, func(id string, _ int) bool { return poison[id] == 1 })
		Expect(times(payments, "causation_id")).To(Equal(want))
		Expect(times(committed(cluster, cfg.dlqTopic), "ce_id")).To(Equal(poison))
		AddReportEntry("payments and markers in the log", ends(cluster, cfg.paymentTopic))
		AddReportEntry("payments committed", len(payments))
	})

	It("keeps up from a cold start, at the rate that it reports", func() {
		const n = 50_000
		binary := build()
		cluster := broker()
		cfg := settings(cluster, nil)
		publish(client(cluster), orders(n)...)
		begin := time.Now()
		spawn(binary, cluster)
		drained(cluster, cfg)
		took := time.Since(begin)
		AddReportEntry("orders/s on the in-process broker", int(n/took.Seconds()))
		Expect(times(committed(cluster, cfg.paymentTopic), "causation_id")).To(Equal(once(n)))
	})
})

// build compiles the service as a user would run it.
func build() string {
	GinkgoHelper()
	binary := filepath.Join(GinkgoT().TempDir(), "payment-service")
	out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(out))
	return binary
}

// spawn starts the service as a process of its own.
func spawn(binary string, cluster *kfake.Cluster) *exec.Cmd {
	GinkgoHelper()
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(),
		"BROKERS="+strings.Join(cluster.ListenAddrs(), ","),
		"INSTANCE_ID=1", "PAYMENT_FAIL_SHARE=0.002", "RETRY_BACKOFF=20ms")
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

// commits is how many records of the order topic the group has committed.
func commits(cl *kgo.Client, cfg config) (n int64) {
	GinkgoHelper()
	offsets, err := kadm.NewClient(cl).FetchOffsets(context.Background(), cfg.group)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return 0 // the service has not joined yet
	}
	Expect(err).NotTo(HaveOccurred())
	for _, o := range offsets[cfg.orderTopic] {
		n += o.At
	}
	return n
}

// ends is the number of records, of markers too, that a topic holds.
func ends(cluster *kfake.Cluster, topic string) (n int64) {
	for _, p := range cluster.PartitionInfos(topic) {
		n += p.HighWatermark
	}
	return n
}
