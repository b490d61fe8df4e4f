package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/flowweir/weir/reports/run"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// notes is what a collector wrote and said.
type notes struct {
	values []run.BrokerSample
	lines  []string
}

func collector(t *testing.T, cfg Config) (*Collector, *notes) {
	t.Helper()
	n := &notes{}
	cfg.Series = Defaults()
	cfg.Write = func(s run.BrokerSample) error { n.values = append(n.values, s); return nil }
	cfg.Log = func(line string) { n.lines = append(n.lines, line) }
	return New(cfg), n
}

// fake is a Prometheus server that has some samples.
type fake struct {
	mu      sync.Mutex
	query   string
	path    string
	answer  string
	status  int
	header  http.Header
	samples map[string][][2]any // by JSON of the labels
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query, f.path = r.FormValue("query"), r.URL.Path
	for name, values := range f.header {
		w.Header()[name] = values
	}
	if f.status != 0 {
		w.WriteHeader(f.status)
	}
	if f.answer != "" {
		_, _ = fmt.Fprint(w, f.answer)
		return
	}
	var result []map[string]any
	for labels, values := range f.samples {
		result = append(result, map[string]any{"metric": json.RawMessage(labels), "values": values})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "matrix", "result": result}})
}

func TestServer(t *testing.T) {
	start := time.Now().Truncate(time.Second)
	when := func(s int) float64 { return float64(start.Unix() + int64(s)) }
	f := &fake{samples: map[string][][2]any{
		`{"__name__":"process_cpu_seconds_total","instance":"kafka-1:7071","job":"kafka"}`:                                            {{when(-15), "10"}, {when(0), "16"}},
		`{"__name__":"kafka_server_replicamanager_underreplicatedpartitions","instance":"kafka-2:7071","job":"kafka"}`:                {{when(0), "3"}, {when(1), "NaN"}},
		`{"__name__":"kafka_server_ReplicaManager_Value","instance":"kafka-2:7071","name":"UnderReplicatedPartitions","job":"kafka"}`: {{when(0), "99"}},
	}}
	s := httptest.NewServer(f)
	defer s.Close()
	c, n := collector(t, Config{Server: s.URL + "/prom/", Match: `job="kafka"`, Start: start})
	c.Sample(context.Background())
	if f.path != "/prom/api/v1/query" {
		t.Errorf("asked at %s", f.path)
	}
	want := `{__name__=~"kafka_network_SocketServer_Value|kafka_network_socketserver_networkprocessoravgidle_percent|kafka_server_KafkaRequestHandlerPool_OneMinuteRate|kafka_server_ReplicaManager_Value|kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent|kafka_server_replicamanager_underreplicatedpartitions|node_disk_io_time_seconds_total|process_cpu_seconds_total",job="kafka"}[120s]`
	if f.query != want {
		t.Errorf("asked\n%s, want\n%s", f.query, want)
	}
	f.mu.Lock()
	f.samples[`{"__name__":"process_cpu_seconds_total","instance":"kafka-1:7071","job":"kafka"}`] = [][2]any{{when(0), "16"}, {when(10), "17"}}
	f.mu.Unlock()
	c.Sample(context.Background())
	if !strings.HasSuffix(f.query, "[60s]") {
		t.Errorf("the second time it asks %s", f.query)
	}
	r := c.Close()
	if got, want := said(n.values), []string{
		"0s under-replicated-partitions kafka-2:7071 3", "0s cpu kafka-1:7071 0.4", "10s cpu kafka-1:7071 0.1",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if r.Scrapes != 2 || r.Failed != 0 || len(r.Errors) != 0 || r.Source != "Prometheus at "+s.URL+"/prom/" || len(r.Series) != 2 {
		t.Errorf("%+v", r)
	}
}

// TestProblems: whatever is in the way is told once, and ends nothing.
func TestProblems(t *testing.T) {
	big := "{" + strings.Repeat(" ", maxAnswer) + "}"
	for _, tt := range []struct {
		name   string
		fake   *fake
		failed int64
		want   string
	}{
		{"refused", &fake{status: 400, answer: `{"status":"error","errorType":"bad_data","error":"parse error"}`}, 2, "parse error (400 Bad Request)"},
		{"no Prometheus", &fake{answer: "<html>"}, 2, "the answer is not that of a Prometheus server"},
		{"a proxy", &fake{status: 502, answer: "<html>"}, 2, "502 Bad Gateway"},
		{"a vector", &fake{answer: `{"status":"success","data":{"resultType":"vector","result":[]}}`}, 2, `the answer is a "vector" and no matrix`},
		{"no number", &fake{answer: `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}`}, 2, "the answer has a sample that is no time and number"},
		{"too large", &fake{answer: big}, 2, "the answer is larger than 16 MiB"},
		{"a clock", &fake{header: http.Header{"Date": {"Mon, 02 Jan 2006 15:04:05 GMT"}}}, 0, "its clock is off by"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(tt.fake)
			defer s.Close()
			c, n := collector(t, Config{Server: s.URL})
			c.Sample(context.Background())
			c.Sample(context.Background())
			r := c.Close()
			if tt.name == "a clock" {
				r.Errors = r.Errors[:1] // it goes on
			}
			if r.Scrapes != 2 || r.Failed != tt.failed || len(r.Errors) != 1 || !strings.HasPrefix(r.Errors[0], s.URL+": "+tt.want) {
				t.Errorf("%+v", r)
			}
			if n.lines[0] != "brokers: "+r.Errors[0] || len(n.values) != 0 {
				t.Errorf("said %q, wrote %d", n.lines, len(n.values))
			}
			if len(r.Absent) != len(Defaults()) {
				t.Errorf("absent %q", r.Absent)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, _ := collector(t, Config{Server: s.URL})
	c.Sample(context.Background())
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	c.Sample(ended) // the run is over: no one was asked
	r := c.Close()
	if r.Scrapes != 1 || r.Failed != 1 || len(r.Errors) != 1 || !strings.Contains(r.Errors[0], "connection refused") {
		t.Errorf("%+v", r)
	}
}

// TestExporters: one that fails takes nothing from the others.
func TestExporters(t *testing.T) {
	page, err := os.ReadFile("testdata/jmx.prom")
	if err != nil {
		t.Fatal(err)
	}
	var accept string
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		accept = r.Header.Get("Accept")
		_, _ = w.Write(page)
	}))
	defer good.Close()
	bad := httptest.NewServer(http.NotFoundHandler())
	defer bad.Close()
	c, n := collector(t, Config{Exporters: []string{good.URL + "/metrics", bad.URL + "/metrics"}, Start: time.Now()})
	c.Sample(context.Background())
	r := c.Close()
	broker := strings.TrimPrefix(good.URL, "http://")
	var got []string
	for _, v := range n.values {
		got = append(got, fmt.Sprintf("%s %s %g", v.Series, v.Broker, v.Value))
	}
	if want := []string{
		"request-handler-idle " + broker + " 0.75", "network-processor-idle " + broker + " 0.6", "under-replicated-partitions " + broker + " 2",
	}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if accept != "text/plain;version=0.0.4" {
		t.Errorf("accepts %q", accept)
	}
	if r.Failed != 0 || !reflect.DeepEqual(r.Errors, []string{bad.URL + "/metrics: 404 Not Found"}) {
		t.Errorf("%+v", r)
	}
	if want := []string{DiskBusy, CPU}; !reflect.DeepEqual(r.Absent, want) { // a counter needs two samples
		t.Errorf("absent %q", r.Absent)
	}
}

// TestRun asks until it is told to stop.
func TestRun(t *testing.T) {
	asked := make(chan struct{}, 10)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{} }))
	defer s.Close()
	c, _ := collector(t, Config{Exporters: []string{s.URL}, Every: time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); c.Run(ctx) }()
	<-asked
	<-asked
	cancel()
	for {
		select {
		case <-asked:
			continue
		case <-over:
		}
		break
	}
	if r := c.Close(); r.Scrapes < 1 || r.Failed != 0 {
		t.Errorf("%+v", r)
	}
}
