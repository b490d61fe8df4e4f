package scenario

import (
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/cluster"
)

func (v *validator) cluster(path document.Path, c Cluster) {
	v.OneOf(path.Add("kind"), c.Kind, clusterKinds...)
	const mostBrokers = 99
	v.Positive(path.Add("brokers"), c.Brokers > 0)
	if c.Brokers > mostBrokers {
		v.Error(document.OutOfRange, path.Add("brokers"), fmt.Sprintf("brokers must be at most %d", mostBrokers), "")
	}
	v.OneOf(path.Add("controllers"), c.Controllers, "combined", "separate")
	for i, rack := range c.Racks {
		if rack == "" {
			v.Error(document.Required, path.Add("racks", i), "a rack has a name", "")
		}
	}
	v.nodes(path.Add("nodes"), c.Nodes)
	if c.Metrics.Prometheus != nil {
		v.prometheus(path.Add("metrics", "prometheus"), *c.Metrics.Prometheus)
	}
	v.external(path, c)
	v.suits(path, c.Kind)
}

// external checks the addresses of an external cluster. Whether it is located at
// all is known later: flags and the environment may give them.
func (v *validator) external(path document.Path, c Cluster) {
	if c.Kind != cluster.External {
		return
	}
	for i, address := range c.Bootstrap {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			v.Error(BadTarget, path.Add("bootstrap", i), fmt.Sprintf("%q is no address of a broker", address), "write host:port")
		}
	}
}

func (c Cluster) kind() string {
	if c.Kind == "" {
		return "embedded"
	}
	return c.Kind
}

func (v *validator) notBuilt(path document.Path, what, hint string) {
	v.ErrorAtKey(NotBuilt, path, what+" not built yet", hint)
}

func (v *validator) service(path document.Path, s Service) {
	if s.Name == "" {
		v.Missing(path, "name", "the name in the service's contract")
	}
	v.ExactlyOne(path,
		document.Option{Field: "build", Set: s.Build != ""},
		document.Option{Field: "command", Set: s.Command != nil},
		document.Option{Field: "image", Set: s.Image != ""},
	)
	if s.Command != nil && (len(s.Command) == 0 || s.Command[0] == "") {
		v.Error(document.Required, path.Add("command"), "command names no program", "write the program and its arguments as a list")
	}
	if len(s.Args) > 0 && len(s.Command) > 0 {
		v.Conflict(path.Add("args"), path.Add("command"), "args says nothing with command", "put them into command")
	}
	if s.Dir != "" && s.Image != "" {
		v.Conflict(path.Add("dir"), path.Add("image"), "dir says nothing with image", "remove it")
	}
	if url := s.URL; url != "" && !strings.HasPrefix(url, "http://") && !strings.HasPrefix(url, "https://") && !strings.HasPrefix(url, "{{") {
		v.Error(BadReady, path.Add("url"), fmt.Sprintf("%q is no URL", url), "write where it listens: http://127.0.0.1:{{.Port}}")
	}
	if s.Database != "" {
		v.database(path.Add("database"), s)
	}
	if s.Ready != nil {
		v.ready(path, s)
	}
}

func (v *validator) ready(service document.Path, s Service) {
	path, ready := service.Add("ready"), s.Ready
	if ready.TCP == "" && ready.HTTP == "" && ready.Group == "" && ready.Log == "" {
		v.Error(document.Required, path, "ready needs a condition: tcp, http, group or log", "")
	}
	switch {
	case ready.HTTP != "" && !strings.HasPrefix(ready.HTTP, "/"):
		v.Error(BadReady, path.Add("http"), fmt.Sprintf("%q is no path", ready.HTTP), "write a path of the service's url, such as /healthz")
	case ready.HTTP != "" && s.URL == "":
		v.Missing(service, "url", "ready.http is a path of it: url: http://127.0.0.1:{{.Port}}")
	}
	if _, err := regexp.Compile(ready.Log); err != nil {
		v.Error(BadReady, path.Add("log"), fmt.Sprintf("log is no regular expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: ")), "")
	}
	v.Positive(path.Add("timeout"), ready.Timeout > 0)
}
