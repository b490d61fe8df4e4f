package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"

	"github.com/flowweir/weir/loadgen/kafka/calibration"
	"github.com/flowweir/weir/reports/summary"
)

// calibrated is what weir doctor --calibrate measured, as it is kept for the
// runs on this machine.
type calibrated struct {
	Format   string            `json:"format"` // weir/calibration/v1
	Host     string            `json:"host"`
	Weir     string            `json:"weir"`
	Measured time.Time         `json:"measured"`
	Points   calibration.Curve `json:"points"`
}

const (
	calibrationFormat = "weir/calibration/v1"
	// calibrateFor is how long each size is measured, after a second more.
	calibrateFor = 2 * time.Second
)

// calibrationSizes are those of small and of ordinary events, in bytes.
var calibrationSizes = []int{100, 1000}

// thisProcess names what a calibration holds for: it is measured anew for
// another processor, another number of cores, and another version.
func thisProcess(ctx context.Context) (host, weir string) {
	model := runtime.GOARCH
	if cores, err := cpu.InfoWithContext(ctx); err == nil && len(cores) > 0 {
		model = cores[0].ModelName
	}
	w := program()
	return fmt.Sprintf("%s, %d of %d cores", model, runtime.GOMAXPROCS(0), runtime.NumCPU()), w.Version + " " + w.Commit
}

func calibrationFile() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "weir", "calibration.json"), nil
}

// readCalibration is what is kept for this machine and this program, if there
// is any. What cannot be read is as good as none.
func readCalibration(ctx context.Context) (c calibrated, ok bool) {
	path, err := calibrationFile()
	if err != nil {
		return c, false
	}
	data, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(data, &c) != nil {
		return c, false
	}
	host, weir := thisProcess(ctx)
	return c, c.Format == calibrationFormat && c.Host == host && c.Weir == weir && len(c.Points) > 0
}

// calibrate measures this machine and keeps what it found.
func (s *state) calibrate(ctx context.Context) (c calibrated, err error) {
	host, weir := thisProcess(ctx)
	c = calibrated{Format: calibrationFormat, Host: host, Weir: weir, Measured: s.now().UTC().Truncate(time.Second)}
	if c.Points, err = calibration.Measure(ctx, calibrateFor, calibrationSizes...); err != nil {
		return c, err
	}
	path, err := calibrationFile()
	if err != nil {
		return c, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return c, err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "calibration-*.tmp")
	if err != nil {
		return c, err
	}
	err = writeJSON(f, c)
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return c, err
}

// checkGenerator says what this machine can send, and measures it if asked to.
func (s *state) checkGenerator(ctx context.Context, measure bool) diagnosis {
	const name, again = "generator", "weir doctor --calibrate, while the machine does nothing else"
	c, ok := readCalibration(ctx)
	if measure {
		span := time.Duration(len(calibrationSizes)) * (calibrateFor + time.Second)
		fmt.Fprintf(s.stderr, "calibrating: about %s\n", span)
		var err error
		if c, err = s.calibrate(ctx); err != nil {
			return diagnosis{name, statusWarn, fmt.Sprintf("could not be calibrated: %v", err), again}
		}
		ok = true
	}
	if !ok {
		return diagnosis{name, statusOK, "not calibrated: reports will not say how near a rate is to what this machine can send", again}
	}
	message := "sends "
	for i, p := range c.Points {
		if i > 0 {
			message += " and "
		}
		message += fmt.Sprintf("%s records of %d bytes", summary.Rate(p.Rate), p.Bytes)
	}
	return diagnosis{Name: name, Status: statusOK, Message: message + " to a broker that discards them (" + c.Measured.Format(time.DateOnly) + ")"}
}
