package scenario

// interruption says in which state of the load the run was interrupted.
func (x *execution) interruption() string {
	if x.offered < x.plan.Warmup {
		return "the run was interrupted during its warm-up, before anything was measured"
	}
	return "the run was interrupted before its end"
}
