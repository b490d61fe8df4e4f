package scenario

import (
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/flowweir/weir/chaos/fault"
	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/contracts/document"
)

// ways are the directions of a connection by their names.
var ways = map[string]proxy.Way{"": proxy.Both, "both": proxy.Both, "requests": proxy.Requests, "replies": proxy.Replies}

// links checks the faults on connections.
func (v *validator) links(path document.Path, f Fault) {
	switch {
	case f.Cut != nil:
		at := path.Add("cut")
		v.link(at, f.Cut.Link)
		v.way(at, f.Cut.Way)
	case f.Reset != nil:
		v.link(path.Add("reset"), *f.Reset)
	case f.Latency != nil:
		v.latency(path.Add("latency"), *f.Latency)
	case f.Bandwidth != nil:
		at := path.Add("bandwidth")
		v.link(at, f.Bandwidth.Link)
		v.way(at, f.Bandwidth.Way)
		if !v.s.Doc.Has(at.Add("per-second")...) {
			v.Missing(at, "per-second", "such as 1MiB")
		}
		v.Positive(at.Add("per-second"), f.Bandwidth.PerSecond > 0)
	case f.Reply != nil:
		v.reply(path.Add("reply"), *f.Reply)
	}
}

func (v *validator) link(path document.Path, l Link) {
	if l.Client != "" && l.Service != "" {
		v.Conflict(path.Add("client"), path.Add("service"), "client excludes service", "keep one of them")
	}
	if i := strings.IndexByte(l.Client, '*'); i >= 0 && i < len(l.Client)-1 {
		v.Error(BadTarget, path.Add("client"), fmt.Sprintf("%q: only a * at the end stands for something else", l.Client), "")
	}
	v.pick(path, l.Pick)
}

// target are the brokers of a link.
func (l Link) target() Target { return Target{Pick: l.Pick, All: !l.names()} }

func (v *validator) way(path document.Path, way string) {
	v.OneOf(path.Add("way"), way, "both", "requests", "replies")
}

func (v *validator) latency(path document.Path, l Latency) {
	v.link(path, l.Link)
	v.way(path, l.Way)
	if !v.s.Doc.Has(path.Add("delay")...) {
		v.Missing(path, "delay", "such as 50ms")
	}
	v.Positive(path.Add("delay"), l.Delay > 0)
	switch {
	case l.Jitter < 0:
		v.Error(document.OutOfRange, path.Add("jitter"), "jitter cannot be negative", "")
	case l.Jitter > l.Delay && l.Delay > 0:
		v.Error(document.OutOfRange, path.Add("jitter"), fmt.Sprintf("the jitter %s is longer than the delay %s: nothing can be early", l.Jitter, l.Delay), "")
	}
	v.apis(path.Add("api"), l.API)
}

func (v *validator) reply(path document.Path, r Reply) {
	v.link(path, r.Link)
	if len(r.API) == 0 {
		v.Missing(path, "api", "the requests by Kafka's names, such as [OffsetCommit]")
	}
	known := v.apis(path.Add("api"), r.API)
	v.Positive(path.Add("share"), r.Share > 0)
	if !v.ExactlyOne(path, document.Option{Field: "error", Set: r.Error != ""}, document.Option{Field: "drop", Set: r.Drop}) {
		return
	}
	if r.Error != "" && proxy.ErrorNamed(r.Error) == nil {
		v.Error(document.UnknownValue, path.Add("error"), fmt.Sprintf("Kafka has no error %q", r.Error), document.Suggest(r.Error, proxy.ErrorNames()))
	}
	if !known {
		return
	}
	for i, name := range r.API {
		key, _ := proxy.RequestNamed(name)
		at := path.Add("api", i)
		switch {
		case r.Error != "":
			if err := proxy.CarriesError(key); err != nil {
				v.Error(BadTarget, at, strings.TrimPrefix(err.Error(), "proxy: "), "")
			}
		case key == kmsg.ApiVersions:
			v.Error(BadTarget, at, "replies to ApiVersions cannot be dropped: clients connect by them", "")
		}
	}
}

// apis checks the names of requests.
func (v *validator) apis(path document.Path, names []string) bool {
	ok := true
	for i, name := range names {
		if _, known := proxy.RequestNamed(name); !known {
			v.Error(document.UnknownValue, path.Add(i), fmt.Sprintf("Kafka has no request %q", name), document.Suggest(name, proxy.RequestNames()))
			ok = false
		}
	}
	return ok
}

// rule is what the proxy is told, and the brokers that it is about. kind is
// empty where the fault is not one on connections.
func (f Fault) rule() (kind fault.Kind, link Link, rule proxy.Rule) {
	switch {
	case f.Cut != nil:
		kind, link, rule.Cut = fault.Cut, f.Cut.Link, ways[f.Cut.Way]
	case f.Reset != nil:
		kind, link, rule.Reset = fault.Reset, *f.Reset, true
	case f.Latency != nil:
		l := f.Latency
		kind, link, rule.Keys = fault.Latency, l.Link, apiKeys(l.API)
		rule.Latency = &proxy.Latency{Way: ways[l.Way], Delay: time.Duration(l.Delay), Jitter: time.Duration(l.Jitter)}
	case f.Bandwidth != nil:
		kind, link = fault.Bandwidth, f.Bandwidth.Link
		rule.Bandwidth = &proxy.Bandwidth{Way: ways[f.Bandwidth.Way], BytesPerSecond: int64(f.Bandwidth.PerSecond)}
	case f.Reply != nil:
		r := f.Reply
		kind, link, rule.Keys = fault.Reply, r.Link, apiKeys(r.API)
		rule.Drop, rule.Error, rule.Share = r.Drop, proxy.ErrorNamed(r.Error), float64(r.Share)
	}
	rule.Client, rule.Door = link.Client, link.Service
	return kind, link, rule
}

func apiKeys(names []string) []kmsg.Key {
	keys := make([]kmsg.Key, len(names))
	for i, name := range names {
		keys[i], _ = proxy.RequestNamed(name) // checked by validate
	}
	return keys
}
