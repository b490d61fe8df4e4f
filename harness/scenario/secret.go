package scenario

import (
	"maps"
	"slices"

	"github.com/flowweir/weir/reports/secret"
)

// withoutSecrets answers what the run directory keeps of a scenario.
func (s *Scenario) withoutSecrets() *Scenario {
	out := *s
	out.Cluster = s.Cluster.withoutSecrets()
	out.Services = slices.Clone(s.Services)
	for i, svc := range out.Services {
		svc.Command, svc.Args, svc.Env = secret.Args(svc.Command), secret.Args(svc.Args), secret.Values(svc.Env)
		svc.URL, svc.Database = secret.Text(svc.URL), secret.Text(svc.Database)
		if svc.Ready != nil {
			ready := *svc.Ready
			ready.HTTP = secret.Text(ready.HTTP)
			svc.Ready = &ready
		}
		out.Services[i] = svc
	}
	out.Load = slices.Clone(s.Load)
	for i := range out.Load {
		out.Load[i].Headers = secret.Values(out.Load[i].Headers)
	}
	return &out
}

func (c Cluster) withoutSecrets() Cluster {
	c.Config = secret.Values(c.Config)
	c.Nodes = maps.Clone(c.Nodes)
	for name, n := range c.Nodes {
		n.Kill, n.Stop, n.Pause, n.Unpause = secret.Args(n.Kill), secret.Args(n.Stop), secret.Args(n.Pause), secret.Args(n.Unpause)
		n.Start.Command = secret.Args(n.Start.Command)
		c.Nodes[name] = n
	}
	if m := c.Metrics.Prometheus; m != nil {
		of := *m
		of.Server, of.Exporters = secret.Text(of.Server), slices.Clone(of.Exporters)
		for i, exporter := range of.Exporters {
			of.Exporters[i] = secret.Text(exporter)
		}
		c.Metrics.Prometheus = &of
	}
	return c
}
