package fault

import "time"

// Repeat is the schedule of faults of which some come again: the first at its
// time, the others as long as they are healed within the load.
func Repeat(faults []Fault, length time.Duration) []Fault {
	var all []Fault
	for _, f := range faults {
		all = append(all, f)
		if f.Every <= 0 {
			continue
		}
		lasts, _ := f.heals()
		for at := f.At + f.Every; at < length && at+lasts <= length; at += f.Every {
			again := f
			again.At = at
			all = append(all, again)
		}
	}
	return all
}

// Lasts is for how long a fault is open; known is false where that is only
// seen when it is over.
func (f Fault) Lasts() (d time.Duration, known bool) {
	switch {
	case f.BeforeCommit || f.When != nil:
		return 0, false
	case f.Kind == ElectUnclean:
		return settle, true
	case f.Kind == Reset && f.HealAfter == 0:
		return resetSettle, true
	}
	return f.heals()
}
