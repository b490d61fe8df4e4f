package docker

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/containerd/errdefs"

	"github.com/flowweir/weir/harness/cluster"
)

// The images of brokers.
const (
	// DefaultImage is the public image of Apache Kafka.
	DefaultImage = "apache/kafka:4.3.1"
	// BuiltImage is what "make kafka-image" builds where no image registry
	// is reachable.
	BuiltImage = "weir/kafka:4.3.1"
	// ImageEnv names another image.
	ImageEnv = "WEIR_KAFKA_IMAGE"
)

// pullTimeout bounds the pull of an image. Engines retry by themselves.
const pullTimeout = 5 * time.Minute

// chooseImage answers the image to run: that of the Spec, of ImageEnv,
// DefaultImage if it is present, BuiltImage if that is present, else
// DefaultImage pulled. An image that was named and is absent is pulled.
//
// DefaultImage is not pulled where BuiltImage is present: somebody built it
// because registries were out of reach, and it is the same Kafka.
func (e *engine) chooseImage(ctx context.Context, named string, log io.Writer) (string, error) {
	source := "cluster.image"
	if named == "" {
		named, source = os.Getenv(ImageEnv), ImageEnv
	}
	if named != "" {
		if err := e.ensureImage(ctx, named, log); err != nil {
			return "", fmt.Errorf("%w (the image is named by %s)", err, source)
		}
		return named, nil
	}
	for _, image := range []string{DefaultImage, BuiltImage} {
		present, err := e.hasImage(ctx, image)
		if err != nil {
			return "", err
		}
		if present {
			return image, nil
		}
	}
	if err := e.ensureImage(ctx, DefaultImage, log); err != nil {
		return "", fmt.Errorf("%w: run \"make kafka-image\", which builds %s from Maven Central, or name an image in %s", err, BuiltImage, ImageEnv)
	}
	return DefaultImage, nil
}

// ensureImage pulls an image that is not there.
func (e *engine) ensureImage(ctx context.Context, image string, log io.Writer) error {
	present, err := e.hasImage(ctx, image)
	if err != nil || present {
		return err
	}
	_, _ = fmt.Fprintf(log, "pulling image %s\n", image)
	ctx, cancel := context.WithTimeout(ctx, pullTimeout)
	defer cancel()
	if err := e.provider.PullImage(ctx, image); err != nil {
		return cluster.Unavailable("image %s is not present and cannot be pulled: %w", image, err)
	}
	return nil
}

func (e *engine) hasImage(ctx context.Context, image string) (bool, error) {
	_, err := e.ImageInspect(ctx, image)
	switch {
	case err == nil:
		return true, nil
	case errdefs.IsNotFound(err):
		return false, nil
	}
	return false, cluster.Unavailable("look for image %s: %w", image, err)
}
