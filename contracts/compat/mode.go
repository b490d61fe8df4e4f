package compat

import (
	"fmt"
	"strings"
)

// Mode says which versions must understand which. The zero Mode is None.
type Mode struct {
	// Backward: the new version reads what old ones wrote. Forward: old
	// versions read what the new one writes. Both together are "full".
	Backward, Forward bool
	// Transitive: against all old versions, not the latest alone.
	Transitive bool
}

// The names of modes, as in contracts. Registries call them NONE, BACKWARD,
// BACKWARD_TRANSITIVE and so on.
const (
	None     = "none"
	Backward = "backward"
	Forward  = "forward"
	Full     = "full"

	transitive = "-transitive"
)

// ParseMode reads the name of a mode: none, backward, forward or full, the
// last three also with -transitive. Registries' own spelling is accepted.
func ParseMode(name string) (Mode, error) {
	normal := strings.ReplaceAll(strings.ToLower(name), "_", "-")
	direction, isTransitive := strings.CutSuffix(normal, transitive)
	mode := Mode{
		Backward:   direction == Backward || direction == Full,
		Forward:    direction == Forward || direction == Full,
		Transitive: isTransitive,
	}
	if !mode.Backward && !mode.Forward && normal != None {
		return Mode{}, fmt.Errorf("%q is no mode of compatibility; the modes are none, backward, forward and full, the last three also with -transitive", name)
	}
	return mode, nil
}

// ModeNames are the names of all modes.
func ModeNames() []string {
	return []string{
		None, Backward, Forward, Full, Backward + transitive, Forward + transitive, Full + transitive,
	}
}

// String is the mode's name.
func (m Mode) String() string {
	var name string
	switch {
	case m.Backward && m.Forward:
		name = Full
	case m.Backward:
		name = Backward
	case m.Forward:
		name = Forward
	default:
		return None
	}
	if m.Transitive {
		name += transitive
	}
	return name
}

// Union is the mode that asks for all that m and other ask for: the stricter
// one where one contains the other.
func (m Mode) Union(other Mode) Mode {
	return Mode{m.Backward || other.Backward, m.Forward || other.Forward, m.Transitive || other.Transitive}
}

// Covers reports whether whatever passes under m passes under other.
func (m Mode) Covers(other Mode) bool { return m.Union(other) == m }
