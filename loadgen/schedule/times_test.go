package schedule_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	. "github.com/flowweir/weir/loadgen/schedule"
)

func TestReadTimes(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name, content string
		want          []time.Duration
	}{
		{"a.csv", "id,time\n7,2026-01-02T15:04:05Z\n8,2026-01-02T16:04:05.25+01:00\n9,2026-01-02T15:04:06Z\n", []time.Duration{0, 250 * ms, time.Second}},
		{"a.csv", "\ufefftimestamp_ms\n1700000000005\n1700000000000.5\n", []time.Duration{4500 * time.Microsecond, 0}},
		{"a.csv", "sent_us\n-1\n2\n", []time.Duration{0, 3 * time.Microsecond}},
		{"a.csv", "due_s\n1700000000.123456789\n1700000000.123456790\n", []time.Duration{0, 1}},
		{"a.csv", "time\r\n1.5s\r\n\"2s\"\r\n", []time.Duration{0, 500 * ms}},
		{"a.jsonl", "{\"time_ns\": 5, \"other\": [1]}\n\n{\"time_ns\": 9}", []time.Duration{0, 4}},
		{"a.ndjson", "\"1s\"\n\"1.25s\"\n", []time.Duration{0, 250 * ms}},
	} {
		got, err := ReadTimes(tt.name, strings.NewReader(tt.content))
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %v, %v; want %v", tt.content, got, err, tt.want)
		}
	}
}

func TestTimesThatCannotBeRead(t *testing.T) {
	for _, tt := range []struct{ name, content, want string }{
		{"a.txt", "1", "a.txt: times are read from .csv and .jsonl"},
		{"csv", "", "csv: it has no times"},
		{"a.csv", "time\n", "a.csv: it has no times"},
		{"a.csv", "id,at\n1,2\n", "a.csv:1: none of the names id, at is time, timestamp, due or sent, with or without a unit (time_ms)"},
		{"a.csv", "time_m\n1\n", "a.csv:1: none of the names time_m is time, timestamp, due or sent, with or without a unit (time_ms)"},
		{"a.csv", "time\n1s\n17\n", `a.csv:3: "17" has no unit: name the column time_s, time_ms, time_us or time_ns`},
		{"a.csv", "time\n1s\n\"\"\n", `a.csv:3: "" is no time: write 2026-01-02T15:04:05.678Z, or 1.5s`},
		{"a.csv", "time\n1s\n2026-01-02T15:04:05Z\n", `a.csv:3: "2026-01-02T15:04:05Z" is an instant, the times before it are not: each was a duration`},
		{"a.csv", "time_ms\n1s\n", `a.csv:2: "1s" is no number`},
		{"a.csv", "time_s\n99999999999999999999\n", `a.csv:2: "99999999999999999999" is out of range`},
		{"a.csv", "time\n0001-01-01T00:00:00Z\n", `a.csv:2: "0001-01-01T00:00:00Z" is out of range`},
		{"a.csv", "time\n1s,2s\n", "a.csv:2: wrong number of fields"},
		{"a.csv", "time\n2026-01-02T15:04:05Z\n2026-02-02T15:04:05Z\n", "a.csv: the times span more than 720h0m0s"},
		{"a.jsonl", "{\n", "a.jsonl:1: no JSON: unexpected end of JSON input"},
		{"a.jsonl", "{\"at\": 5}", "a.jsonl:1: no field is named time, timestamp, due or sent, with or without a unit (time_ms)"},
		{"a.jsonl", "{\"time\": \"1s\", \"due\": \"1s\"}", "a.jsonl:1: two fields are times: due and time"},
		{"a.jsonl", "\n[1]\n", `a.jsonl:2: "[1]" is no time: write 2026-01-02T15:04:05.678Z, or 1.5s`},
		{"a.jsonl", "\"" + strings.Repeat("x", 1<<20) + "\"", "a.jsonl:1: bufio.Scanner: token too long"},
	} {
		if _, err := ReadTimes(tt.name, strings.NewReader(tt.content)); err == nil || err.Error() != tt.want {
			t.Errorf("%.40q: got %v, want %s", tt.content, err, tt.want)
		}
	}
}

func FuzzReadTimes(f *testing.F) {
	for _, content := range []string{"time\n1s\n2s\n", "{\"time_ns\": 5}\n{\"time_ns\": 9}", "time_s\n-1.5\n1e9\n", "\"2026-01-02T15:04:05Z\"\n", "a,due_us\n1,2\n", "{\"sent\":"} {
		f.Add(content, true)
		f.Add(content, false)
	}
	f.Fuzz(func(t *testing.T, content string, isCSV bool) {
		name := "a.jsonl"
		if isCSV {
			name = "a.csv"
		}
		times, err := ReadTimes(name, strings.NewReader(content))
		if err != nil {
			if !strings.HasPrefix(err.Error(), name+":") {
				t.Fatalf("an error without its place: %v", err)
			}
			return
		}
		if s, err := New(Replay(times)); err != nil || s.Total() != uint64(len(times)) || s.Due(0) != 0 {
			t.Fatalf("%v: %v", times, err)
		}
	})
}
