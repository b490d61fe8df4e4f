package invariant

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/flowweir/weir/loadgen/ledger"
	"github.com/flowweir/weir/reports/run"
)

func TestBalance(t *testing.T) {
	for _, tt := range []struct {
		name, records string
		adapt         func(*Flow)
		want          *run.Balance
	}{
		{"everything once", "are are ard", nil, &run.Balance{In: 3, Applied: 2, DeadLettered: 1}},
		{"twice is once", "arReE ardD", nil, &run.Balance{In: 2, Applied: 1, DeadLettered: 1}},
		{"both, and neither", "ared ar arp", nil, &run.Balance{In: 3, Both: 1, Open: 2}},
		{"what is not in the log", "are a f ae ad aed", nil, &run.Balance{In: 1, Applied: 1, Strays: 3}},
		// Records 2 and 3 of four are duplicates of 0 and 1.
		{"a duplicate is no event of its own", "are ard arx arx", again, &run.Balance{In: 2, Applied: 1, DeadLettered: 1}},
		{"a duplicate brings in what is not there", "ue ud arx arx", again, &run.Balance{In: 2, Applied: 1, DeadLettered: 1}},
		{"the same, with both and neither", "ued u arx arx", again, &run.Balance{In: 2, Both: 1, Open: 1}},
		{"a duplicate that is not there", "are ue ax ax", again, &run.Balance{In: 1, Applied: 1, Strays: 1}},
		{"many", strings.Repeat("are ", 200_000) + "ar", nil, &run.Balance{In: 200_001, Applied: 200_000, Open: 1}},
		{"nothing", "", nil, &run.Balance{}},
		{"only counts are known", "ar ar", untrace, nil},
		{"nothing shows it", "ar ar", func(f *Flow) { f.Reactions[0].Effect = "" }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := flowOf(ledger.New(), tt.records)
			if tt.adapt != nil {
				tt.adapt(f)
			}
			got := f.Reactions[0].Balance(f)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
			if got != nil && got.In != got.Applied+got.DeadLettered+got.Both+got.Open {
				t.Errorf("%+v does not balance", got)
			}
		})
	}
}

func again(f *Flow) { f.Origin = func(seq uint64) uint64 { return seq &^ 2 } }

// TestBalanceOfOneOfTwo: each consumer's is its own.
func TestBalanceOfOneOfTwo(t *testing.T) {
	f := pairOf(ledger.New(), nil, "areo arel are ar")
	want := []*run.Balance{{In: 4, Applied: 3, Open: 1}, {In: 4, Applied: 1, DeadLettered: 1, Open: 2}}
	if diff := cmp.Diff(want, []*run.Balance{f.Reactions[0].Balance(f), f.Reactions[1].Balance(f)}); diff != "" {
		t.Error(diff)
	}
}
