package scenario

import (
	"runtime"
	"runtime/metrics"
	"time"
)

// usage measures the CPU that this process used, as a share of the cores
// that it could use.
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

// cpuSeconds is user time, garbage collection included, as the runtime
// estimates it: the same on every system.
func cpuSeconds() float64 {
	samples := []metrics.Sample{{Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	// The classes are brought up to date by a collection.
	runtime.GC()
	metrics.Read(samples)
	return samples[0].Value.Float64() - samples[1].Value.Float64()
}
