package scenario

import (
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/process"
)

// usage measures the CPU that this process used, of that which it could get.
// The brokers of an embedded cluster are in it.
type usage struct{ from, until reading }

// reading is what was used and left so far, in seconds of one core.
type reading struct {
	at  time.Time
	own float64
	// idle is what the whole machine left unused, and all what it had; both are
	// 0 where the system does not tell.
	idle, all float64
}

func (u *usage) begin() { u.from = takeReading() }

func (u *usage) end() { u.until = takeReading() }

// of answers the share that was used of the cores that the process could get:
// no more than its threads, its cgroup's quota, and what it used together with
// what nobody did. What others used was not to be had: at a lower priority than
// theirs none of it, and at the same one no more than it got.
func (u *usage) of(threads int, quota float64) (share, cores float64) {
	span := u.until.at.Sub(u.from.at).Seconds()
	if span <= 0 {
		return 0, 0
	}
	own := (u.until.own - u.from.own) / span
	cores = min(float64(threads), quota)
	// A system that tells of less than a core's time does not count it.
	if u.until.all-u.from.all > span/2 {
		cores = min(cores, own+max(0, u.until.idle-u.from.idle)/span)
	}
	if cores <= 0 {
		return 0, 0
	}
	return min(1, own/cores), cores
}

// share is of what this process can get.
func (u *usage) share() (share, cores float64) {
	return u.of(runtime.GOMAXPROCS(0), cpuQuota(os.DirFS("/")))
}

func takeReading() reading {
	r := reading{at: time.Now()}
	if p, err := process.NewProcess(int32(os.Getpid())); err == nil {
		if times, err := p.Times(); err == nil {
			r.own = times.User + times.System
		}
	}
	if machine, err := cpu.Times(false); err == nil && len(machine) == 1 {
		m := machine[0]
		r.idle = m.Idle + m.Iowait
		r.all = r.idle + m.User + m.Nice + m.System + m.Irq + m.Softirq + m.Steal
	}
	return r
}
