package docker

import (
	"context"
	"os"

	"github.com/moby/moby/client"
)

// Engine is what a machine offers to clusters of kind docker.
type Engine struct {
	// Name and Version are those of the engine's product, such as "Docker
	// Engine - Community" and "28.5.1"; Name may be empty.
	Name, Version string
	// Image is what a cluster that names none would run: that of ImageEnv,
	// else DefaultImage or BuiltImage, whichever is there.
	Image string
	// Present says whether Image is there already. Otherwise a start pulls it.
	Present bool
}

// Probe looks at the container engine. It pulls and starts nothing. Where no
// engine answers, the error wraps cluster.ErrUnavailable and says what to do.
func Probe(ctx context.Context) (Engine, error) {
	e, err := connect(ctx)
	if err != nil {
		return Engine{}, err
	}
	defer func() { _ = e.Close() }()
	v, err := e.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return Engine{}, unreachable(err)
	}
	found := Engine{Name: v.Platform.Name, Version: v.Version}
	candidates := []string{DefaultImage, BuiltImage}
	if named := os.Getenv(ImageEnv); named != "" {
		candidates = []string{named}
	}
	for _, image := range candidates {
		present, err := e.hasImage(ctx, image)
		if err != nil {
			return Engine{}, err
		}
		if present {
			found.Image, found.Present = image, true
			return found, nil
		}
	}
	found.Image = candidates[0]
	return found, nil
}
