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
	"github.com/flowweir/weir/harness/embedded"
	"github.com/flowweir/weir/harness/scenario"
	"github.com/flowweir/weir/harness/service"
)

// childEnv makes the test binary start a cluster of one broker, whose run is
// named by childRunEnv. The mode "hold" then waits to be killed, "close"
// closes it. In the mode "service" it runs a container of a service alone.
const (
	childEnv    = "WEIR_TEST_CHILD"
	childRunEnv = "WEIR_TEST_CHILD_RUN"
)

func child(mode string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if mode == "service" {
		return childService(ctx)
	}
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

// childService runs a service beside a cluster that is no docker cluster, and
// waits to be killed.
func childService(ctx context.Context) int {
	_, err := Containers().Run(ctx, service.Container{
		Name: "sleeper", Image: os.Getenv(ImageEnv), Network: hostNetwork, Args: []string{"sleep", "600"}, Labels: map[string]string{labelRun: os.Getenv(childRunEnv)},
	})
	if err != nil {
		fmt.Println("failed:", err)
		return 1
	}
	fmt.Println("ready")
	select {}
}

// bear starts a child, which the end of the spec kills, and waits until it has
// said that it is ready.
func bear(mode, runID, ready string) *exec.Cmd {
	GinkgoHelper()
	process := exec.Command(os.Args[0])
	process.Env = append(os.Environ(), childEnv+"="+mode, childRunEnv+"="+runID, ImageEnv+"="+shared.image)
	out, err := process.StdoutPipe()
	Expect(err).NotTo(HaveOccurred())
	Expect(process.Start()).To(Succeed())
	DeferCleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	Expect(err).NotTo(HaveOccurred())
	Expect(line).To(HavePrefix(ready))
	return process
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

		process := bear("hold", "killed-run", "ready 127.0.0.1:")

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

var _ = Describe("What a run beside an embedded cluster leaves behind in containers", func() {
	It("is removed by the next start, which needs no engine itself", func(ctx context.Context) {
		process := bear("service", "killed-service", "ready\n")

		s, findings := scenario.Parse("s.yaml", []byte("weir: scenario/v1\nname: next\nload: [{topic: t, payload: {size: 100}, profile: [{hold: 100/s, for: 1s}]}]\n"))
		Expect(findings).To(BeEmpty())
		next := func() string {
			var log output
			_, err := scenario.Run(ctx, s, scenario.With(embedded.Provider(), Provider()), scenario.Log(&log), scenario.Dir(filepath.Join(GinkgoT().TempDir(), "run")))
			Expect(err).NotTo(HaveOccurred())
			return log.String()
		}

		By("starting while it lives")
		Expect(next()).NotTo(ContainSubstring("left behind"))
		Expect(leftOf(ctx, "killed-service")).To(HaveLen(1))

		By("starting after SIGKILL")
		Expect(process.Process.Kill()).To(Succeed())
		_ = process.Wait()
		Expect(next()).To(ContainSubstring("docker: removed what run killed-service left behind: containers 1, networks 0, volumes 0\n"))
		Expect(leftOf(ctx, "killed-service")).To(BeEmpty())
		Expect(leftOf(ctx, sharedRun)).NotTo(BeEmpty())
		Expect(next()).NotTo(ContainSubstring("docker:"))
	}, NodeTimeout(2*time.Minute))
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
