package run

import "time"

// BrokerSample is one line of brokers.jsonl: a value of a series of one broker.
type BrokerSample struct {
	// At is when it was measured, since the load began; what was measured
	// before that has a negative time.
	At     time.Duration `json:"at_ns"`
	Series string        `json:"series"`
	// Broker is the instance label of the metric, or the address of the
	// exporter that was asked.
	Broker string  `json:"broker"`
	Value  float64 `json:"value"`
}

// BrokerMetrics is what the brokers said of themselves, by Prometheus, from the
// load's beginning to the end of the drain.
type BrokerMetrics struct {
	// Source says who was asked.
	Source string `json:"source"`
	// Scrapes is how often, and Failed how many of them gave nothing; Errors
	// are the different reasons, at most 5.
	Scrapes int64          `json:"scrapes"`
	Failed  int64          `json:"failed"`
	Errors  []string       `json:"errors"`
	Series  []BrokerSeries `json:"series"`
	// Absent names the series of which nothing came.
	Absent []string `json:"absent"`
	// Dropped counts samples beyond the bound of brokers.jsonl.
	Dropped int64 `json:"dropped,omitempty"`
}

// BrokerSeries is one series of one broker over the run.
type BrokerSeries struct {
	Series string `json:"series"`
	Unit   string `json:"unit,omitempty"`
	Broker string `json:"broker"`
	// Samples is how many values there are; Min, Mean and Max are over them,
	// Last is the last one.
	Samples int64   `json:"samples"`
	Min     float64 `json:"min"`
	Mean    float64 `json:"mean"`
	Max     float64 `json:"max"`
	Last    float64 `json:"last"`
}

// UnitCores is cores of a CPU, a unit of BrokerSeries beside those of figures.
const UnitCores = "cores"
