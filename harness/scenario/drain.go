package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/flowweir/weir/reports/run"
)

// offsets are end offsets, exclusive, by topic and partition.
type offsets map[string]map[int32]int64

func partitionName(topic string, partition int32) string {
	return fmt.Sprintf("%s/%d", topic, partition)
}

// drainer reads a run to its end.
type drainer struct {
	admin *kadm.Client
	// readTo waits until the observer has read to the given ends, and names
	// the partitions where it has not when ctx ended.
	readTo func(ctx context.Context, ends offsets) []string
	// positions are how far the observer has read by now.
	positions func() offsets
	// last is the highest offset that held a record. Behind it there are
	// only transaction markers, which no consumer commits.
	last func(topic string, partition int32) (int64, bool)
	// backlog is the same of what was there before the load.
	backlog func(topic string, partition int32) (int64, bool)
	groups  []watchedGroup
	// commit makes the run's own groups commit what they have read. A commit
	// that fails is made again with the next look.
	commit func(ctx context.Context)
	// inputs get no more records; retries may while services work; outputs
	// are read once services are done.
	inputs, retries, outputs []string

	// reached is how far the observer had read just before ends were asked
	// for: a log that ends before that has lost what was read. What others
	// write afterwards is in neither.
	reached, ends offsets
	open          map[string]string
}

// drain follows the design's order: the inputs' ends are recorded and read;
// then the groups must have committed to them, and the retry topics must be
// empty; then the ends of outputs and dead-letter topics are recorded, read,
// and committed to by the groups that read them. An end that is recorded stays:
// others may go on writing. What is open when the time is over is named.
func (d *drainer) drain(ctx context.Context, timeout time.Duration) run.Drain {
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	d.reached, d.ends, d.open = offsets{}, offsets{}, map[string]string{}

	d.read(ctx, d.inputs)
	d.await(ctx, d.readers(d.inputs, d.retries), settle)
	d.read(ctx, d.retries)
	d.read(ctx, d.outputs)
	if ctx.Err() == nil { // else what is open has been named
		d.await(ctx, d.readers(d.outputs), 1)
	}

	open := slices.Sorted(maps.Values(d.open))
	return run.Drain{Complete: len(open) == 0, Took: time.Since(started), Open: open}
}

// read records the ends of topics and reads to them.
func (d *drainer) read(ctx context.Context, topics []string) {
	if len(topics) == 0 {
		return
	}
	if ctx.Err() != nil {
		for _, t := range topics {
			d.open[t] = t + " was not read to its end"
		}
		return
	}
	positions := d.positions()
	ends, open := d.list(ctx, topics)
	for t, partitions := range ends {
		d.reached[t], d.ends[t] = positions[t], partitions
	}
	maps.Copy(d.open, open)
	for _, name := range d.readTo(ctx, ends) {
		d.open[name] = name + " was not read to its end"
	}
}

// list asks for end offsets until every partition answers or ctx ends.
func (d *drainer) list(ctx context.Context, topics []string) (ends offsets, open map[string]string) {
	for {
		ends, open = offsets{}, map[string]string{}
		listed, err := within(ctx, func(ctx context.Context) (kadm.ListedOffsets, error) { return d.admin.ListEndOffsets(ctx, topics...) })
		if err != nil && len(listed) == 0 {
			for _, t := range topics {
				open[t] = fmt.Sprintf("the end of %s is not known: %v", t, unanswered(err))
			}
		}
		listed.Each(func(o kadm.ListedOffset) {
			if o.Err != nil {
				name := partitionName(o.Topic, o.Partition)
				open[name] = fmt.Sprintf("the end of %s is not known: %v", name, o.Err)
				return
			}
			if ends[o.Topic] == nil {
				ends[o.Topic] = map[int32]int64{}
			}
			ends[o.Topic][o.Partition] = o.Offset
		})
		if len(open) == 0 || !pause(ctx, drainEvery) {
			return ends, open
		}
	}
}

// unanswered says in words that the time was over.
func unanswered(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return errNoAnswer
	}
	return err
}

var errNoAnswer = errors.New("no broker answered in time")

// drainEvery is how often the drain looks again.
const drainEvery = 200 * time.Millisecond

// settle is how long groups must stay drained: a record that moves from a
// retry topic to another is in neither for a moment.
const settle = 3

// readers are the groups that read any of the topics, each with those it reads.
func (d *drainer) readers(of ...[]string) (groups []watchedGroup) {
	among := slices.Concat(of...)
	for _, g := range d.groups {
		g.topics = slices.DeleteFunc(slices.Clone(g.topics), func(t string) bool { return !slices.Contains(among, t) })
		if len(g.topics) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// await waits until every group has committed all records of its topics, at
// looks times in a row.
func (d *drainer) await(ctx context.Context, groups []watchedGroup, looks int) {
	if len(groups) == 0 {
		return // nobody moves records on
	}
	quiet := 0
	var seen map[string]string
	for quiet < looks {
		d.commit(ctx)
		open := map[string]string{}
		for _, g := range groups {
			maps.Copy(open, d.behind(ctx, g))
		}
		// A look that the end of the time cut short says only that; the one
		// before it says who is behind.
		if ctx.Err() == nil || seen == nil {
			seen = open
		}
		if len(open) == 0 {
			quiet++
		} else {
			quiet = 0
		}
		if !pause(ctx, drainEvery) {
			maps.Copy(d.open, seen)
			return
		}
	}
}

// behind names the partitions whose records a group has not all committed.
func (d *drainer) behind(ctx context.Context, g watchedGroup) map[string]string {
	open := map[string]string{}
	wait, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	ends, unknown := d.current(wait, g.topics)
	maps.Copy(open, unknown)
	for _, name := range d.readTo(wait, ends) {
		open[g.name+name] = name + " was not read to its end"
	}
	commits, err := within(ctx, func(ctx context.Context) (kadm.OffsetResponses, error) { return d.admin.FetchOffsets(ctx, g.name) })
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // which has committed nothing
		open[g.name] = fmt.Sprintf("the commits of group %s are not known: %v", g.name, unanswered(err))
		return open
	}
	for topic, partitions := range ends {
		for partition, end := range partitions {
			last, some := d.last(topic, partition)
			if !some && g.backlog {
				last, some = d.backlog(topic, partition)
			}
			// What came later is not of the run, or of the next look; and a log
			// that was emptied ends before what was read of it.
			last = min(last, end-1)
			if !some || last < 0 {
				continue
			}
			at := int64(-1)
			if c, ok := commits.Lookup(topic, partition); ok {
				at = c.At
			}
			if at <= last {
				name := partitionName(topic, partition)
				open[g.name+name] = fmt.Sprintf("group %s has committed %s to %d of %d", g.name, name, max(at, 0), last+1)
			}
		}
	}
	return open
}

// current are the ends of topics to which groups must have come: those that are
// recorded. Retry topics still grow: theirs are asked for anew.
func (d *drainer) current(ctx context.Context, topics []string) (ends offsets, open map[string]string) {
	ends, open = offsets{}, map[string]string{}
	var ask []string
	for _, t := range topics {
		if recorded, is := d.ends[t]; is {
			ends[t] = recorded
		} else {
			ask = append(ask, t)
		}
	}
	if len(ask) > 0 { // of no topic would be of all
		var asked offsets
		asked, open = d.list(ctx, ask)
		maps.Copy(ends, asked)
	}
	return ends, open
}

// pause sleeps; it is false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil // both may be
	case <-ctx.Done():
		return false
	}
}
