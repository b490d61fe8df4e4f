package docker

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/moby/moby/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/internal/port"
	"github.com/flowweir/weir/harness/service"
)

// copyFile puts an executable at the root of a container.
func copyFile(ctx context.Context, e *engine, id, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := w.WriteHeader(&tar.Header{Name: "docker.test", Mode: 0o755, Size: int64(len(content))}); err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err = e.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: "/", Content: &archive})
	return err
}

// output is what a container wrote.
type output struct {
	mu sync.Mutex
	bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Buffer.String()
}

// The broker's image has a shell; it serves as a service's image too.
var _ = Describe("A service in a container", func() {
	run := func(ctx context.Context, network, script string, env map[string]string) (service.Runner, *output) {
		GinkgoHelper()
		out := &output{}
		r, err := Containers().Run(ctx, service.Container{
			Name: "svc", Image: shared.image, Args: []string{"sh", "-c", script}, Env: env, Network: network, Log: out,
		})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx context.Context) {
			Expect(r.Kill(ctx)).To(Succeed())
			Eventually(r.Done()).WithTimeout(time.Minute).Should(BeClosed())
		})
		return r, out
	}

	It("reaches the brokers on the cluster's network, ends by itself, and is removed with its log complete", func(ctx context.Context) {
		addresses, network, err := shared.ContainerBootstrap()
		Expect(err).NotTo(HaveOccurred())
		r, out := run(ctx, network, `for b in $BROKERS; do nc -w 5 ${b%:*} ${b#*:} </dev/null && echo "reached $b"; done; echo bye >&2; exit 3`,
			map[string]string{"BROKERS": addresses[0] + " " + addresses[1] + " " + addresses[2]})
		Eventually(r.Done()).WithContext(ctx).Should(BeClosed())
		Expect(r.Exit()).To(Equal(service.Exit{Code: 3, Reason: "exit status 3"}))
		// Engines keep the order within a stream, not between the two.
		Expect(strings.Fields(out.String())).To(ConsistOf("reached", "broker-0:9093", "reached", "broker-1:9093", "reached", "broker-2:9093", "bye"))
		Expect(serviceContainers(ctx)).To(BeEmpty())
		Expect(r.Kill(ctx)).To(Succeed(), "a container that is gone")
	}, NodeTimeout(time.Minute))

	It("is killed, and is asked to end", func(ctx context.Context) {
		_, network, err := shared.ContainerBootstrap()
		Expect(err).NotTo(HaveOccurred())
		killed, out := run(ctx, network, "echo up; sleep 1000 & wait", nil)
		Eventually(out.String).WithTimeout(time.Minute).Should(Equal("up\n"))
		Expect(killed.Kill(ctx)).To(Succeed())
		Eventually(killed.Done()).WithContext(ctx).Should(BeClosed())
		Expect(killed.Exit()).To(Equal(service.Exit{Code: -1, Reason: "signal: killed"}))

		asked, out := run(ctx, network, "trap 'echo orderly; exit 0' TERM; echo up; while :; do sleep 0.1; done", nil)
		Eventually(out.String).WithTimeout(time.Minute).Should(Equal("up\n"))
		Expect(asked.Terminate(ctx)).To(Succeed())
		Eventually(asked.Done()).WithContext(ctx).Should(BeClosed())
		Expect(asked.Exit()).To(Equal(service.Exit{Reason: "exit status 0"}))
		Expect(out.String()).To(Equal("up\norderly\n"))
	}, NodeTimeout(2*time.Minute))

	It("runs on the host's network, as a run of its own", func(ctx context.Context) {
		r, out := run(ctx, hostNetwork, "nc -w 5 $HOST </dev/null && echo reached; sleep 1000",
			map[string]string{"HOST": spaced(shared.Bootstrap()[0])})
		Eventually(out.String).WithTimeout(time.Minute).Should(Equal("reached\n"))
		removed, _, err := Sweep(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(removed).To(BeEmpty(), "it lives")
		Expect(r.Kill(ctx)).To(Succeed())
		Eventually(r.Done()).WithContext(ctx).Should(BeClosed())
	}, NodeTimeout(time.Minute))

	It("listens on a published port", func(ctx context.Context) {
		reserved, err := port.Reserve()
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(reserved.Release)
		number := reserved.Number()
		_, network, err := shared.ContainerBootstrap()
		Expect(err).NotTo(HaveOccurred())
		r, err := Containers().Run(ctx, service.Container{
			Name: "listener", Image: shared.image, Network: network, Port: number,
			Args: []string{"sh", "-c", fmt.Sprintf("while :; do echo hello | nc -l -p %d; done", number)},
		})
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() (string, error) {
			conn, err := net.Dial("tcp", strings.Split(shared.Bootstrap()[0], ":")[0]+fmt.Sprintf(":%d", number))
			if err != nil {
				return "", err
			}
			defer func() { _ = conn.Close() }()
			return bufio.NewReader(conn).ReadString('\n')
		}).WithTimeout(time.Minute).WithPolling(100 * time.Millisecond).Should(Equal("hello\n"))
		Expect(r.Kill(ctx)).To(Succeed())
		Eventually(r.Done()).WithContext(ctx).Should(BeClosed())
	}, NodeTimeout(2*time.Minute))

	It("answers when it cannot be started", func(ctx context.Context) {
		_, network, err := shared.ContainerBootstrap()
		Expect(err).NotTo(HaveOccurred())
		_, err = Containers().Run(ctx, service.Container{Name: "svc", Image: shared.image, Args: []string{"/no/such/program"}, Network: network})
		Expect(err).To(MatchError(And(ContainSubstring("service svc: start container"), ContainSubstring("/no/such/program"))))
		Expect(serviceContainers(ctx)).To(BeEmpty())
		_, err = Containers().Run(ctx, service.Container{Name: "svc", Image: shared.image, Network: "no-such-network"})
		Expect(err).To(MatchError(ContainSubstring("no-such-network")))
	}, NodeTimeout(time.Minute))
})

// spaced writes host:port as nc wants it.
func spaced(address string) string {
	return strings.Replace(address, ":", " ", 1)
}

func serviceContainers(ctx context.Context) []string {
	GinkgoHelper()
	filters := shared.own.filters().Add("label", labelRole+"="+roleService)
	list, err := shared.engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	Expect(err).NotTo(HaveOccurred())
	var names []string
	for _, c := range list.Items {
		names = append(names, c.Names[0])
	}
	return names
}
