package scenario

import (
	"context"
	"runtime"

	"github.com/shirou/gopsutil/v4/cpu"
	"github.com/shirou/gopsutil/v4/host"
	"github.com/shirou/gopsutil/v4/mem"

	"github.com/flowweir/weir/reports/run"
)

// thisHost describes the machine of the generator. What the system does not
// tell stays empty: it is context, never evidence.
func thisHost(ctx context.Context) run.Host {
	h := run.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU()}
	if info, err := host.InfoWithContext(ctx); err == nil {
		h.Name, h.Kernel = info.Hostname, info.KernelVersion
	}
	if cores, err := cpu.InfoWithContext(ctx); err == nil && len(cores) > 0 {
		h.CPU = cores[0].ModelName
	}
	if memory, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		h.MemoryBytes = memory.Total
	}
	return h
}
