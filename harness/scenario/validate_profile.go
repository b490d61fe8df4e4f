package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts/document"
)

// segmentFields are the kinds of segments, each with the fields that it needs.
var segmentFields = []struct {
	kind   string
	fields []string
}{
	{"ramp", []string{"over"}},
	{"hold", []string{"for"}},
	{"step", []string{"by", "every"}},
	{"spike", []string{"for", "over"}},
	{"sine", []string{"amplitude", "period", "for"}},
	{"replay", nil},
}

// has says whether the segment has a field.
func (s Segment) has(field string) bool {
	switch field {
	case "hold":
		return s.Hold != nil
	case "ramp":
		return s.Ramp != nil
	case "step":
		return s.Step != nil
	case "spike":
		return s.Spike != nil
	case "sine":
		return s.Sine != nil
	case "replay":
		return s.Replay != ""
	case "by":
		return s.By != 0
	case "every":
		return s.Every != 0
	case "amplitude":
		return s.Amplitude != 0
	case "period":
		return s.Period != 0
	case "over":
		return s.Over != 0
	}
	return s.For != 0
}

// positive says whether a field, one that is no kind, is above 0.
func (s Segment) positive(field string) bool {
	return map[string]bool{
		"by": s.By > 0, "every": s.Every > 0, "amplitude": s.Amplitude > 0, "period": s.Period > 0, "over": s.Over > 0, "for": s.For > 0,
	}[field]
}

func (v *validator) profile(path document.Path, profile []Segment) {
	if len(profile) == 0 {
		v.Missing(path, "profile", "write profile: [{hold: 1000/s, for: 30s}]")
		return
	}
	for i, segment := range profile {
		v.segment(path.Add("profile", i), segment)
	}
}

func (v *validator) segment(at document.Path, segment Segment) {
	var kinds []document.Option
	for _, k := range segmentFields {
		kinds = append(kinds, document.Option{Field: k.kind, Set: segment.has(k.kind)})
	}
	if !v.ExactlyOne(at, kinds...) {
		return
	}
	i := slices.IndexFunc(kinds, func(o document.Option) bool { return o.Set })
	if i < 0 {
		return // it could not be read
	}
	kind, needs := segmentFields[i].kind, segmentFields[i].fields
	misplaced := false
	for _, field := range []string{"by", "every", "amplitude", "period", "over", "for"} {
		if segment.has(field) && !slices.Contains(needs, field) {
			v.Conflict(at.Add(field), at.Add(kind), fmt.Sprintf("%s does not go with %s", field, kind), takes(kind, needs))
			misplaced = true
		}
	}
	if misplaced {
		return
	}
	for _, field := range needs {
		if !segment.has(field) && !v.s.Doc.Has(at.Add(field)...) {
			v.Missing(at, field, missingHint(field))
		} else {
			v.Positive(at.Add(field), segment.positive(field))
		}
	}
}

// takes is the hint about what goes with a kind of segment.
func takes(kind string, needs []string) string {
	switch len(needs) {
	case 0:
		return "the times say how long a replay takes; remove it"
	case 1:
		return fmt.Sprintf("a %s lasts %s a duration", kind, needs[0])
	}
	return fmt.Sprintf("a %s takes %s and %s", kind, strings.Join(needs[:len(needs)-1], ", "), needs[len(needs)-1])
}

func missingHint(field string) string {
	switch field {
	case "by":
		return "say by how much the rate changes: by: 1000/s"
	case "amplitude":
		return "say by how much the rate swings: amplitude: 500/s"
	}
	return "say how long"
}

func (v *validator) keys(path document.Path, keys Keys) {
	zipf := v.s.Doc.Has(path.Add("zipf")...)
	v.AtMostOne(path,
		document.Option{Field: "zipf", Set: zipf},
		document.Option{Field: "hot", Set: keys.Hot != nil},
		document.Option{Field: "sequential", Set: keys.Sequential},
	)
	if zipf && keys.Zipf <= 1 {
		v.Error(document.OutOfRange, path.Add("zipf"), "zipf must be above 1", "1.1 is a common skew; without zipf keys are uniform")
	}
	v.Positive(path.Add("cardinality"), keys.Cardinality > 0)
	if keys.File != "" && keys.Cardinality > 0 {
		v.Conflict(path.Add("cardinality"), path.Add("file"), "cardinality says nothing with file: the file has the keys", "remove it")
	}
	if keys.Hot != nil {
		v.hot(path.Add("hot"), keys)
	}
}

func (v *validator) hot(path document.Path, keys Keys) {
	for _, field := range []string{"keys", "share"} {
		if !v.s.Doc.Has(path.Add(field)...) {
			v.Missing(path, field, "write hot: {keys: 10, share: 80%}")
		}
	}
	v.Positive(path.Add("keys"), keys.Hot.Keys > 0)
	if n := keys.cardinality(); keys.File == "" && uint64(keys.Hot.Keys) >= n {
		v.Error(document.OutOfRange, path.Add("keys"), fmt.Sprintf("keys must be below the cardinality, %d", n), "hot are fewer keys than all")
	}
}

// length is how long the load takes: that of its longest profile. It is not
// known where something is wrong with a profile, or it is in another file.
func (s *Scenario) length() (total time.Duration, known bool) {
	for i, load := range s.Load {
		if s.Doc.Flawed("load", i, "profile") {
			return 0, false
		}
		var sum time.Duration
		for _, segment := range load.Profile {
			if segment.Replay != "" {
				return 0, false
			}
			sum += segment.length()
		}
		total = max(total, sum)
	}
	return total, total > 0
}

// length is how long a segment takes that is no replay.
func (s Segment) length() time.Duration {
	switch {
	case s.Step != nil && s.By > 0:
		return s.segment().Length()
	case s.Spike != nil:
		return time.Duration(s.Over)
	}
	return time.Duration(s.Over) + time.Duration(s.For)
}
