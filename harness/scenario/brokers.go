package scenario

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/prometheus"
	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// seriesForm is a name of a series.
var seriesForm = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// mostExporters bounds the exporters of a scenario.
const mostExporters = 100

func (v *validator) prometheus(path document.Path, p Prometheus) {
	v.ExactlyOne(path, document.Option{Field: "server", Set: p.Server != ""}, document.Option{Field: "exporters", Set: len(p.Exporters) > 0})
	if p.Server != "" {
		v.address(path.Add("server"), p.Server)
	}
	for i, at := range p.Exporters {
		v.address(path.Add("exporters", i), at)
	}
	if len(p.Exporters) > mostExporters {
		v.Error(document.OutOfRange, path.Add("exporters"), fmt.Sprintf("exporters must be at most %d", mostExporters), "name a Prometheus server that has them all")
	}
	switch {
	case p.Match == "":
	case p.Server == "" && len(p.Exporters) > 0:
		v.Conflict(path.Add("match"), path.Add("exporters"), "match says nothing with exporters: each is a broker", "remove it")
	default:
		v.selector(path.Add("match"), prometheus.ParseMatch(p.Match), `write labels such as job="kafka"`)
	}
	if v.s.Doc.Has(path.Add("every")...) && p.Every < document.Duration(time.Second) {
		v.Error(document.OutOfRange, path.Add("every"), "every must be at least 1s", "")
	}
	for name, of := range p.Series {
		if !seriesForm.MatchString(name) {
			v.ErrorAtKey(BadMetrics, path.Add("series", name), fmt.Sprintf("%q is no name of a series", name), "use small letters, digits and dashes: disk-free")
		}
		_, err := prometheus.ParseSelector(of)
		v.selector(path.Add("series", name), err, `write a metric with its labels: node_filesystem_avail_bytes{mountpoint="/data"}`)
	}
}

// address checks where a server or an exporter is.
func (v *validator) address(path document.Path, url string) {
	if err := prometheus.CheckURL(url); err != nil {
		v.Error(BadMetrics, path, fmt.Sprintf("%q cannot be asked: %v", secret.Text(url), err), "write http://HOST:PORT")
	}
}

// selector reports labels or a series that cannot be read.
func (v *validator) selector(path document.Path, err error, hint string) {
	var at *prometheus.SelectorError
	if errors.As(err, &at) {
		v.ErrorInside(BadMetrics, path, at.Offset, at.What, hint)
	}
}

// prepareBrokers makes what asks the brokers how they do.
func (x *execution) prepareBrokers() {
	p := x.plan.Scenario.Cluster.Metrics.Prometheus
	if p == nil {
		return
	}
	own := map[string]prometheus.Selector{}
	for name, of := range p.Series {
		own[name], _ = prometheus.ParseSelector(of) // checked when the file was read
	}
	x.brokers = prometheus.New(prometheus.Config{
		Server: p.Server, Match: p.Match, Exporters: p.Exporters, Every: time.Duration(p.Every),
		Series: prometheus.With(prometheus.Defaults(), own), Start: x.t0,
		Write: x.dir.AppendBroker, Log: func(line string) { x.logf("%s", line) },
	})
}

// brokerMetrics are what the brokers said; what is missing is a warning, and
// fails nothing.
func (x *execution) brokerMetrics() *run.BrokerMetrics {
	if x.brokers == nil {
		return nil
	}
	m := x.brokers.Close()
	for _, why := range m.Errors {
		x.warn("metrics of the brokers: " + why)
	}
	if m.Failed > 0 {
		x.warn(fmt.Sprintf("metrics of the brokers: %d of %d scrapes gave nothing", m.Failed, m.Scrapes))
	}
	if m.Dropped > 0 {
		x.warn(fmt.Sprintf("metrics of the brokers: %d samples are beyond the bounds and left out: select fewer", m.Dropped))
	}
	return &m
}
