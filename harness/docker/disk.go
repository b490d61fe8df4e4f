package docker

import (
	"context"
	"fmt"
	"strconv"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Disks of a size of their own are volumes in the memory of the engine's
// machine (tmpfs), which the engine mounts itself: that needs no privilege, no
// loop device and no file system that knows quotas, and what fills such a disk
// fills no other. A file that fills the volume of a usual node would fill the
// disk of the engine's machine.
//
// The engine drops what is in such a volume when the last container that has
// it ends, so a container beside each node, which does nothing, has it too: a
// node that is killed finds its data again.

// minDisk is the smallest disk with which a broker starts and has room for
// the internal topics of a short run.
const minDisk = 64 << 20

// fillerPath is the file that takes the space of a full disk.
const fillerPath = dataVolume + "/weir-filler"

// createVolume makes a node's volume, and what keeps it mounted if it is one
// in memory.
func (e *engine) createVolume(ctx context.Context, spec *nodeSpec, n *node) error {
	options := client.VolumeCreateOptions{Name: n.volume, Labels: spec.own.with(roleVolume, labelNode, strconv.Itoa(int(n.id)))}
	if spec.disk == 0 {
		_, err := e.VolumeCreate(making(ctx), options)
		return err
	}
	options.Driver = "local"
	options.DriverOpts = map[string]string{"type": "tmpfs", "device": "tmpfs", "o": fmt.Sprintf("size=%d,mode=0777", spec.disk)}
	if _, err := e.VolumeCreate(making(ctx), options); err != nil {
		return err
	}
	created, err := e.ContainerCreate(making(ctx), client.ContainerCreateOptions{
		Name: spec.own.name(n.name + "-disk"),
		Config: &container.Config{
			Image:      spec.image,
			Entrypoint: []string{"sleep", "2147483647"},
			Labels:     spec.own.with(roleHelper, labelNode, strconv.Itoa(int(n.id))),
		},
		HostConfig: &container.HostConfig{NetworkMode: "none", Mounts: n.mounts()},
	})
	if err != nil {
		return err
	}
	_, err = e.ContainerStart(ctx, created.ID, client.ContainerStartOptions{})
	return err
}

// DiskBytes is the size of each node's disk; 0 where it has none of its own.
func (c *Cluster) DiskBytes() int64 {
	return c.spec.DiskBytes
}

// FillDisk leaves a node that is up no space on its disk. It can write no
// more, which ends a broker whose only disk it is.
func (c *Cluster) FillDisk(ctx context.Context, id int32) error {
	return c.onNode(ctx, "fill the disk of", id, func(n *node, s state) error {
		switch {
		case c.spec.DiskBytes == 0:
			return fmt.Errorf("it has no size of its own, and shares that of this machine: give the cluster one (cluster.disk)")
		case !s.running:
			return errDown
		}
		// Each dd ends when nothing fits any more; the second one takes what
		// is smaller than the blocks of the first.
		const fill = "dd if=/dev/zero of=%[1]s bs=1M 2>/dev/null; dd if=/dev/zero of=%[1]s-rest bs=1k 2>/dev/null; test -s %[1]s"
		return c.engine.onVolume(ctx, c.own, c.image, n, "sh", "-c", fmt.Sprintf(fill, fillerPath))
	})
}

// FreeDisk gives a node, up or down, back the space that FillDisk took.
func (c *Cluster) FreeDisk(ctx context.Context, id int32) error {
	return c.onNode(ctx, "free the disk of", id, func(n *node, _ state) error {
		return c.engine.onVolume(ctx, c.own, c.image, n, "rm", "-f", fillerPath, fillerPath+"-rest")
	})
}
