package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"

	"github.com/flowweir/weir/loadgen/kafka"
)

// What kafka-producer-perf-test.sh and kafka-run-class.sh tell the runtime.
const javaOptions = "-Xmx512M -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 " +
	"-XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true"

// sent are the tool's last two lines.
var sent = regexp.MustCompile(`\n[0-9]+ records sent, ([0-9.]+) records/sec.*\n[0-9]+ steady state records sent, ([0-9.]+) records/sec`)

// producerPerformance returns what Kafka's tool prints.
func producerPerformance(ctx context.Context, bootstrap, image, topic string, l load) (rates, error) {
	run := "exec java " + javaOptions + ` -cp "/opt/kafka/libs/*" org.apache.kafka.tools.ProducerPerformance "$@"`
	cmd := exec.CommandContext(ctx, "docker", "run", "--rm", "--network", "host", "--entrypoint", "sh", image, "-c", run, "sh",
		"--topic", topic, "--num-records", strconv.Itoa(l.records), "--record-size", strconv.Itoa(l.size),
		"--throughput", "-1", "--warmup-records", strconv.Itoa(l.records/warmup), "--command-property",
		"bootstrap.servers="+bootstrap, "acks="+acks(l), fmt.Sprintf("enable.idempotence=%t", l.acks == kafka.AcksAll),
		fmt.Sprintf("batch.size=%d", batchBytes), fmt.Sprintf("linger.ms=%d", linger.Milliseconds()), "compression.type="+l.compression,
		fmt.Sprintf("buffer.memory=%d", bufferBytes))
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return rates{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	if err != nil {
		return rates{}, err
	}
	found := sent.FindSubmatch(out)
	if found == nil {
		return rates{}, fmt.Errorf("it printed no rates:\n%s", out)
	}
	whole, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return rates{}, err
	}
	warm, err := strconv.ParseFloat(string(found[2]), 64)
	return rates{whole, warm}, err
}

func acks(l load) string {
	if l.acks == kafka.AcksAll {
		return "all"
	}
	return "1"
}
