package scenario

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/flowweir/weir/harness/cluster"
)

// anyBrokers is a cluster kind that refuses nothing.
type anyBrokers string

func (k anyBrokers) Kind() string             { return string(k) }
func (anyBrokers) Check(cluster.Spec) error   { return nil }
func (anyBrokers) Abilities(cluster.Spec) any { return nil }
func (anyBrokers) Start(context.Context, cluster.Spec) (cluster.Cluster, error) {
	panic("a test of plans starts nothing")
}

// outcome is what becomes of a field of a file on the cluster that was chosen
// outside of it: used, left aside with a note, or an error.
func outcome(t *testing.T, src, field string, chosen ...Option) (what byte, said string) {
	t.Helper()
	s, findings := Parse("s.yaml", []byte(src))
	options := append([]Option{With(anyBrokers(cluster.Embedded), anyBrokers(cluster.Docker), anyBrokers(cluster.External))}, chosen...)
	x, _, err := newExecution(t.Context(), s, configured(options))
	if plan := (*PlanError)(nil); errors.As(err, &plan) {
		return 'e', plan.Error()
	}
	if err != nil || len(findings) > 0 {
		t.Fatalf("%v, %v", err, findings)
	}
	spec, _, err := x.provider()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{
		"brokers": spec.Brokers == 5, "config": spec.Config != nil, "image": spec.Image != "", "disk": spec.DiskBytes != 0,
		"controllers": spec.Controllers != "", "racks": spec.Racks != nil, "client-config": spec.ClientConfig != "", "nodes": len(spec.Nodes) > 0,
		"bootstrap": len(spec.Bootstrap) > 0,
	}
	switch notes := strings.Join(x.info.Warnings, "\n"); {
	case there[field] && notes == "":
		return 'u', ""
	case !there[field] && notes != "":
		return 'l', notes
	default:
		t.Fatalf("%s: %v with %q", src, spec, notes)
		return 0, ""
	}
}

// fileOn is a scenario whose cluster has these fields.
func fileOn(fields ...string) string {
	return "weir: scenario/v1\nname: n\nfor: 1s\nconsumers: [{group: g, topics: [t]}]\ncluster: {" + strings.Join(fields, ", ") + "}\n"
}

// TestFieldsByKind: for each field, and each kind that the file names, what
// becomes of it where nothing outside of the file chooses the cluster, where
// embedded, docker or external is chosen, and where addresses are: u used, l
// left aside, e an error.
func TestFieldsByKind(t *testing.T) {
	chosen := [][]Option{nil, {ClusterKind("embedded")}, {ClusterKind("docker")}, {ClusterKind("external")}, {Bootstrap("b:9092")}}
	for _, tt := range []struct{ name, field, none, embedded, docker, external string }{
		{"brokers", "brokers: 5", "uuull", "uuull", "uuull", "eeeee"},
		{"config", "config: {min.insync.replicas: 2}", "uuull", "uuull", "uuull", "eeeee"},
		{"image", "image: weir/kafka", "elull", "eeeee", "ulull", "eeeee"},
		{"disk", "disk: 256MiB", "elull", "eeeee", "ulull", "eeeee"},
		{"racks", "racks: [a, b]", "elull", "eeeee", "ulull", "eeeee"},
		{"controllers", "controllers: separate", "elull", "eeeee", "ulull", "eeeee"},
		{"controllers", "controllers: combined", "uuull", "uuull", "uuull", "eeeee"},
		{"client-config", "client-config: c.properties", "elluu", "eeeee", "eeeee", "ulluu"},
		{"nodes", "nodes: {0: {kill: [kill], start: [start]}}", "elluu", "eeeee", "eeeee", "ulluu"},
		{"bootstrap", `bootstrap: ["a:9092"]`, "elluu", "eeeee", "eeeee", "ulluu"},
	} {
		for own, want := range map[string]string{"": tt.none, "kind: embedded": tt.embedded, "kind: docker": tt.docker, "kind: external": tt.external} {
			fields := []string{tt.field}
			if own != "" {
				fields = append(fields, own)
			}
			var got []byte
			for _, options := range chosen {
				what, _ := outcome(t, fileOn(fields...), tt.name, options...)
				got = append(got, what)
			}
			if string(got) != want {
				t.Errorf("{%s}: %s, want %s", strings.Join(fields, ", "), got, want)
			}
		}
	}
}

// TestWhatIsSaid of fields that mean nothing on the kind in force.
func TestWhatIsSaid(t *testing.T) {
	docker := []string{"kind: docker", "brokers: 3", "config: {min.insync.replicas: 2}", "racks: [a, b]", "image: i", "controllers: combined"}
	given := []string{"kind: external", "bootstrap: [\"a:9092\"]", "nodes: {0: {kill: [kill]}}"}
	mixed := []string{"image: i", "client-config: c"}
	for _, tt := range []struct {
		fields  []string
		options []Option
		want    string
	}{
		{docker, []Option{ClusterKind("external")}, "left aside on external: cluster.brokers, cluster.config, cluster.image, cluster.controllers, cluster.racks: they are of brokers that Weir starts"},
		{docker, []Option{ClusterKind("embedded")}, "left aside on embedded: cluster.image, cluster.racks: they are of brokers in containers"},
		{given, []Option{ClusterKind("docker")}, "left aside on docker: cluster.bootstrap, cluster.nodes: they are of brokers that Weir does not start"},
		{given, []Option{ClusterKind("embedded")}, "left aside on embedded: cluster.bootstrap, cluster.nodes: they are of brokers that Weir does not start"},
		{mixed, []Option{ClusterKind("embedded")}, "left aside on embedded: cluster.image: it is of brokers in containers; cluster.client-config: it is of brokers that Weir does not start"},
		{docker, []Option{ClusterKind("docker"), Bootstrap("a:1", "b:2")}, "left aside on docker: the addresses a:1,b:2: they are of brokers that Weir does not start"},
		{docker, []Option{ClusterKind("docker")}, ""},
		{mixed, nil, "2 problems in the scenario"},
		{mixed[:1], nil, "image says nothing with kind: embedded"},
	} {
		s, _ := Parse("s.yaml", []byte(fileOn(tt.fields...)))
		x, _, err := newExecution(t.Context(), s, configured(append(tt.options, With(anyBrokers(cluster.Embedded), anyBrokers(cluster.Docker), anyBrokers(cluster.External)))))
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.Join(x.info.Warnings, "\n")
		}
		if got != tt.want {
			t.Errorf("%v:\n got %q\nwant %q", tt.fields, got, tt.want)
		}
	}
}

// TestAsideInDryRun: a dry run says it too, and nothing else of the file's
// brokers counts: a rack in which none is any more cannot be hit.
func TestAsideInDryRun(t *testing.T) {
	src := fileOn("kind: docker", "racks: [a, b]")
	providers := With(anyBrokers(cluster.Embedded), anyBrokers(cluster.Docker))
	s, _ := Parse("s.yaml", []byte(src))
	var plan bytes.Buffer
	if _, err := DryRun(t.Context(), s, &plan, providers, ClusterKind("embedded")); err != nil {
		t.Fatal(err)
	}
	const want = "\nnote       left aside on embedded: cluster.racks: it is of brokers in containers\n"
	if !strings.Contains(plan.String(), want) || !strings.Contains(plan.String(), "\ncluster    embedded, 3 brokers\n") {
		t.Errorf("got:\n%s", plan.String())
	}
	if len(s.Cluster.Racks) != 2 || s.Cluster.Kind != cluster.Docker {
		t.Errorf("the scenario is %+v now", s.Cluster)
	}
}
