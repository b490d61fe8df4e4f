package contracts

import (
	"fmt"

	"github.com/flowweir/weir/contracts/document"
)

// Check reports what is wrong with objectives, for contracts and scenarios
// alike.
func (o *Objectives) Check(c *document.Checker, path document.Path) {
	for field, bounds := range map[string]map[string]document.Duration{
		"publish": o.Publish, "send": o.Send, "end-to-end": o.EndToEnd, "effect": o.Effect,
	} {
		quantileBounds(c, path.Add(field), bounds)
	}
	if o.Lag != nil {
		lag := path.Add("lag")
		c.Positive(lag.Add("age"), o.Lag.Age > 0)
		if *o.Lag == (LagObjective{}) {
			c.ExactlyOne(lag, document.Option{Field: "records"}, document.Option{Field: "age"})
		}
	}
	c.Positive(path.Add("recovery"), o.Recovery > 0)
	c.Positive(path.Add("achieved"), o.Achieved > 0)
}

// quantileBounds checks the bounds of one latency: known quantiles, each
// bound positive and at least that of the quantile below.
func quantileBounds(c *document.Checker, path document.Path, bounds map[string]document.Duration) {
	if bounds != nil && len(bounds) == 0 {
		c.Error(document.Required, path, fmt.Sprintf("%s bounds nothing", path[len(path)-1]), "write a quantile and its bound: {p99: 250ms}")
	}
	for name := range bounds {
		if quantileIndex(name) < 0 {
			c.ErrorAtKey(document.UnknownValue, path.Add(name), fmt.Sprintf("%q is no quantile", name), document.Suggest(name, quantiles))
		}
	}
	previous := ""
	for _, name := range quantiles {
		bound, ok := bounds[name]
		if !ok {
			continue
		}
		at := path.Add(name)
		c.Positive(at, bound > 0)
		if previous != "" && bound > 0 && bound < bounds[previous] {
			c.Conflict(at, path.Add(previous), fmt.Sprintf("%s %s is below %s %s", name, bound, previous, bounds[previous]), "a higher quantile cannot be lower")
		}
		previous = name
	}
}

func quantileIndex(name string) int {
	for i, known := range quantiles {
		if known == name {
			return i
		}
	}
	return -1
}
