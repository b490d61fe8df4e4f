package versions

import (
	"context"
	"io/fs"

	"github.com/flowweir/weir/contracts/compat"
	"github.com/flowweir/weir/contracts/source/registry"
)

// FromRegistry is a schema registry as one view: what was read once stays as
// it was. ctx bounds all reading.
func FromRegistry(ctx context.Context, r *registry.Registry) Registry {
	return &view{ctx: ctx, registry: r, files: r.FS(ctx)}
}

type view struct {
	//nolint:containedctx // as in an fs.FS, whose methods take none
	ctx      context.Context
	registry *registry.Registry
	files    *registry.FS
}

func (v *view) Versions(subject string) ([]int, error) { return v.registry.Versions(v.ctx, subject) }

func (v *view) Files(subject string, version int) ([]string, error) {
	return v.files.Files(subject, version)
}

func (v *view) FS() fs.FS { return v.files }

func (v *view) Format(subject string, version int) (string, error) {
	return v.files.Format(subject, version)
}

func (v *view) Mode(subject string) (compat.Mode, error) { return v.registry.Mode(v.ctx, subject) }
