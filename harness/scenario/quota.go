package scenario

import (
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// cpuQuota is how many cores the cgroups of this process let it use, by the
// files of a system's root; infinite where nothing limits it. Go takes no
// fraction of a core, and at least two, for GOMAXPROCS.
func cpuQuota(root fs.FS) float64 {
	quota := math.Inf(1)
	groups, _ := fs.ReadFile(root, "proc/self/cgroup")
	for line := range strings.Lines(string(groups)) {
		// 0::/path in version 2, and 3:cpu,cpuacct:/path in version 1.
		_, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		controllers, at, _ := strings.Cut(rest, ":")
		limit := unifiedQuota
		mounts := []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"}
		if controllers != "" {
			limit, mounts = fairQuota, []string{"sys/fs/cgroup/" + controllers, "sys/fs/cgroup/cpu"}
			if !strings.Contains(","+controllers+",", ",cpu,") {
				continue
			}
		}
		for _, mount := range mounts {
			// Each group is limited by those above it. In a container the path
			// may be the host's, and then the root is what there is of it.
			for dir := path.Clean("/" + at); ; dir = path.Dir(dir) {
				quota = min(quota, limit(root, path.Join(mount, dir)))
				if dir == "/" {
					break
				}
			}
		}
	}
	return quota
}

// unifiedQuota reads "50000 100000", or "max 100000", of cgroups version 2.
func unifiedQuota(root fs.FS, dir string) float64 {
	text, _ := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	allowed, period, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	return ratio(allowed, period)
}

// fairQuota reads the two files of version 1, where -1 is no limit.
func fairQuota(root fs.FS, dir string) float64 {
	allowed, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	period, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	return ratio(strings.TrimSpace(string(allowed)), strings.TrimSpace(string(period)))
}

func ratio(allowed, period string) float64 {
	a, err := strconv.ParseFloat(allowed, 64)
	p, e := strconv.ParseFloat(period, 64)
	if err != nil || e != nil || a <= 0 || p <= 0 {
		return math.Inf(1)
	}
	return a / p
}
