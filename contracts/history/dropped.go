package history

import (
	"fmt"
	"io/fs"
)

// Dropped are those of the versions in was, sorted by number as they were, that
// are not in now: no version was published at the same time. Changed are those
// that say something else now. A number may change, as it does where two
// branches gave the same one. The versions are read from the file systems that
// each was found in.
func Dropped(wasFS fs.FS, was []Version, nowFS fs.FS, now []Version) (dropped, changed []Version, err error) {
	for _, v := range was {
		before, err := v.read(wasFS)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot read %s: %w", v, err)
		}
		known, same := false, false
		for _, other := range now {
			if !other.Published.Equal(v.Published) {
				continue
			}
			content, err := other.read(nowFS)
			if err != nil {
				return nil, nil, fmt.Errorf("cannot read %s: %w", other, err)
			}
			known, same = true, same || Same(before, content)
		}
		switch {
		case !known:
			dropped = append(dropped, v)
		case !same:
			changed = append(changed, v)
		}
	}
	return dropped, changed, nil
}
