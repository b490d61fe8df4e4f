package docker

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/flowweir/weir/harness/cluster"
)

// childEnv makes the test binary start a cluster of one broker, whose run is
// named by childRunEnv. The mode "hold" then waits to be killed, "close"
// closes it.
const (
	childEnv    = "WEIR_TEST_CHILD"
	childRunEnv = "WEIR_TEST_CHILD_RUN"
)

func child(mode string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	c, err := Provider().Start(ctx, cluster.Spec{Brokers: 1, RunID: os.Getenv(childRunEnv)})
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("ready", strings.Join(c.Bootstrap(), ","))
	if mode == "hold" {
		select {}
	}
	if err := c.Close(ctx); err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("closed")
	return 0
}

func runsOf(all []Leftover, runID string) []Leftover {
	return slices.DeleteFunc(slices.Clone(all), func(l Leftover) bool { return l.RunID != runID })
}

var _ = Describe("What a run leaves behind", func() {
	It("is removed by the next start when its process was killed, and nothing else is", func(ctx context.Context) {
		e, err := connect(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(e.Close)
		elsewhere := runOwner("foreign-run", "0123456789abcdef")
		_, err = e.NetworkCreate(ctx, elsewhere.name("svc"), client.NetworkCreateOptions{Labels: elsewhere.with(roleNetwork)})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx context.Context) { Expect(e.removeAll(ctx, elsewhere)).To(Succeed()) })

		process := exec.Command(os.Args[0])
		process.Env = append(os.Environ(), childEnv+"=hold", childRunEnv+"=killed-run")
		out, err := process.StdoutPipe()
		Expect(err).NotTo(HaveOccurred())
		Expect(process.Start()).To(Succeed())
		DeferCleanup(func() {
			_ = process.Process.Kill()
			_ = process.Wait()
		})
		line, err := bufio.NewReader(out).ReadString('\n')
		Expect(err).NotTo(HaveOccurred())
		Expect(line).To(HavePrefix("ready 127.0.0.1:"))

		By("sweeping while it lives")
		removed, foreign, err := Sweep(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(removed).To(BeEmpty())
		Expect(runsOf(foreign, "foreign-run")).To(HaveLen(1))

		By("sweeping after SIGKILL")
		Expect(process.Process.Kill()).To(Succeed())
		_ = process.Wait()
		all, err := List(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(runsOf(all, "killed-run")).To(HaveExactElements(HaveField("State", Dead)))
		Expect(runsOf(all, sharedRun)).To(HaveExactElements(HaveField("State", Live)))
		Expect(runsOf(all, "foreign-run")).To(HaveExactElements(HaveField("State", Foreign)))

		removed, foreign, err = Sweep(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(removed).To(HaveExactElements(And(
			HaveField("RunID", "killed-run"),
			HaveField("Containers", []string{"weir-killed-run-broker-0"}),
			HaveField("Networks", []string{"weir-killed-run-ctl", "weir-killed-run-repl", "weir-killed-run-svc"}),
			HaveField("Volumes", []string{"weir-killed-run-broker-0-data"}),
		)))
		Expect(runsOf(foreign, "foreign-run")).To(HaveLen(1))
		all, err = List(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(runsOf(all, "killed-run")).To(BeEmpty())
		Expect(runsOf(all, sharedRun)).To(HaveLen(1))
	}, NodeTimeout(5*time.Minute))
})

// The engine's loopback interface is not that of a process in a container:
// ports must be published on, and brokers advertise, another address.
var _ = Describe("A process in a container that has the engine's socket", func() {
	It("starts a cluster and reaches it", func(ctx context.Context) {
		binary := filepath.Join(GinkgoT().TempDir(), "docker.test")
		build := exec.CommandContext(ctx, "go", "test", "-c", "-o", binary, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		text, err := build.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(text))

		e, err := connect(ctx)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(e.Close)
		config := &container.Config{
			Image: shared.image, User: "0:0", Entrypoint: []string{"/docker.test"},
			Env:    []string{childEnv + "=close", childRunEnv + "=inner-run", "XDG_STATE_HOME=/tmp", ImageEnv + "=" + shared.image},
			Labels: shared.own.with(roleHelper),
		}
		host := &container.HostConfig{}
		if socket, ok := strings.CutPrefix(e.DaemonHost(), "unix://"); ok {
			host.Binds = []string{socket + ":/var/run/docker.sock"}
		} else {
			config.Env = append(config.Env, "DOCKER_HOST="+e.DaemonHost())
			host.NetworkMode = network.NetworkHost
		}
		created, err := e.ContainerCreate(ctx, client.ContainerCreateOptions{Config: config, HostConfig: host})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func(ctx context.Context) { Expect(e.removeContainer(ctx, created.ID)).To(Succeed()) })
		Expect(copyFile(ctx, e, created.ID, binary)).To(Succeed())
		_, err = e.ContainerStart(ctx, created.ID, client.ContainerStartOptions{})
		Expect(err).NotTo(HaveOccurred())
		Expect(e.waitEnded(ctx, created.ID)).To(Succeed())
		said := e.tail(ctx, created.ID)
		GinkgoWriter.Println(said)
		Expect(said).To(MatchRegexp(`^ready [0-9.a-z-]+:\d+\nclosed$`))
		Expect(said).NotTo(ContainSubstring("ready 127.0.0.1:"))
		all, err := List(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(runsOf(all, "inner-run")).To(BeEmpty())
	}, NodeTimeout(8*time.Minute))
})
