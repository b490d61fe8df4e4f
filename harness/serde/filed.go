package serde

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/schema"
	"github.com/flowweir/weir/contracts/source/registry"
)

// filed names the schema of a file that is looked for in a subject.
type filed struct {
	subject string
	schema  *schema.Schema
}

// filed is the version of a form's subject that the schema of a file is, the
// newest of several. With the id of another one readers would decode the data
// with a schema that it was not written with.
//
// The versions are compared here: the look-ups of registries differ in what is
// equal, and want what a schema refers to by names that no file has.
func (r *Resolver) filed(c *contracts.Contract, own Form, written *schema.Schema) (registry.Schema, error) {
	key := filed{own.Subject, written}
	if known, ok := r.files.Load(key); ok {
		return known.(registry.Schema), nil
	}
	latest, err := r.registered(own.Subject, registry.Latest)
	if err != nil {
		return registry.Schema{}, err
	}
	// It is the latest, as a rule: only else are the others asked for.
	all := []registry.Schema{latest}
	found, ok, err := r.among(c, own, written, all)
	if err == nil && !ok {
		if all, err = r.Versions(own.Subject); err == nil {
			found, ok, err = r.among(c, own, written, all)
		}
	}
	switch {
	case err != nil:
		return registry.Schema{}, err
	case !ok:
		return registry.Schema{}, r.unregistered(own, written, latest, all)
	}
	r.files.Store(key, found)
	return found, nil
}

// among is the newest of versions that a schema is; false for none.
func (r *Resolver) among(c *contracts.Contract, own Form, written *schema.Schema, all []registry.Schema) (registry.Schema, bool, error) {
	for _, v := range slices.Backward(all) {
		if v.Format != written.Format() {
			continue
		}
		s, err := r.Load(c, own, v.Version)
		switch {
		case errors.As(err, new(*schema.Error)): // it cannot be used, or lacks the message
		case err != nil:
			return registry.Schema{}, false, asked(err)
		case schema.Same(written, s):
			return v, true, nil
		}
	}
	return registry.Schema{}, false, nil
}

func (r *Resolver) unregistered(own Form, written *schema.Schema, latest registry.Schema, all []registry.Schema) error {
	file, formats := written.Position().File, ""
	if latest.Format != written.Format() {
		formats = fmt.Sprintf(" (the latest is %s, and %s is %s)", latest.Format, file, written.Format())
	}
	return fmt.Errorf("%s is none of the versions that %s has in the registry at %s, %s%s: register it, or send what is registered by schema: {registry: {subject: %s}}",
		file, own.Subject, r.registry, numbers(all), formats, own.Subject)
}

// numbers are those of versions in words.
func numbers(all []registry.Schema) string {
	var each []string
	for _, v := range all {
		each = append(each, strconv.Itoa(v.Version))
	}
	if n := len(all); n > 2 && all[n-1].Version-all[0].Version == n-1 {
		return each[0] + " to " + each[n-1]
	}
	return strings.Join(each, ", ")
}
