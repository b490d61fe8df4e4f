// Package setting knows what values Kafka's settings take: the types, for
// whoever has settings of some kind to check, and the settings of topics.
//
// The names and ranges are those of Kafka's reference of topic configurations,
// of 3.x and 4.x together: what either takes is valid. It does not know the
// defaults, nor which broker has which setting.
package setting

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Type errs on a value that is none of a type, and says what is wanted.
type Type func(value string) error

// Trimmed is a value without the white space around it, of which Kafka makes
// nothing; all types take it with and without.
func Trimmed(value string) string {
	return strings.TrimFunc(value, func(r rune) bool { return r <= ' ' })
}

// Boolean is true or false, in whatever case.
func Boolean(value string) error {
	if value = strings.ToLower(Trimmed(value)); value != "true" && value != "false" {
		return errors.New("want true or false")
	}
	return nil
}

// From is the type of whole numbers that are not below least (Kafka's LONG).
func From(least int64) Type {
	return func(value string) error {
		if n, err := strconv.ParseInt(Trimmed(value), 10, 64); err != nil || n < least {
			return fmt.Errorf("want a whole number from %d", least)
		}
		return nil
	}
}

// Between is the type of whole numbers of a range, both ends included.
func Between(least, most int64) Type {
	return func(value string) error {
		if n, err := strconv.ParseInt(Trimmed(value), 10, 64); err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		return nil
	}
}

// level is the type of how hard to compress, from the least to the most, or -1
// for what the codec takes by default.
func level(least, most int64) Type {
	return func(value string) error {
		if Trimmed(value) != "-1" && Between(least, most)(value) != nil {
			return fmt.Errorf("want a whole number from %d to %d, or -1", least, most)
		}
		return nil
	}
}

// int32From is the type of Kafka's INT.
func int32From(least int64) Type { return Between(least, math.MaxInt32) }

// OneOf is the type of a few texts.
func OneOf(valid ...string) Type {
	return func(value string) error {
		if !slices.Contains(valid, Trimmed(value)) {
			return fmt.Errorf("want one of %s", strings.Join(valid, ", "))
		}
		return nil
	}
}

// listOf is the type of lists with commas, of a few texts.
func listOf(valid ...string) Type {
	return func(value string) error {
		for part := range strings.SplitSeq(value, ",") {
			if !slices.Contains(valid, Trimmed(part)) {
				return fmt.Errorf("want %s, or both with a comma", strings.Join(valid, " or "))
			}
		}
		return nil
	}
}

// ratio is a number from 0 to 1.
func ratio(value string) error {
	if n, err := strconv.ParseFloat(Trimmed(value), 64); err != nil || !(n >= 0 && n <= 1) {
		return errors.New("want a number from 0 to 1")
	}
	return nil
}

// anything is a text that is not looked into.
func anything(string) error { return nil }
