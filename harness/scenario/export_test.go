package scenario

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/flowweir/weir/reports/run"
)

// Drainer lets specs, which stand outside the package, drain.
type Drainer struct {
	Admin                    *kadm.Client
	ReadTo                   func(ctx context.Context, ends map[string]map[int32]int64) []string
	Last                     func(topic string, partition int32) (int64, bool)
	Groups                   map[string][]string
	Inputs, Retries, Outputs []string
}

func (d Drainer) Drain(ctx context.Context, timeout time.Duration) run.Drain {
	inner := &drainer{
		admin: d.Admin, last: d.Last, inputs: d.Inputs, retries: d.Retries, outputs: d.Outputs,
		readTo:    func(ctx context.Context, ends offsets) []string { return d.ReadTo(ctx, ends) },
		commit:    func(context.Context) {},
		positions: func() offsets { return nil },
	}
	for name, topics := range d.Groups {
		inner.groups = append(inner.groups, watchedGroup{name: name, topics: topics})
	}
	return inner.drain(ctx, timeout)
}
