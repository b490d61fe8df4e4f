package live

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
	"github.com/flowweir/weir/harness/serde"
)

// Baseline is which versions the subjects of contracts had before a service
// was started: those that are there later, somebody has registered since.
type Baseline struct {
	versions map[string][]int
	// errs are why a subject's versions are not known.
	errs map[string]error
}

// TakeBaseline asks a registry for the versions of all subjects of contracts.
func TakeBaseline(ctx context.Context, r *registry.Registry, all []*contracts.Contract) *Baseline {
	b := &Baseline{map[string][]int{}, map[string]error{}}
	for _, c := range all {
		for i := range c.Produces {
			for _, part := range []registry.Part{registry.Value, registry.Key} {
				if declared := serde.Declared(c, &c.Produces[i], part); declared != nil && declared.Registry != nil {
					b.take(ctx, r, declared.Registry.Subject)
				}
			}
		}
	}
	return b
}

func (b *Baseline) take(ctx context.Context, r *registry.Registry, subject string) {
	if _, known := b.versions[subject]; known {
		return
	}
	versions, err := r.Versions(ctx, subject)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.errs[subject] = err
	}
	b.versions[subject] = versions
}

// With is the baseline and another one that was taken later, which counts for
// the subjects that the first does not know.
func (b *Baseline) With(later *Baseline) *Baseline {
	out := &Baseline{map[string][]int{}, map[string]error{}}
	for _, from := range []*Baseline{later, b} {
		for subject, versions := range from.versions {
			out.versions[subject] = versions
			delete(out.errs, subject)
			if err := from.errs[subject]; err != nil {
				out.errs[subject] = err
			}
		}
	}
	return out
}

// has says whether the registry has a schema of an id, of any subject.
func (f *Flow) has(id wire.ID) (bool, error) {
	var err error
	if id.Number != 0 {
		_, err = f.cfg.Registry.SchemaByID(f.asking, id.Number)
	} else {
		_, err = f.cfg.Registry.SchemaByGUID(f.asking, id.GUID)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// since are the versions of a subject that the baseline does not have.
func (f *Flow) since(subject string, versions []registry.Schema) ([]registry.Schema, error) {
	if err := f.cfg.Baseline.errs[subject]; err != nil {
		return nil, err
	}
	before, known := f.cfg.Baseline.versions[subject]
	if !known {
		return nil, fmt.Errorf("which versions %s had before the service was started is not known", subject)
	}
	return slices.DeleteFunc(slices.Clone(versions), func(s registry.Schema) bool { return slices.Contains(before, s.Version) }), nil
}

// NewVersions are the versions of the subject of an event's values or keys that
// were registered since the flow's baseline was taken, in words: "version 2 of
// orders-value (schema 7)". The registry is asked now.
func (f *Flow) NewVersions(event string, part registry.Part) ([]string, error) {
	c, p, err := f.Producer(event)
	if err != nil {
		return nil, err
	}
	own, _ := f.serdes.Of(c, p, part) // the subject is there in any case
	all, err := f.serdes.Versions(own.Subject)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	since, err := f.since(own.Subject, all)
	var out []string
	for _, s := range since {
		out = append(out, fmt.Sprintf("version %d of %s (%s)", s.Version, own.Subject, idText(s)))
	}
	return out, err
}

func idText(s registry.Schema) string { return wire.ID{Number: s.ID, GUID: guidAlone(s)}.String() }

// guidAlone is the GUID of a schema that has no number.
func guidAlone(s registry.Schema) uuid.UUID {
	if s.ID != 0 {
		return uuid.Nil
	}
	return s.GUID
}

// listed are the ids of versions in words.
func listed(versions []registry.Schema) string {
	var ids []string
	for _, s := range versions {
		ids = append(ids, fmt.Sprintf("%d (version %d)", s.ID, s.Version))
	}
	return strings.Join(ids, ", ")
}
