package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// payloadFlags say what values are made of.
type payloadFlags struct {
	size, random, corpus, template, tombstones string
	examples                                   bool
}

func (f *payloadFlags) bind(flags *pflag.FlagSet) {
	flags.BoolVar(&f.examples, "examples", false, "make data of the contract's examples instead of its schema")
	flags.StringVar(&f.size, "size", "", "how long the values of a --topic are, such as 1KiB or lognormal:1KiB:16KiB")
	flags.StringVar(&f.random, "random", "", "with --size: the share of random bytes, which no compression takes away (default 100%)")
	flags.StringVar(&f.corpus, "corpus", "", "take values from a file, one a line, or a folder of files")
	flags.StringVar(&f.template, "template", "", "make values of a template, such as '{\"n\": {{seq}}}'")
	flags.StringVar(&f.tombstones, "tombstones", "", "the share of records to a --topic without a value, such as 1%")
}

// payload is the field payload of an entry for a topic, or for an event.
func (f *payloadFlags) payload(topic bool) (string, error) {
	var pairs []pair
	if topic && f.size != "" {
		size, err := f.sizeMap()
		if err != nil {
			return "", err
		}
		pairs = append(pairs, pair{"size", size})
	}
	if topic && f.random != "" {
		pairs = append(pairs, pair{"random", scalar(f.random)})
	}
	if f.corpus != "" {
		pairs = append(pairs, pair{"corpus", scalar(f.corpus)})
	}
	if f.template != "" {
		pairs = append(pairs, pair{"template", scalar(f.template)})
	}
	return flow(pairs), nil
}

func (f *payloadFlags) sizeMap() (string, error) {
	return sizeOf("size", f.size, "1KiB")
}

// sizeOf is a quantity, or a distribution of it: X, lognormal:MEDIAN:P99[:MAX]
// or file:PATH.
func sizeOf(flag, text, example string) (string, error) {
	kind, rest, found := strings.Cut(text, ":")
	parts := strings.Split(rest, ":")
	switch {
	case !found:
		return scalar(text), nil
	case kind == "file":
		return flow([]pair{{"file", scalar(rest)}}), nil
	case kind != "lognormal" || len(parts) < 2 || len(parts) > 3 || slices.Contains(parts, ""):
		return "", usageError("write "+example+" or lognormal:MEDIAN:P99", "--%s: %q is neither a value nor a distribution", flag, text)
	}
	pairs := []pair{{"median", scalar(parts[0])}, {"p99", scalar(parts[1])}}
	if len(parts) == 3 {
		pairs = append(pairs, pair{"max", scalar(parts[2])})
	}
	return flow(pairs), nil
}
