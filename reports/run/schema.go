package run

import "embed"

// Schemas holds the JSON Schemas (draft 2020-12) of the files of a run
// directory: schema/run.json, schema/results.json, schema/interval.json (a line
// of series.jsonl), schema/event.json (a line of timeline.jsonl) and
// schema/broker.json (a line of brokers.jsonl), and schema/commit.json (a line
// of commits.jsonl); and of a capacity search: schema/plan.json. They allow
// unknown fields: within a format version fields are only ever added.
//
//go:embed schema/*.json
var Schemas embed.FS
