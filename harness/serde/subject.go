package serde

import (
	"slices"
	"sync"

	"github.com/google/uuid"

	"github.com/flowweir/weir/contracts/source/registry"
	"github.com/flowweir/weir/contracts/wire"
)

// subjects are what is known of the subjects of a registry. What was there once
// stays as it was, for ids are never given again.
type subjects struct {
	mu       sync.Mutex
	versions map[string][]registry.Schema
	// foreign are ids that a subject does not have.
	foreign map[foreignID]bool
}

type foreignID struct {
	subject string
	id      wire.ID
}

// Versions asks for the versions of a subject, those that are known already
// excepted.
func (r *Resolver) Versions(subject string) ([]registry.Schema, error) {
	if r.registry == nil {
		return nil, ErrNoRegistry
	}
	numbers, err := r.registry.Versions(r.ctx, subject)
	if err != nil {
		return nil, asked(err)
	}
	r.subjects.mu.Lock()
	known := r.subjects.versions[subject]
	r.subjects.mu.Unlock()
	out := make([]registry.Schema, len(numbers))
	for i, n := range numbers {
		if j := slices.IndexFunc(known, func(s registry.Schema) bool { return s.Version == n }); j >= 0 {
			out[i] = known[j]
		} else if out[i], err = r.registry.Schema(r.ctx, subject, n); err != nil {
			return nil, asked(err)
		}
	}
	r.subjects.mu.Lock()
	r.subjects.versions[subject] = out
	r.subjects.mu.Unlock()
	return out, nil
}

// Known are the versions of a subject as they were seen last.
func (r *Resolver) Known(subject string) ([]registry.Schema, error) {
	r.subjects.mu.Lock()
	all, ok := r.subjects.versions[subject]
	r.subjects.mu.Unlock()
	if ok {
		return all, nil
	}
	return r.Versions(subject)
}

// WithID is the version of a subject that has the id of a record; false where
// none has. A registry that does not know the subject is an fs.ErrNotExist.
func (r *Resolver) WithID(subject string, id wire.ID) (registry.Schema, bool, error) {
	id.Message = wire.Path{}
	key := foreignID{subject, id}
	r.subjects.mu.Lock()
	known, foreign := r.subjects.versions[subject], r.subjects.foreign[key]
	r.subjects.mu.Unlock()
	if s, ok := withID(known, id); ok || foreign {
		return s, ok, nil
	}
	// It may have been registered since.
	known, err := r.Versions(subject)
	if err != nil {
		return registry.Schema{}, false, err
	}
	s, ok := withID(known, id)
	if !ok {
		r.subjects.mu.Lock()
		r.subjects.foreign[key] = true
		r.subjects.mu.Unlock()
	}
	return s, ok, nil
}

func withID(versions []registry.Schema, id wire.ID) (registry.Schema, bool) {
	for _, s := range versions {
		if id.Number != 0 && id.Number == s.ID || id.GUID != uuid.Nil && id.GUID == s.GUID {
			return s, true
		}
	}
	return registry.Schema{}, false
}
