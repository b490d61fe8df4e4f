package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/harness/payload"
	"github.com/flowweir/weir/loadgen/kafka"
	"github.com/flowweir/weir/loadgen/value"
)

// maker makes the records of a flow, and computes them again.
type maker interface {
	kafka.Maker
	Begin(start time.Time)
	Original(seq uint64) *kgo.Record
	Event(seq uint64) uint64
	KeyHash(seq uint64) uint64
}

// raw says that no contract knows the flow's records.
func (f *Flow) raw() bool { return f.Produces == nil }

// Name is what messages call the flow: its event, or its topic.
func (f *Flow) Name() string { return cmp.Or(f.Load.Event, f.Topic) }

// field is the field of the load by which it is named.
func (f *Flow) field() string {
	if f.raw() {
		return "topic"
	}
	return "event"
}

// observed says whether what is sent is read back.
func (f *Flow) observed() bool { return f.Load.Observe == nil || *f.Load.Observe }

// senderName is what the ledger calls the flow's sender.
func (f *Flow) senderName() string {
	name := f.Topic
	if !f.raw() {
		name = f.Producer.Service.Name
	}
	return fmt.Sprintf("%s-%d", name, f.Index)
}

// payload reads the files of a load's values; false where it is a finding.
func (r *resolver) payload(f *Flow, path document.Path) bool {
	p := f.Load.Payload
	var err error
	switch {
	case p.Size != nil && p.Size.File != "":
		path = path.Add("size", "file")
		name := r.plan.Path(p.Size.File)
		var in *os.File
		if in, err = os.Open(name); err == nil {
			defer func() { _ = in.Close() }()
			f.Sizes, err = value.ReadSizes(filepath.ToSlash(name), in)
		} else {
			err = fmt.Errorf("cannot read the sizes: %s: %w", filepath.ToSlash(name), reason(err))
		}
	case p.Corpus != "":
		path = path.Add("corpus")
		name := r.plan.Path(p.Corpus)
		if f.Corpus, err = value.ReadCorpus(name); errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("cannot read the corpus: %s: %w", filepath.ToSlash(name), reason(err))
		}
	}
	if err != nil {
		r.Error(BadLoad, path, err.Error(), "")
	}
	return err == nil
}

// headroom is what a batch has beside values: framing, keys and headers.
const headroom = 4 << 10

// fits checks that the load of a topic can be made, and its values be sent.
func (r *resolver) fits(f *Flow, path document.Path) {
	m, source, err := f.newRaw(0, 0, 0)
	if err != nil {
		r.Error(BadLoad, path.Add("payload"), err.Error(), "")
		return
	}
	f.meanBytes = int64(m.MeanBytes())
	if batch := f.settings().BatchBytes; source.Max() > max(batch-headroom, 0) {
		r.Error(BadLoad, path.Add("payload"), fmt.Sprintf("a value of %d bytes does not fit a batch of %d with what goes beside it", source.Max(), batch),
			"raise producer: {batch: …}, and the topic's config max.message.bytes if that is above 1 MiB")
	}
}

// newRaw makes the maker of a flow without a contract.
func (f *Flow) newRaw(seed, run uint64, sender uint16) (*payload.Raw, value.Source, error) {
	cfg := payload.RawConfig{
		Seed: seed, Run: run, Sender: sender, Due: f.Schedule.Due, KeyList: f.KeyList, Tombstones: float64(f.Load.Tombstones),
	}
	var err error
	if cfg.Source, err = f.values(seed, sender); err != nil {
		return nil, nil, err
	}
	if f.Keyed {
		if cfg.Keys, err = f.keys(seed, sender); err != nil {
			return nil, nil, fmt.Errorf("keys: %w", err)
		}
	}
	for i, name := range slices.Sorted(maps.Keys(f.Load.Headers)) {
		t, err := value.Header(seed, sender, i, f.Load.Headers[name])
		if err != nil {
			return nil, nil, fmt.Errorf("header %s: %w", name, err)
		}
		cfg.Headers = append(cfg.Headers, payload.RawHeader{Name: name, Value: t})
	}
	m, err := payload.NewRaw(cfg)
	return m, cfg.Source, err
}

// values are what the values of a flow without a contract are made of.
func (f *Flow) values(seed uint64, sender uint16) (value.Source, error) {
	p := f.Load.Payload
	switch {
	case p.Corpus != "":
		return value.Corpus(seed, sender, f.Corpus), nil
	case p.Template != "":
		t, err := value.Values(seed, sender, p.Template)
		if wrong := (*value.TemplateError)(nil); errors.As(err, &wrong) {
			return nil, fmt.Errorf("the template, at byte %d: %w", wrong.Offset, err)
		}
		return t, err
	}
	var sizes value.Sizes
	var err error
	switch s := p.Size; {
	case s.File != "":
		sizes, err = value.Listed(seed, sender, f.Sizes)
	case s.Median > 0:
		sizes, err = value.Lognormal(seed, sender, int(s.Median), int(s.P99), int(s.max()))
	default:
		sizes, err = value.Fixed(int(s.Bytes))
	}
	if err != nil {
		return nil, err
	}
	random := 1.0
	if p.Random != nil {
		random = float64(*p.Random)
	}
	return value.Filling(seed, sender, sizes, random)
}

// describeValues says of what a flow without a contract makes its values.
func (f *Flow) describeValues() string {
	source, err := f.values(0, 0)
	if err != nil {
		return ""
	}
	text := source.String()
	if f.Load.Tombstones > 0 {
		text += fmt.Sprintf(", %s tombstones", f.Load.Tombstones)
	}
	return text
}
