package scenario

import (
	"math"
	"testing"
	"testing/fstest"
	"time"
)

// TestCPUThatCouldBeHad: a share is of what the process could get, not of the
// machine. It used 4 s in 10.
func TestCPUThatCouldBeHad(t *testing.T) {
	infinite := math.Inf(1)
	for _, tt := range []struct {
		name         string
		idle, all    float64
		threads      int
		quota        float64
		share, cores float64
	}{
		{"a machine of its own", 36, 40, 4, infinite, 0.1, 4},
		{"fewer threads than cores", 36, 40, 1, infinite, 0.4, 1},
		{"a quota of half a core", 36, 40, 2, 0.5, 0.8, 0.5},
		{"others left a tenth of a core", 1, 20, 2, infinite, 0.8, 0.5},
		{"others left nothing", 0, 20, 2, infinite, 1, 0.4},
		{"a system that does not count", 0, 0, 2, infinite, 0.2, 2},
		{"a quota below what was used, as in a burst", 36, 40, 2, 0.3, 1, 0.3},
	} {
		at := time.Now()
		u := usage{from: reading{at: at, own: 1, idle: 5, all: 7}}
		u.until = reading{at: at.Add(10 * time.Second), own: 5, idle: 5 + tt.idle, all: 7 + tt.all}
		share, cores := u.of(tt.threads, tt.quota)
		if math.Abs(share-tt.share) > 1e-9 || math.Abs(cores-tt.cores) > 1e-9 {
			t.Errorf("%s: %g of %g cores, want %g of %g", tt.name, share, cores, tt.share, tt.cores)
		}
	}
	if share, cores := (&usage{}).of(2, infinite); share != 0 || cores != 0 {
		t.Errorf("a load that never ran used %g of %g cores", share, cores)
	}
}

func TestCPUQuota(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  float64
	}{
		{"no cgroups", nil, math.Inf(1)},
		{"version 2", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"}, 0.5},
		{"no limit", map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n"}, math.Inf(1)},
		{"the lowest of those above", map[string]string{"proc/self/cgroup": "0::/a.slice/b.scope\n",
			"sys/fs/cgroup/a.slice/cpu.max": "150000 100000\n", "sys/fs/cgroup/a.slice/b.scope/cpu.max": "max 100000\n"}, 1.5},
		{"the host's path in a container", map[string]string{"proc/self/cgroup": "0::/docker/1234\n", "sys/fs/cgroup/cpu.max": "25000 100000\n"}, 0.25},
		{"version 1", map[string]string{"proc/self/cgroup": "4:memory:/\n3:cpu,cpuacct:/x\n0::/\n",
			"sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": "200000\n", "sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n"}, 2},
		{"version 1 without a limit", map[string]string{"proc/self/cgroup": "1:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}, math.Inf(1)},
		{"of another controller", map[string]string{"proc/self/cgroup": "2:cpuset:/\n", "sys/fs/cgroup/cpuset/cpu.cfs_quota_us": "1\n", "sys/fs/cgroup/cpuset/cpu.cfs_period_us": "2\n"}, math.Inf(1)},
	}
	for _, tt := range tests {
		files := fstest.MapFS{}
		for name, text := range tt.files {
			files[name] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := cpuQuota(files); got != tt.want {
			t.Errorf("%s: %g cores, want %g", tt.name, got, tt.want)
		}
	}
}
