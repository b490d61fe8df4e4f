package proxy_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/harness/cluster"
	"github.com/flowweir/weir/harness/embedded"
)

// Clients of others are kept behind the proxy too, through a rebalance and a
// failover. They are not part of the repository: make proof needs them.

// program is a client of others that runs.
type program struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser

	mu    sync.Mutex
	lines []string
	ended chan struct{}
}

func startProgram(ctx context.Context, name string, args ...string) *program {
	GinkgoHelper()
	p := &program{cmd: exec.CommandContext(ctx, name, args...), ended: make(chan struct{})}
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	Expect(err).NotTo(HaveOccurred())
	out, err := p.cmd.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	p.cmd.Stderr = p.cmd.Stdout
	Expect(p.cmd.Start()).To(Succeed())
	go func() {
		defer close(p.ended)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			p.mu.Lock()
			p.lines = append(p.lines, scanner.Text())
			p.mu.Unlock()
		}
		_ = p.cmd.Wait()
	}()
	DeferCleanup(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	})
	return p
}

// count is how many lines contain a text.
func (p *program) count(text string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, line := range p.lines {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

func (p *program) all() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lines)
}

// peers are the ports of 127.0.0.1 to which a process is connected.
func (p *program) peers() (ports []string) {
	inodes := map[string]bool{}
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.cmd.Process.Pid))
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:[") {
			inodes[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
		}
	}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) < 10 || !inodes[f[9]] {
				continue
			}
			_, port, _ := strings.Cut(f[2], ":")
			if b, err := hex.DecodeString(port); err == nil && len(b) == 2 {
				ports = append(ports, strconv.Itoa(int(binary.BigEndian.Uint16(b))))
			}
		}
	}
	return ports
}

// watched looks all the time whether a program is connected to a broker itself.
type watched struct {
	brokers  map[string]bool
	mu       sync.Mutex
	programs []*program
	seen     int
	direct   []string
}

func watch(ctx context.Context, c *embedded.Cluster) *watched {
	w := &watched{brokers: map[string]bool{}}
	for _, address := range c.Bootstrap() {
		_, port, _ := net.SplitHostPort(address)
		w.brokers[port] = true
	}
	go func() {
		for ctx.Err() == nil {
			w.mu.Lock()
			for _, p := range w.programs {
				for _, port := range p.peers() {
					if port != "0" {
						w.seen++
					}
					if w.brokers[port] {
						w.direct = append(w.direct, port)
					}
				}
			}
			w.mu.Unlock()
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return w
}

func (w *watched) add(p *program) *program {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.programs = append(w.programs, p)
	return p
}

// judge fails where a program went past the proxy, or was never seen at all.
func (w *watched) judge() {
	GinkgoHelper()
	w.mu.Lock()
	defer w.mu.Unlock()
	Expect(w.direct).To(BeEmpty(), "connections past the proxy")
	Expect(w.seen).To(BeNumerically(">", 0), "no connection was seen")
}

// failover kills each broker in turn for longer than its session.
func failover(ctx context.Context, c *embedded.Cluster) {
	GinkgoHelper()
	for _, node := range c.Nodes() {
		Expect(c.Kill(ctx, node)).To(Succeed())
		time.Sleep(1500 * time.Millisecond)
		Expect(c.Start(ctx, node)).To(Succeed())
		time.Sleep(500 * time.Millisecond)
	}
}

// notices fails where a program that is connected to brokers is not seen.
func (w *watched) notices() {
	GinkgoHelper()
	Eventually(func() []string {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.direct
	}, 60*time.Second).ShouldNot(BeEmpty())
}

func behindProxy(ctx context.Context) (*embedded.Cluster, *proxy.Proxy, string) {
	GinkgoHelper()
	c, p := start(ctx, cluster.Spec{Config: map[string]string{"broker.session.timeout.ms": "600"}})
	d := door(p, "")
	createTopic(ctx, client(d, "admin"), "t", 6)
	return c, p, strings.Join(d.Bootstrap(), ",")
}

var _ = proof("clients of others behind a proxy", func() {
	It("keeps Kafka's Java clients there", func(ctx SpecContext) {
		jars := os.Getenv("WEIR_KAFKA_JARS") // such as /opt/kafka/libs
		java, err := exec.LookPath("java")
		if jars == "" || err != nil {
			Fail("needs java, and Kafka's jars in the directory WEIR_KAFKA_JARS")
		}
		c, p, bootstrap := behindProxy(ctx)
		w := watch(ctx, c)
		run := func(class string, args ...string) *program {
			return w.add(startProgram(ctx, java, append([]string{"-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(jars, "*"),
				"org.apache.kafka.tools." + class, "--bootstrap-server", bootstrap, "--topic", "t"}, args...)...))
		}
		const records = 4000
		consumer := []string{"--group-id", "g", "--reset-policy", "earliest", "--session-timeout", "6000", "--verbose"}
		first := run("VerifiableConsumer", consumer...)
		Eventually(first.count, 60*time.Second).WithArguments(`"partitions_assigned"`).Should(BeNumerically(">=", 1))
		producer := run("VerifiableProducer", "--max-messages", strconv.Itoa(records), "--throughput", "200")
		second := run("VerifiableConsumer", consumer...)
		Eventually(second.count, 60*time.Second).WithArguments(`"partitions_assigned"`).Should(BeNumerically(">=", 1))
		Expect(first.count(`"partitions_revoked"`)).To(BeNumerically(">=", 1), "a rebalance")
		failover(ctx, c)
		Eventually(producer.ended, 60*time.Second).Should(BeClosed())
		// It does not try again: what a dying broker did not answer is an error.
		Expect(producer.count(`"producer_send_success"`) + producer.count(`"producer_send_error"`)).To(Equal(records))
		Expect(producer.count(`"producer_send_success"`)).To(BeNumerically(">", records/2))
		acked := values(`"producer_send_success"`, producer)
		Eventually(func() []string { return missing(acked, values(`"record_data"`, first, second)) }, 60*time.Second).Should(BeEmpty())
		w.judge()
		bootstrap = strings.Join(c.Bootstrap(), ",")
		run("VerifiableConsumer", consumer...)
		w.notices()
		Expect(p.Stats().Refused).To(BeEmpty())
	}, SpecTimeout(4*time.Minute))

	It("keeps librdkafka's clients there", func(ctx SpecContext) {
		kcat, err := exec.LookPath("kcat")
		if err != nil {
			Fail("needs kcat")
		}
		c, p, bootstrap := behindProxy(ctx)
		w := watch(ctx, c)
		group := []string{"-b", bootstrap, "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000", "-E", "-u", "-G", "g", "t"}
		first := w.add(startProgram(ctx, kcat, group...))
		producer := w.add(startProgram(ctx, kcat, "-E", "-P", "-b", bootstrap, "-t", "t", "-X", "enable.idempotence=true"))
		send := func(from, n int) {
			for i := range n {
				_, err := fmt.Fprintf(producer.stdin, "%d\n", from+i)
				Expect(err).NotTo(HaveOccurred(), "%q", producer.all())
			}
		}
		send(0, 1000)
		Eventually(func() int { return len(numbers(first)) }, 60*time.Second).Should(BeNumerically(">", 0))
		second := w.add(startProgram(ctx, kcat, group...))
		send(1000, 1000)
		Eventually(second.count, 60*time.Second).WithArguments("assigned: ").Should(BeNumerically(">=", 1), "a rebalance")
		failover(ctx, c)
		send(2000, 1000)
		Expect(producer.stdin.Close()).To(Succeed())
		Eventually(producer.ended, 60*time.Second).Should(BeClosed())
		Expect(producer.cmd.ProcessState.ExitCode()).To(BeZero())
		Eventually(func() int { return len(numbers(first, second)) }, 60*time.Second).Should(Equal(3000))
		w.judge()
		w.add(startProgram(ctx, kcat, "-C", "-b", strings.Join(c.Bootstrap(), ","), "-t", "t"))
		w.notices()
		Expect(p.Stats().Refused).To(BeEmpty())
	}, SpecTimeout(4*time.Minute))
})

// values are the different values that Java programs told of, in lines with a
// text.
func values(text string, programs ...*program) map[string]bool {
	got := map[string]bool{}
	for _, p := range programs {
		for _, line := range p.all() {
			if strings.Contains(line, text) {
				_, rest, _ := strings.Cut(line, `"value":"`)
				value, _, _ := strings.Cut(rest, `"`)
				got[value] = true
			}
		}
	}
	return got
}

func missing(want, got map[string]bool) (names []string) {
	for value := range want {
		if !got[value] {
			names = append(names, value)
		}
	}
	return names
}

// numbers are the different numbers that programs printed, one a line.
func numbers(programs ...*program) map[string]bool {
	got := map[string]bool{}
	for _, p := range programs {
		for _, line := range p.all() {
			if _, err := strconv.Atoi(line); err == nil {
				got[line] = true
			}
		}
	}
	return got
}
