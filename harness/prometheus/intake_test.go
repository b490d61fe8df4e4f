package prometheus

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/flowweir/weir/reports/run"
)

var begin = time.Unix(1_000_000, 0)

func at(seconds float64) time.Time {
	return begin.Add(time.Duration(seconds * float64(time.Second)))
}

func of(metric, broker string, seconds, value float64, labels ...string) sample {
	s := sample{metric: metric, broker: broker, at: at(seconds), value: value, labels: map[string]string{}}
	for i := 0; i < len(labels); i += 2 {
		s.labels[labels[i]] = labels[i+1]
	}
	return s
}

func said(values []run.BrokerSample) []string {
	var all []string
	for _, v := range values {
		all = append(all, fmt.Sprintf("%s %s %s %g", v.At, v.Series, v.Broker, v.Value))
	}
	return all
}

// TestIntake: several labels of a broker are one value, counters are what they
// grow by, and nothing comes twice.
func TestIntake(t *testing.T) {
	own, err := ParseSelector(`node_filesystem_avail_bytes{mountpoint="/data"}`)
	if err != nil {
		t.Fatal(err)
	}
	in := newIntake(With(Defaults(), map[string]Selector{"disk-free": own}), begin)
	const idle, cpu, disk, free = "kafka_network_socketserver_networkprocessoravgidle_percent", "process_cpu_seconds_total", "node_disk_io_time_seconds_total", "node_filesystem_avail_bytes"
	first := []sample{
		of(cpu, "b1", -5, 100), of(cpu, "b1", 0, 102.5), of(cpu, "b2", 0, 7),
		of(idle, "b1", 0, 0.9, "listener", "A"), of(idle, "b1", 0, 0.6, "listener", "B"),
		of(free, "b1", 0, 50, "mountpoint", "/data"), of(free, "b1", 0, 5, "mountpoint", "/"),
		of("unrelated", "b1", 0, 1),
	}
	if got, want := said(in.take(first)), []string{
		"0s network-processor-idle b1 0.6", "0s cpu b1 0.5", "0s disk-free b1 50",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("first: %q, want %q", got, want)
	}
	second := append(slices.Clone(first), // as a window that reaches back has them again
		of(cpu, "b1", 10, 103.5), of(cpu, "b2", 10, 2), of(cpu, "b2", 20, 3), // b2 began anew
		of(disk, "b1", 0, 1, "device", "sda"), of(disk, "b1", 0, 2, "device", "sdb"),
		of(disk, "b1", 10, 3, "device", "sda"), of(disk, "b1", 10, 10, "device", "sdb"),
		of(idle, "b1", 10, math.NaN(), "listener", "A"), of(idle, "b1", 10, 0.4, "listener", "B"),
	)
	if got, want := said(in.take(second)), []string{
		"10s network-processor-idle b1 0.4", "10s disk-busy b1 0.8", "10s cpu b1 0.1", "20s cpu b2 0.1",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("second: %q, want %q", got, want)
	}
	if again := in.take(second); again != nil {
		t.Errorf("again: %q", said(again))
	}
	series, absent := in.results()
	want := []run.BrokerSeries{
		{Series: NetworkProcessorIdle, Unit: run.UnitShare, Broker: "b1", Samples: 2, Min: 0.4, Mean: 0.5, Max: 0.6, Last: 0.4},
		{Series: DiskBusy, Unit: run.UnitShare, Broker: "b1", Samples: 1, Min: 0.8, Mean: 0.8, Max: 0.8, Last: 0.8},
		{Series: CPU, Unit: run.UnitCores, Broker: "b1", Samples: 2, Min: 0.1, Mean: 0.3, Max: 0.5, Last: 0.1},
		{Series: CPU, Unit: run.UnitCores, Broker: "b2", Samples: 1, Min: 0.1, Mean: 0.1, Max: 0.1, Last: 0.1},
		{Series: "disk-free", Broker: "b1", Samples: 1, Min: 50, Mean: 50, Max: 50, Last: 50},
	}
	if !reflect.DeepEqual(series, want) {
		t.Errorf("series\n%+v, want\n%+v", series, want)
	}
	if want := []string{RequestHandlerIdle, UnderReplicatedPartitions}; !reflect.DeepEqual(absent, want) {
		t.Errorf("absent %q, want %q", absent, want)
	}
}

// TestBeforeTheLoad: what was measured before it is kept, and in no figure.
func TestBeforeTheLoad(t *testing.T) {
	in := newIntake(Defaults(), begin)
	const metric = "kafka_server_replicamanager_underreplicatedpartitions"
	if got, want := said(in.take([]sample{of(metric, "b", -3, 9), of(metric, "b", 1, 0)})), []string{
		"-3s under-replicated-partitions b 9", "1s under-replicated-partitions b 0",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if series, _ := in.results(); len(series) != 1 || series[0].Samples != 1 || series[0].Max != 0 {
		t.Errorf("%+v", series)
	}
}

// TestFirstSelectorWins: a series has one of its metrics for the whole run.
func TestFirstSelectorWins(t *testing.T) {
	in := newIntake(Defaults(), begin)
	raw := of("kafka_server_ReplicaManager_Value", "b", 1, 4, "name", "UnderReplicatedPartitions")
	if got := said(in.take([]sample{raw})); !reflect.DeepEqual(got, []string{"1s under-replicated-partitions b 4"}) {
		t.Errorf("%q", got)
	}
	ruled := of("kafka_server_replicamanager_underreplicatedpartitions", "b", 2, 5)
	if got := said(in.take([]sample{ruled})); got != nil {
		t.Errorf("another metric joins in: %q", got)
	}
}

func TestIntakeIsBounded(t *testing.T) {
	in := newIntake(Defaults(), begin)
	const metric = "kafka_server_replicamanager_underreplicatedpartitions"
	var samples []sample
	for i := range maxKept + 10 {
		samples = append(samples, of(metric, fmt.Sprint(i), 1, 1))
	}
	if got := len(in.take(samples)); got != maxKept || in.dropped != 10 {
		t.Errorf("%d values, %d dropped", got, in.dropped)
	}
	in.taken = MaxSamples - 1
	if got := len(in.take([]sample{of(metric, "1", 2, 1), of(metric, "2", 2, 1)})); got != 1 || in.dropped != 11 {
		t.Errorf("%d values, %d dropped", got, in.dropped)
	}
	for i := range maxTracked {
		in.last[fmt.Sprint(i)] = point{}
	}
	if got := in.take([]sample{of(metric, "new", 3, 1)}); got != nil || in.dropped != 12 {
		t.Errorf("%q, %d dropped", said(got), in.dropped)
	}
}

// TestWith: a series of one's own stands beside the defaults, or in the place
// of one.
func TestWith(t *testing.T) {
	own := map[string]Selector{}
	for name, text := range map[string]string{CPU: "java_lang_cpu", "bytes-in": "kafka_bytes_in_total"} {
		s, err := ParseSelector(text)
		if err != nil {
			t.Fatal(err)
		}
		own[name] = s
	}
	all := With(Defaults(), own)
	var names []string
	for _, s := range all {
		names = append(names, s.Name+" "+s.Of[0].Metric+" "+s.Unit)
	}
	want := []string{
		"request-handler-idle kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent share",
		"network-processor-idle kafka_network_socketserver_networkprocessoravgidle_percent share",
		"under-replicated-partitions kafka_server_replicamanager_underreplicatedpartitions ",
		"disk-busy node_disk_io_time_seconds_total share",
		"cpu java_lang_cpu cores",
		"bytes-in kafka_bytes_in_total 1/s",
	}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
