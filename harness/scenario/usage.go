package scenario

import (
	"os"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// usage measures the CPU that this process used, as a share of the cores
// that it could use. The brokers of an embedded cluster are in it.
type usage struct {
	from, until time.Time
	before, cpu float64
}

func (u *usage) begin() { u.from, u.before = time.Now(), cpuSeconds() }

func (u *usage) end() { u.until, u.cpu = time.Now(), cpuSeconds()-u.before }

func (u *usage) share() float64 {
	span := u.until.Sub(u.from).Seconds() * float64(runtime.GOMAXPROCS(0))
	if span <= 0 {
		return 0
	}
	return min(1, u.cpu/span)
}

// cpuSeconds is the user and system time of this process so far; 0 where the
// system does not tell.
func cpuSeconds() float64 {
	p, err := process.NewProcess(int32(os.Getpid()))
	if err != nil {
		return 0
	}
	times, err := p.Times()
	if err != nil {
		return 0
	}
	return times.User + times.System
}
