package docker

import (
	"context"
	"fmt"
	"os"

	"github.com/moby/moby/client"

	"github.com/flowweir/weir/harness/cluster"
)

// JVMOptionsEnv gives the options of the brokers' JVMs in place of those that
// Weir chooses; the heap is not among them. Kafka's start scripts call it
// KAFKA_JVM_PERFORMANCE_OPTS. The value "default" leaves the choice to the
// image.
const JVMOptionsEnv = "WEIR_KAFKA_JVM_OPTIONS"

// frugal are the options for an engine with few cores. The optimizing compiler
// and the threads of the parallel collector take the cores from the brokers
// for the first minutes: on 2 cores three brokers acknowledged 300 records a
// second after 109 ms in the median with Kafka's own options, and after 16 ms
// with these.
const frugal = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

// coresPerBroker is from where on the JVM's own choice is the better one.
const coresPerBroker = 2

// jvm is how the brokers' JVMs are told to run.
type jvm struct {
	// options are for KAFKA_JVM_PERFORMANCE_OPTS; "" leaves them to the image.
	options string
	// note says so in the report; "" where nothing was changed.
	note string
}

// chooseJVM decides from the engine's cores, unless JVMOptionsEnv does.
func (e *engine) chooseJVM(ctx context.Context, brokers int) (jvm, error) {
	if given := os.Getenv(JVMOptionsEnv); given != "" {
		return namedJVM(given), nil
	}
	info, err := e.Info(ctx, client.InfoOptions{})
	if err != nil {
		return jvm{}, fmt.Errorf("%w: ask the engine for its cores: %w", cluster.ErrUnavailable, err)
	}
	return jvmFor(info.Info.NCPU, brokers), nil
}

func namedJVM(options string) jvm {
	if options == "default" {
		return jvm{}
	}
	return jvm{options, fmt.Sprintf("The brokers' JVMs run with %s, from %s.", options, JVMOptionsEnv)}
}

func jvmFor(cores, brokers int) jvm {
	if cores >= coresPerBroker*brokers {
		return jvm{}
	}
	return jvm{frugal, fmt.Sprintf("The brokers' JVMs run with %s, because %d brokers share %d cores: no capacity for larger machines follows from this run (%s changes it).",
		frugal, brokers, cores, JVMOptionsEnv)}
}

// environment is what the image's start scripts read.
func (j jvm) environment() []string {
	if j.options == "" {
		return nil
	}
	return []string{"KAFKA_JVM_PERFORMANCE_OPTS=" + j.options}
}
