package finding

// Verdict is the judgement on an invariant, an objective or a whole run.
type Verdict string

// The verdicts. Only Pass is green.
const (
	// Pass: the evidence is complete and nothing contradicts the promise.
	Pass Verdict = "pass"
	// Fail: the evidence shows a violation.
	Fail Verdict = "fail"
	// Inconclusive: there is not enough evidence to judge.
	Inconclusive Verdict = "inconclusive"
	// Vacuous: nothing was exercised, or the fault never bit.
	Vacuous Verdict = "vacuous"
)

// rank orders verdicts as a run combines them: fail before inconclusive
// before vacuous before pass.
func (v Verdict) rank() int {
	switch v {
	case Fail:
		return 3
	case Inconclusive:
		return 2
	case Vacuous:
		return 1
	}
	return 0
}

// Worst combines verdicts: fail before inconclusive before vacuous before
// pass. Without any verdict nothing was judged, and the result is Vacuous.
func Worst(verdicts ...Verdict) Verdict {
	if len(verdicts) == 0 {
		return Vacuous
	}
	worst := Pass
	for _, v := range verdicts {
		if v.rank() > worst.rank() {
			worst = v
		}
	}
	return worst
}

// ExitCode is the exit code of a command that ends in v: 0 for pass, 1 for
// fail, 4 for everything that is not green and not a failure.
func (v Verdict) ExitCode() int {
	switch v {
	case Pass:
		return 0
	case Fail:
		return 1
	}
	return 4
}
