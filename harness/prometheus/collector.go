package prometheus

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flowweir/weir/reports/run"
	"github.com/flowweir/weir/reports/secret"
)

// Config says what is taken, from whom and how often.
type Config struct {
	// Server is the address of a Prometheus server, of which Match selects the
	// targets that are the brokers: labels as in job="kafka". Or Exporters are
	// the addresses of pages in the text format, one for each broker. Exactly
	// one of the two is set.
	Server    string
	Match     string
	Exporters []string
	// Every is how often; default 5s.
	Every  time.Duration
	Series []Series
	// Start is when the load begins, from which times count.
	Start time.Time
	// Write is called with each value, by one goroutine at a time.
	Write func(run.BrokerSample) error
	// Log is called with each reason why nothing came, the first time.
	Log func(line string)
}

// Source says who is asked.
func (c Config) Source() string {
	if c.Server != "" {
		return "Prometheus at " + secret.Text(c.Server)
	}
	return "exporters at " + secret.Text(strings.Join(c.Exporters, ", "))
}

// DefaultEvery is the default of Config.Every.
const DefaultEvery = 5 * time.Second

// most is how many reasons are kept.
const most = 5

// Collector takes series of brokers while a run goes on.
type Collector struct {
	cfg       Config
	transport *http.Transport
	source    interface {
		// ask returns the samples that there are, whether anyone answered,
		// and what was in the way.
		ask(ctx context.Context) (samples []sample, answered bool, problems []error)
	}

	mu      sync.Mutex
	intake  *intake
	results run.BrokerMetrics
}

// New returns a collector that has asked nobody yet. Addresses, labels and
// selectors were checked before.
func New(cfg Config) *Collector {
	if cfg.Every == 0 {
		cfg.Every = DefaultEvery
	}
	transport, _ := http.DefaultTransport.(*http.Transport)
	c := &Collector{cfg: cfg, transport: transport.Clone(), intake: newIntake(cfg.Series, cfg.Start)}
	client := &http.Client{Transport: c.transport}
	names := metricNames(cfg.Series)
	if cfg.Server != "" {
		c.source = &server{url: cfg.Server, match: cfg.Match, metrics: names, client: client}
	} else {
		wanted := map[string]bool{}
		for _, name := range names {
			wanted[name] = true
		}
		c.source = &exporters{urls: cfg.Exporters, wanted: wanted, client: client}
	}
	c.results.Source = cfg.Source()
	return c
}

// Run takes samples until ctx ends.
func (c *Collector) Run(ctx context.Context) {
	tick := time.NewTicker(c.cfg.Every)
	defer tick.Stop()
	for {
		c.Sample(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// Sample takes what there is now. A scrape that ctx ends does not count.
func (c *Collector) Sample(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	asking, cancel := context.WithTimeout(ctx, max(min(c.cfg.Every, 10*time.Second), time.Second))
	defer cancel()
	samples, answered, problems := c.source.ask(asking)
	if ctx.Err() != nil {
		return
	}
	c.results.Scrapes++
	if !answered {
		c.results.Failed++
	}
	for _, err := range problems {
		c.failed(err.Error())
	}
	for _, v := range c.intake.take(samples) {
		if err := c.cfg.Write(v); err != nil {
			c.failed("brokers.jsonl: " + err.Error())
			return
		}
	}
}

// failed keeps a reason, once.
func (c *Collector) failed(why string) {
	if len(c.results.Errors) < most && !slices.Contains(c.results.Errors, why) {
		c.results.Errors = append(c.results.Errors, why)
		c.cfg.Log("brokers: " + why)
	}
}

// Close closes connections and returns what was taken. Nothing may be sampled
// after it.
func (c *Collector) Close() run.BrokerMetrics {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transport.CloseIdleConnections()
	r := c.results
	r.Errors = append([]string{}, r.Errors...)
	r.Series, r.Absent = c.intake.results()
	r.Dropped = c.intake.dropped
	return r
}
