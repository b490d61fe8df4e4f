package run

import (
	"encoding/json"
	"errors"
	"io/fs"

	"github.com/flowweir/weir/reports/finding"
)

// Baseline is how a run compared with earlier ones: what stands at the top of
// comparison.json, which package reports/compare writes and reads as a whole.
type Baseline struct {
	Format string `json:"format"`
	// Judged says whether a judgement was made; Verdict is inconclusive where
	// none was. Reason says it in a sentence.
	Judged  bool            `json:"judged"`
	Verdict finding.Verdict `json:"verdict"`
	Reason  string          `json:"reason"`
	// Code is the exit code of the comparison: 0 where it takes nothing from
	// the verdict of the run.
	Code int `json:"exit_code"`
	// Base are the runs of the baseline.
	Base []BaselineRun `json:"base"`
	// Curves are those of the baseline, to be drawn beside the run's.
	Curves []BaselineCurve `json:"curves"`
}

// BaselineCurve is the percentile curve of a kind of latency: the geometric
// mean of the baseline's runs, in nanoseconds by quantile.
type BaselineCurve struct {
	Kind      string    `json:"kind"`
	Quantiles []float64 `json:"quantiles"`
	Base      []float64 `json:"base_ns"`
}

// BaselineRun is a run of a comparison.
type BaselineRun struct {
	ID  string `json:"id"`
	Dir string `json:"dir"`
}

// BaselineFormat is the version of comparison.json that is read here.
const BaselineFormat = "weir/comparison/v1"

// baseline reads the comparison of a run; nil if there is none.
func (rd *reader) baseline() *Baseline {
	b, err := fs.ReadFile(rd.fsys, baselineFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var found Baseline
	if err == nil {
		err = json.Unmarshal(b, &found)
	}
	switch {
	case err != nil:
		rd.problem("%s cannot be read and is left out: %v", baselineFile, err)
	case found.Format != BaselineFormat:
		rd.problem("%s is of the format %q, and this weir reads %q: it is left out", baselineFile, found.Format, BaselineFormat)
	case found.Verdict != finding.Pass && found.Verdict != finding.Fail && found.Verdict != finding.Inconclusive:
		rd.problem("%s has the verdict %q, which is none of a comparison: it is left out", baselineFile, found.Verdict)
	default:
		return &found
	}
	return nil
}
