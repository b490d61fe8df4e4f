package service

import (
	"fmt"

	"github.com/flowweir/weir/reports/run"
)

// EarlyEnd says that a service ended by itself before it was ready.
type EarlyEnd struct {
	Death Death
	// Waiting is the condition that did not hold yet.
	Waiting string
	// Info describes the service for the report.
	Info run.Service
}

func (e *EarlyEnd) Error() string {
	return fmt.Sprintf("it ended before it was ready (%s) while waiting for %s", e.Death.Exit.Reason, e.Waiting)
}
