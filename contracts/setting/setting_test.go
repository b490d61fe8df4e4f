package setting_test

import (
	"fmt"
	"testing"

	"github.com/flowweir/weir/contracts/setting"
)

func TestCheckTopic(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"min.insync.replicas", "2", ""},
		{"min.insync.replicas", "0", "want a whole number from 1 to 2147483647"},
		{"min.insync.replicas", "abc", "want a whole number from 1 to 2147483647"},
		{"max.message.bytes", "2147483647", ""},
		{"max.message.bytes", "2147483648", "want a whole number from 0 to 2147483647"},
		{"max.message.bytes", "-5", "want a whole number from 0 to 2147483647"},
		{"retention.ms", "-1", ""},
		{"retention.ms", "9223372036854775807", ""},
		{"retention.ms", "-2", "want a whole number from -1"},
		{"retention.ms", "soon", "want a whole number from -1"},
		{"retention.ms", "7d", "want a whole number from -1"},
		{"cleanup.policy", "delete", ""},
		{"cleanup.policy", "compact, delete", ""},
		{"cleanup.policy", "dleete", "want delete or compact, or both with a comma"},
		{"cleanup.policy", "delete,", "want delete or compact, or both with a comma"},
		{"compression.type", "zstd", ""},
		{"compression.type", "none", "want one of uncompressed, zstd, lz4, snappy, gzip, producer"},
		{"compression.zstd.level", "-131072", ""},
		{"compression.zstd.level", "23", "want a whole number from -131072 to 22"},
		{"min.cleanable.dirty.ratio", "0.5", ""},
		{"min.cleanable.dirty.ratio", "NaN", "want a number from 0 to 1"},
		{"min.cleanable.dirty.ratio", "50%", "want a number from 0 to 1"},
		{"preallocate", "yes", "want true or false"},
		{"preallocate", " TRUE", ""},
		{"preallocate", "False ", ""},
		{"retention.ms", " 5000", ""},
		{"min.insync.replicas", "2\t", ""},
		{"max.message.bytes", "1 000", "want a whole number from 0 to 2147483647"},
		{"min.cleanable.dirty.ratio", " 0.5 ", ""},
		{"compression.type", " zstd ", ""},
		{"compression.type", "ZSTD", "want one of uncompressed, zstd, lz4, snappy, gzip, producer"},
		{"cleanup.policy", " compact , delete ", ""},
		{"compression.gzip.level", "0", "want a whole number from 1 to 9, or -1"},
		{"compression.gzip.level", "-1", ""},
		{"compression.gzip.level", "1", ""},
		{"compression.gzip.level", "9", ""},
		{"compression.gzip.level", "10", "want a whole number from 1 to 9, or -1"},
		{"compression.gzip.level", "-2", "want a whole number from 1 to 9, or -1"},
		{"leader.replication.throttled.replicas", "0:1,1:2", ""},
		{"foo.bar", "x", ""},
	} {
		got := ""
		if err := setting.CheckTopic(tt.name, tt.value); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%s = %q: %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestMeaningOfTopic(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"cleanup.policy", "delete, compact", "compact,delete"},
		{"cleanup.policy", "compact,delete,compact", "compact,delete"},
		{"cleanup.policy", "delete", "delete"},
		{"cleanup.policy", "dleete,compact", "dleete,compact"},
		{"leader.replication.throttled.replicas", "1:2,0:1", "0:1,1:2"},
		{"retention.ms", "+007", "7"},
		{"retention.ms", "-1", "-1"},
		{"min.insync.replicas", "02", "2"},
		{"min.cleanable.dirty.ratio", "0.50", "0.5"},
		{"message.format.version", "2.10", "2.10"},
		{"compression.type", "zstd", "zstd"},
		{"preallocate", " TRUE", "true"},
		{"retention.ms", " 5000", "5000"},
		{"compression.type", "zstd ", "zstd"},
		{"foo.bar", "b,a", "b,a"},
		{"foo.bar", "02", "02"},
	} {
		if got := setting.MeaningOfTopic(tt.name, tt.value); got != tt.want {
			t.Errorf("%s = %q means %q, want %q", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestKnownTopic(t *testing.T) {
	for name, want := range map[string]bool{
		"retention.ms": true, "confluent.tier.enable": true, "redpanda.iceberg.mode": true, "log.retention.ms": false, "": false,
	} {
		if setting.KnownTopic(name) != want {
			t.Errorf("%q is known: %v", name, !want)
		}
	}
}

func ExampleCheckTopic() {
	fmt.Println(setting.CheckTopic("min.insync.replicas", "two"))
	// Output: want a whole number from 1 to 2147483647
}
