package prometheus

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/flowweir/weir/reports/run"
)

// Series is what is taken of each broker: the first of several selectors of
// which there is a sample. A metric whose name ends in _total is a counter.
type Series struct {
	Name, Unit string
	Of         []Selector
	// Combine makes one value of several of a broker: Sum, Lowest or Highest.
	Combine func(values []float64) float64
}

// Sum adds the values of one broker at one time up.
func Sum(values []float64) (sum float64) {
	for _, v := range values {
		sum += v
	}
	return sum
}

// Lowest is the lowest value.
func Lowest(values []float64) float64 { return slices.Min(values) }

// Highest is the highest value.
func Highest(values []float64) float64 { return slices.Max(values) }

// The default series, with the names that their metrics have by the rules that
// come with the JMX exporter and Strimzi, then without rules.
const (
	RequestHandlerIdle        = "request-handler-idle"
	NetworkProcessorIdle      = "network-processor-idle"
	UnderReplicatedPartitions = "under-replicated-partitions"
	DiskBusy                  = "disk-busy"
	CPU                       = "cpu"
)

// Defaults are the series that are taken without being named: how idle the
// threads of a broker are that handle requests and connections, how many of its
// partitions lack replicas, which part of the time its busiest disk is busy,
// and how many cores it uses.
func Defaults() []Series {
	return []Series{
		{RequestHandlerIdle, run.UnitShare, selectors(
			`kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent`,
			`kafka_server_KafkaRequestHandlerPool_OneMinuteRate{name="RequestHandlerAvgIdlePercent"}`), Lowest},
		{NetworkProcessorIdle, run.UnitShare, selectors(
			`kafka_network_socketserver_networkprocessoravgidle_percent`,
			`kafka_network_SocketServer_Value{name="NetworkProcessorAvgIdlePercent"}`), Lowest},
		{UnderReplicatedPartitions, run.UnitCount, selectors(
			`kafka_server_replicamanager_underreplicatedpartitions`,
			`kafka_server_ReplicaManager_Value{name="UnderReplicatedPartitions"}`), Sum},
		{DiskBusy, run.UnitShare, selectors(`node_disk_io_time_seconds_total`), Highest},
		{CPU, run.UnitCores, selectors(`process_cpu_seconds_total`), Sum},
	}
}

func selectors(texts ...string) []Selector {
	var all []Selector
	for _, text := range texts {
		s, err := ParseSelector(text)
		if err != nil {
			panic(err) // of this file's own texts
		}
		all = append(all, s)
	}
	return all
}

// With are the series with others of the user's, by name: one with the name of
// a default stands in its place, with its unit and its way to combine; of any
// other the values of a broker are added up.
func With(defaults []Series, own map[string]Selector) []Series {
	all := slices.Clone(defaults)
	for _, name := range slices.Sorted(maps.Keys(own)) {
		s := Series{Name: name, Of: []Selector{own[name]}, Combine: Sum}
		if s.counter() {
			s.Unit = run.UnitRate
		}
		if i := slices.IndexFunc(all, func(d Series) bool { return d.Name == name }); i >= 0 {
			s.Unit, s.Combine = all[i].Unit, all[i].Combine
			all[i] = s
			continue
		}
		all = append(all, s)
	}
	return all
}

// counter says whether the series is of counters.
func (s Series) counter() bool { return strings.HasSuffix(s.Of[0].Metric, "_total") }

// metricNames are the names of all metrics of series, each once.
func metricNames(all []Series) []string {
	names := map[string]bool{}
	for _, s := range all {
		for _, of := range s.Of {
			names[of.Metric] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// order is that of results: by series as they were asked for, then by broker.
func order(all []Series) func(a, b run.BrokerSeries) int {
	at := map[string]int{}
	for i, s := range all {
		at[s.Name] = i
	}
	return func(a, b run.BrokerSeries) int {
		return cmp.Or(cmp.Compare(at[a.Series], at[b.Series]), cmp.Compare(a.Broker, b.Broker))
	}
}
