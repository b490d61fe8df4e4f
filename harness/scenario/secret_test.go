package scenario

import (
	"encoding/json"
	"strings"
	"testing"
)

// Every place of a scenario that can hold a secret has one here.
func TestWithoutSecrets(t *testing.T) {
	const hidden = "hunter2"
	url := "http://u:" + hidden + "@h:80"
	argv := []string{"x", "--password=" + hidden, "--token", hidden, url}
	values := map[string]string{"DB_PASSWORD": hidden, "DSN": url, "BROKERS": "shown"}
	s := &Scenario{
		Cluster: Cluster{
			Config:  values,
			Nodes:   map[string]Node{"1": {Kill: argv, Start: StartNode{Command: argv}, Stop: argv, Pause: argv, Unpause: argv}},
			Metrics: ClusterMetrics{Prometheus: &Prometheus{Server: url, Exporters: []string{url}}},
		},
		Services: []Service{{Command: argv, Args: argv, Env: values, URL: url, Database: url, Ready: &Ready{HTTP: "/health?token=" + hidden}}},
		Load:     []Load{{Headers: values}},
	}
	before, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := json.Marshal(s.withoutSecrets())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(kept), hidden) {
		t.Errorf("a secret is kept: %s", kept)
	}
	if got := strings.Count(string(kept), "shown"); got != 3 {
		t.Errorf("%d plain values are kept, want 3: %s", got, kept)
	}
	if after, _ := json.Marshal(s); string(after) != string(before) {
		t.Errorf("the scenario was changed: %s", after)
	}
}
