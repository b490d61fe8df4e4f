package fileschema_test

import (
	"reflect"
	"slices"

	"github.com/flowweir/weir/chaos/proxy"
	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
)

// Places, as far as a pattern tells.
const (
	inData     = `\$`
	inHeader   = `header:.`
	attribute  = `envelope:[a-z0-9_]*[a-z0-9]`
	anyPlace   = `^(` + inData + `|` + inHeader + `|key$|` + attribute + `)`
	dataPlace  = `^` + inData
	recordMade = `^(` + inData + `|` + inHeader + `)`
)

// The numbers that every reader of YAML takes for the same.
const whole, fraction = `(0|[1-9][0-9]*)`, `(\.[0-9]+)?`

// form is the schema of a type that reads its own text or node: each of its
// forms, the short one first.
func (g *generator) form(typ reflect.Type) *schema {
	switch key(typ) {
	case "document.Duration":
		const n = `([0-9]+` + fraction
		return anyOf(
			&schema{Type: "string", MinLength: 2, Pattern: `^[+-]?` + n + `d)?` + n + `h)?` + n + `m)?` + n + `s)?` + n + `ms)?` + n + `(us|µs|μs))?` + n + `ns)?$`},
			&schema{Enum: []any{0, "0"}},
		)
	case "document.Share":
		return anyOf(
			pattern(`^[+]?`+whole+fraction+`([eE][+-]?[0-9]+)?( ?%)?$`),
			&schema{Type: "number", Minimum: number(0), Maximum: number(1)},
		)
	case "document.Bytes":
		return anyOf(pattern(`^`+whole+fraction+` ?(TiB|TB|GiB|GB|MiB|MB|KiB|kB|B)?$`), &schema{Type: "integer", Minimum: number(0)})
	case "document.Count":
		return anyOf(pattern(`^`+whole+fraction+` ?[GMk]?$`), &schema{Type: "integer", Minimum: number(0)})
	case "scenario.Rate":
		return pattern(`^[0-9]+` + fraction + `[kM]?/s$`)
	case "scenario.Ramp":
		return pattern(`^[0-9]+` + fraction + `[kM]?(/s)?\.\.[0-9]+` + fraction + `[kM]?/s$`)
	case "scenario.MoreThan":
		return pattern(`^\s*>\s*` + whole + fraction + ` ?[GMk]?\s*$`)
	case "scenario.After":
		return anyOf(g.form(reflect.TypeFor[document.Count]()), g.form(reflect.TypeFor[document.Duration]()))
	case "scenario.Size":
		return anyOf(g.form(reflect.TypeFor[document.Bytes]()), g.object(typ))
	case "scenario.Process":
		return anyOf(g.form(reflect.TypeFor[document.Duration]()), g.object(typ))
	case "scenario.StartNode":
		return anyOf(filled(&schema{Type: "array", Items: text()}), &schema{Const: "operator"})
	case "contracts.Schema":
		return anyOf(name(), g.object(typ))
	case "contracts.SchemaRef":
		return anyOf(name(), g.object(reflect.TypeFor[contracts.Schema]()))
	case "contracts.Key":
		return anyOf(pattern(recordMade), g.object(typ))
	case "contracts.Header":
		return anyOf(enum("required", "optional"), g.object(typ))
	case "contracts.Needs":
		return anyOf(
			&schema{Type: "array", Items: pattern(anyPlace), UniqueItems: true},
			&schema{
				Type: "object", PropertyNames: &schema{Pattern: anyPlace},
				AdditionalProperties: enum("string", "number", "integer", "boolean", "object", "array", "null"),
			},
		)
	}
	g.t.Fatalf("the forms of %s are not known", key(typ))
	return nil
}

// to replaces the schema of a field; several fields may share one.
func to(s *schema) func(*schema) *schema {
	return func(*schema) *schema { own := *s; return &own }
}

// keys limits the keys of a map.
func keys(names *schema) func(*schema) *schema {
	return func(s *schema) *schema { s.PropertyNames = names; return s }
}

// from bounds a number.
func from(least float64) func(*schema) *schema {
	return func(s *schema) *schema { s.Minimum = number(least); return s }
}

func between(least, most float64) func(*schema) *schema {
	return func(s *schema) *schema { s.Minimum, s.Maximum = number(least), number(most); return s }
}

// each is a list of values of the schema.
func each(s *schema) func(*schema) *schema {
	return to(&schema{Type: "array", Items: s})
}

// filled is a list that has an element.
func filled(s *schema) *schema { s.MinItems = 1; return s }

var (
	quantiles = func(s *schema) *schema {
		s = keys(enum(contracts.Quantiles()...))(s)
		s.MinProperties = 1
		return s
	}
	acks = to(anyOf(enum("all", "leader", "none"), &schema{Enum: []any{-1, 0, 1, "-1", "0", "1"}, Description: "Kafka's own names."}))
	// variables and templates may stand in a path.
	request        = to(pattern(`^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [/{]`))
	topicPartition = to(pattern(`^.+/[0-9]+$`))
)

// name is text that is not blank.
func name() *schema {
	s := text()
	s.Pattern = `\S`
	return s
}

// names is a list of them that is not empty.
var names = to(filled(&schema{Type: "array", Items: name()}))

// fields are what the type of a field does not tell.
var fields = map[string]func(*schema) *schema{
	"contracts.Contract.weir":          to(&schema{Const: contracts.Version}),
	"contracts.Service.name":           to(&schema{Type: []string{"string", "number", "boolean"}, Pattern: `^[A-Za-z0-9][A-Za-z0-9._-]*$`}),
	"contracts.Topic.partitions":       between(1, 1_000_000),
	"contracts.Topic.replication":      between(1, 32767),
	"contracts.Schema.format":          to(enum(contracts.FormatJSONSchema, contracts.FormatAvro, contracts.FormatProtobuf)),
	"contracts.Schema.wire":            to(enum(contracts.WireNone, contracts.WireConfluent, contracts.WireConfluentHeader)),
	"contracts.Schema.encoding":        to(enum(contracts.EncodingBinary, contracts.EncodingJSON)),
	"contracts.Schema.formats":         to(enum(contracts.FormatsAnnotate, contracts.FormatsAssert)),
	"contracts.Schema.references":      to(&schema{Type: "array", Items: name()}),
	"contracts.Schema.import-paths":    to(&schema{Type: "array", Items: name()}),
	"contracts.Registry.version":       to(anyOf(enum("latest"), &schema{Type: "integer", Minimum: number(1)}, pattern(`^[+]?0*[1-9][0-9]*$`))),
	"contracts.Match.value":            to(pattern(dataPlace)),
	"contracts.Key.place":              to(pattern(recordMade)),
	"contracts.Key.template":           to(pattern(`\{.+\}`)),
	"contracts.Key.format":             to(enum("string", "json", "long", "bytes")),
	"contracts.Produces.operation":     to(name()),
	"contracts.Consumes.operation":     to(name()),
	"contracts.Produces.event":         to(name()),
	"contracts.Consumes.event":         to(name()),
	"contracts.Produces.kind":          to(enum("domain", "integration", "notification", "state-transfer", "command", "reply")),
	"contracts.Produces.envelope":      to(enum(contracts.EnvelopeNone, contracts.EnvelopeCloudEventsBinary, contracts.EnvelopeCloudEventsStructured, contracts.EnvelopeStandard)),
	"contracts.Produces.ordering":      to(enum(contracts.OrderingNone, contracts.OrderingPerKey)),
	"contracts.Produces.compatibility": to(anyOf(enum("none", "backward", "backward-transitive", "forward", "forward-transitive", "full", "full-transitive"), pattern(`^(NONE|(BACKWARD|FORWARD|FULL)([_-]TRANSITIVE)?)$`))),
	"contracts.Produces.headers":       keys(&schema{MinLength: 1}),
	"contracts.Delivery.acks":          acks,
	"contracts.Trigger.http":           request,
	"contracts.Step.http":              request,
	"contracts.Trigger.exec":           filled,
	"contracts.Step.exec":              filled,
	"contracts.Trigger.id":             to(pattern(`^(body:` + inData + `|` + inHeader + `)`)),
	"contracts.Trigger.expect":         between(0, 599),
	"contracts.Step.expect":            between(0, 599),
	"contracts.Step.save": func(s *schema) *schema {
		s.PropertyNames = &schema{Pattern: `^[A-Za-z_][A-Za-z0-9_]*$`}
		s.AdditionalProperties = pattern(recordMade)
		return s
	},
	"contracts.Consumes.ordering":     to(enum(contracts.OrderingNone, contracts.OrderingPerKey)),
	"contracts.Consumes.isolation":    to(enum(contracts.IsolationReadUncommitted, contracts.IsolationReadCommitted)),
	"contracts.Consumes.members":      from(1),
	"contracts.Idempotency.key":       to(pattern(anyPlace)),
	"contracts.Retry.attempts":        between(1, 1000),
	"contracts.Backoff.kind":          to(enum(contracts.BackoffFixed, contracts.BackoffLinear, contracts.BackoffExponential)),
	"contracts.Backoff.factor":        from(1),
	"contracts.DLQ.preserve":          each(enum("key", "value", "headers")),
	"contracts.DLQ.delivery":          to(enum(contracts.DeliveryAtLeastOnce, contracts.DeliveryExactlyOnce)),
	"contracts.Effect.correlate":      to(pattern(anyPlace)),
	"contracts.Effect.http":           to(pattern(`^GET /.*\{id\}`)),
	"contracts.Effect.count":          to(pattern(dataPlace)),
	"contracts.Objectives.publish":    quantiles,
	"contracts.Objectives.send":       quantiles,
	"contracts.Objectives.end-to-end": quantiles,
	"contracts.Objectives.effect":     quantiles,
	"contracts.Waiver.until":          to(pattern(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)),
	"scenario.Scenario.weir":          to(&schema{Const: "scenario/v1"}),
	"scenario.Scenario.contracts":     names,
	"scenario.Scenario.load":          filled,
	"scenario.Scenario.invariants":    each(enum("no-loss", "no-duplicate", "no-duplicate-effect", "no-aborted-read", "no-ghost-read", "per-key-order", "commit-after-effect", "no-commit-regression", "no-double-owner", "no-needless-rebalance", "dlq-complete", "retry-policy", "healthy-keys-flow", "lag-bounded", "recovery")),
	"scenario.Cluster.kind":           to(enum("embedded", "docker", "external")),
	"scenario.Cluster.brokers":        between(1, 99),
	"scenario.Cluster.controllers":    to(enum("combined", "separate")),
	"scenario.Cluster.racks":          names,
	"scenario.Cluster.bootstrap":      each(pattern(`.:.`)),
	"scenario.Prometheus.server":      to(pattern(`^https?://`)),
	"scenario.Prometheus.exporters":   func(s *schema) *schema { return filled(each(pattern(`^https?://`))(s)) },
	"scenario.Service.command":        filled,
	"scenario.Service.url":            to(pattern(`^(https?://|\{\{)`)),
	"scenario.Ready.http":             to(pattern(`^/`)),
	"scenario.Load.event":             to(name()),
	"scenario.Load.via":               to(enum("topic", "trigger")),
	"scenario.Load.profile":           filled,
	"scenario.Cut.way":                to(enum("both", "requests", "replies")),
	"scenario.Latency.way":            to(enum("both", "requests", "replies")),
	"scenario.Bandwidth.way":          to(enum("both", "requests", "replies")),
	"scenario.Latency.api":            each(enum(proxy.RequestNames()...)),
	"scenario.Reply.api":              func(s *schema) *schema { return filled(each(enum(proxy.RequestNames()...))(s)) },
	"scenario.Reply.error":            to(enum(proxy.ErrorNames()...)),
	"scenario.Keys.zipf":              func(s *schema) *schema { s.ExclusiveMinimum = number(1); return s },
	"scenario.Segment.replay":         to(name()),
	"scenario.Keys.file":              to(name()),
	"scenario.Producer.acks":          acks,
	"scenario.Producer.compression":   to(enum("none", "gzip", "snappy", "lz4", "zstd")),
	"scenario.Consumers.topics":       names,
	"scenario.Consumers.members":      from(1),
	"scenario.Pick.broker":            from(0),
	"scenario.Pick.brokers":           ids,
	"scenario.Pick.leader-of":         topicPartition,
	"scenario.Pick.followers-of":      topicPartition,
	"scenario.Pick.count":             from(1),
	"scenario.Isolate.network":        to(enum("replication", "controller")),
	"scenario.Duplicate.partition":    to(enum("other")),
	"scenario.Poison.kind":            to(enum("undecodable", "wrong-schema", "missing-header", "too-large")),
	"scenario.Poison.header":          to(name()),
	"scenario.Elect.unclean":          topicPartition,
}

// rules are what the fields of a map together must be.
var rules = map[string]func(*schema){
	"contracts.Contract": contract,
	"contracts.Service":  func(s *schema) { s.Required = []string{"name"} },
	"contracts.Schema": func(s *schema) {
		s.OneOf, s.Not = oneOf("file", "registry").OneOf, &schema{Required: []string{"history", "registry"}}
	},
	"contracts.Registry":     func(s *schema) { s.Required = []string{"subject"} },
	"contracts.KafkaAddress": func(s *schema) { s.Required = []string{"topic"} },
	"contracts.RabbitMQAddress": func(s *schema) {
		s.AnyOf = someOf("exchange", "queue").AnyOf
		s.AllOf = []*schema{{If: requires("routing-key"), Then: requires("exchange")}}
	},
	"contracts.RedisAddress":       func(s *schema) { s.Required = []string{"stream"} },
	"contracts.EventBridgeAddress": func(s *schema) { s.Required = []string{"bus"} },
	"contracts.Match":              func(s *schema) { s.OneOf = oneOf("header", "value", "name").OneOf },
	"contracts.Key": func(s *schema) {
		s.OneOf, s.Not = oneOf("place", "template").OneOf, &schema{Required: []string{"format", "schema"}}
	},
	"contracts.Produces": func(s *schema) { s.AnyOf, s.OneOf = someOf("event", "operation").AnyOf, atMostOneAddress() },
	"contracts.Consumes": func(s *schema) {
		s.AnyOf, s.OneOf = someOf("event", "operation").AnyOf, atMostOneAddress()
		s.AllOf = []*schema{{If: someOf("topic", "kafka", "redis"), Then: someOf("group", "operation")}}
	},
	"contracts.Trigger": func(s *schema) {
		s.OneOf = oneOf("http", "exec", "event", "go").OneOf
		inBody := &schema{Required: []string{"id"}, Properties: named{{"id", &schema{Pattern: "^body:"}}}}
		s.AllOf = []*schema{{If: inBody, Then: requires("body")}}
	},
	"contracts.Step":    func(s *schema) { s.OneOf = oneOf("http", "exec", "event", "go").OneOf },
	"contracts.Retry":   func(s *schema) { s.Required = []string{"attempts"} },
	"contracts.Backoff": func(s *schema) { s.Required = []string{"initial"} },
	"contracts.DLQ":     func(s *schema) { s.Required = []string{"topic"} },
	"contracts.Effect": func(s *schema) {
		s.OneOf = oneOf("event", "sql", "http").OneOf
		s.AllOf = []*schema{
			{If: requires("correlate"), Then: requires("event")},
			{If: requires("count"), Then: requires("http")},
		}
	},
	"contracts.LagObjective": func(s *schema) { s.MinProperties = 1 },
	"contracts.Waiver":       func(s *schema) { s.Required = []string{"rule", "reason", "until"} },

	"scenario.Scenario": scenarioFile,
	"scenario.Cluster": func(s *schema) {
		external := &schema{Required: []string{"kind"}, Properties: named{{"kind", &schema{Const: "external"}}}}
		s.AllOf = []*schema{{If: external, Then: someOf("bootstrap", "client-config")}}
	},
	"scenario.Prometheus": func(s *schema) {
		s.OneOf = oneOf("server", "exporters").OneOf
		s.AllOf = []*schema{{If: requires("match"), Then: requires("server")}}
	},
	"scenario.Service": func(s *schema) {
		s.Required = []string{"name"}
		s.OneOf = oneOf("build", "command", "image").OneOf
		asked := &schema{Required: []string{"ready"}, Properties: named{{"ready", requires("http")}}}
		s.AllOf = []*schema{{If: asked, Then: requires("url")}}
	},
	"scenario.Ready": func(s *schema) { s.AnyOf = someOf("tcp", "http", "group", "log").AnyOf },
	"scenario.Load": func(s *schema) {
		s.Required, s.OneOf = []string{"profile"}, oneOf("event", "topic").OneOf
		s.AllOf = []*schema{
			{If: requires("topic"), Then: requires("payload")},
			{If: requires("tombstones"), Then: requires("keys")},
		}
	},
	"scenario.Payload":            func(s *schema) { s.OneOf = oneOf("size", "corpus", "template").OneOf },
	"scenario.Size":               lognormalOr("bytes", "file"),
	"scenario.Process":            lognormalOr("time"),
	"scenario.Transactions":       func(s *schema) { s.Required = []string{"records"} },
	"scenario.PartitionObjective": func(s *schema) { s.Required = []string{"publish"} },
	"scenario.Background":         func(s *schema) { s.Required = []string{"partitions"} },
	"scenario.Segment":            profileSegment,
	"scenario.Hot":                func(s *schema) { s.Required = []string{"keys", "share"} },
	"scenario.Consumers":          func(s *schema) { s.Required = []string{"group", "topics"} },
	"scenario.Fault":              fault,
	"scenario.Random":             func(s *schema) { s.Required = []string{"faults"} },
	"scenario.RandomFault": func(s *schema) {
		s.OneOf, s.Not = oneOf(actions...).OneOf, someOf("at", "every", "when", "always", "poison", "duplicate", "near-identical", "rolling-restart")
	},
	"scenario.When": func(s *schema) {
		s.OneOf = []*schema{{Required: []string{"acks"}, Not: someOf("group", "lag")}, {Required: []string{"lag"}, Not: requires("acks")}}
	},
	"scenario.Target":  target,
	"scenario.Isolate": target,
	"scenario.Pause":   func(s *schema) { targetOr(s, "service") },
	"scenario.Cut":     func(s *schema) { s.AllOf = []*schema{oneLink()} },
	"scenario.Link":    func(s *schema) { s.AllOf = []*schema{oneLink()} },
	"scenario.Latency": func(s *schema) {
		s.Required, s.AllOf = []string{"delay"}, []*schema{oneLink()}
	},
	"scenario.Bandwidth": func(s *schema) {
		s.Required, s.AllOf = []string{"per-second"}, []*schema{oneLink()}
	},
	"scenario.Reply": func(s *schema) {
		s.Required, s.AllOf = []string{"api"}, []*schema{oneLink()}
		s.OneOf = oneOf("error", "drop").OneOf
	},
	"scenario.DeleteTopic":   func(s *schema) { s.Required = []string{"topic"} },
	"scenario.AlterTopic":    func(s *schema) { s.Required = []string{"topic", "config"} },
	"scenario.Quota":         func(s *schema) { s.AnyOf = someOf("produce", "consume").AnyOf },
	"scenario.Elect":         func(s *schema) { s.Required = []string{"unclean"} },
	"scenario.Crash":         func(s *schema) { s.Required = []string{"service"} },
	"scenario.ServiceTarget": func(s *schema) { s.Required = []string{"service"} },
	"scenario.LoadTarget":    func(s *schema) { s.Required = []string{"event", "share"} },
	"scenario.Duplicate":     func(s *schema) { s.Required = []string{"event", "share"} },
	"scenario.Poison": func(s *schema) {
		s.Required = []string{"event", "share"}
		is := func(kind string) *schema {
			return &schema{Required: []string{"kind"}, Properties: named{{"kind", &schema{Const: kind}}}}
		}
		s.AllOf = []*schema{
			{If: requires("header"), Then: is("missing-header")},
			{If: requires("size"), Then: is("too-large")},
			{If: is("too-large"), Then: requires("size")},
		}
	},
	"scenario.FaultObjective":  func(s *schema) { s.Required = []string{"unavailable"} },
	"scenario.HealedObjective": func(s *schema) { s.Required = []string{"within"} },
}

// scenarioFile asks for load, or for consumers and how long they run, and for
// contracts where the load is of events.
func scenarioFile(s *schema) {
	s.Required = []string{"weir", "name"}
	noEvent := &schema{Items: &schema{Not: requires("event")}}
	ofEvents := &schema{Required: []string{"load"}, Properties: named{{"load", &schema{Not: noEvent}}}}
	s.AnyOf = []*schema{requires("load"), requires("consumers", "for")}
	s.AllOf = []*schema{{If: ofEvents, Then: requires("contracts")}}
}

// lognormalOr asks for one of the fields, or for a median with its p99.
func lognormalOr(fields ...string) func(*schema) {
	return func(s *schema) {
		s.OneOf = slices.Concat(oneOf(fields...).OneOf, []*schema{requires("median", "p99")})
		s.AllOf = []*schema{{If: someOf("median", "p99"), Then: requires("median", "p99")}}
	}
}

var transports = []string{"topic", contracts.TransportKafka, contracts.TransportRabbitMQ, contracts.TransportRedis, contracts.TransportEventBridge}

func atMostOneAddress() []*schema {
	return append(oneOf(transports...).OneOf, &schema{Not: someOf(transports...)})
}

// contract asks for an interaction, and for an address in each where no
// AsyncAPI document gives it; only such a document has operations.
func contract(s *schema) {
	s.Required = []string{"weir", "service"}
	has := func(list string) *schema {
		return &schema{Required: []string{list}, Properties: named{{list, &schema{MinItems: 1}}}}
	}
	s.AnyOf = []*schema{has("produces"), has("consumes"), requires("asyncapi")}
	addressed := &schema{Items: someOf(transports...)}
	addressed.Items.Not = requires("operation")
	s.If = &schema{Not: requires("asyncapi")}
	s.Then = &schema{Properties: named{{"produces", addressed}, {"consumes", addressed}}}
}

// ids are those of brokers, at least one and each once.
func ids(s *schema) *schema {
	s = filled(s)
	s.Items, s.UniqueItems = &schema{Type: "integer", Minimum: number(0)}, true
	return s
}

// actions are those of faults that have a time.
var actions = []string{"kill", "stop", "pause", "wipe", "isolate", "fill-disk", "rolling-restart", "elect", "crash", "restart", "cut", "reset", "latency", "bandwidth", "reply", "delete-topic", "alter-topic", "quota"}

// fault asks for one action; what happens once says when, what is part of the
// load that it is always there.
func fault(s *schema) {
	for _, action := range actions {
		begins := someOf("at", "every")
		begins.Not = requires("when")
		s.OneOf = append(s.OneOf, &schema{Required: []string{action}, OneOf: []*schema{begins, requires("when")}})
	}
	s.OneOf = append(s.OneOf, requires("poison", "always"), requires("duplicate", "always"), requires("near-identical", "always"))
}

// picks are the fields of which one names brokers; with some of them count
// says how many.
var (
	counted = []string{"brokers", "followers-of", "rack"}
	single  = []string{"broker", "leader-of", "group-coordinator", "transaction-coordinator", "controller"}
)

// target asks for brokers by one field, or a count of all of them.
func target(s *schema) { targetOr(s) }

// targetOr is target where other fields can name something else.
func targetOr(s *schema, others ...string) {
	for _, field := range slices.Concat(single, []string{"all"}, others) {
		s.OneOf = append(s.OneOf, &schema{Required: []string{field}, Not: requires("count")})
	}
	s.OneOf = append(s.OneOf, oneOf(counted...).OneOf...)
	s.OneOf = append(s.OneOf, &schema{Required: []string{"count"}, Not: someOf(slices.Concat(single, counted, []string{"all"}, others)...)})
}

// oneLink asks that connections are named by at most one of what excludes each
// other.
func oneLink() *schema {
	excluding := []*schema{requires("client", "service")}
	all := slices.Concat(single, counted)
	for i, field := range all {
		for _, other := range all[i+1:] {
			excluding = append(excluding, requires(field, other))
		}
		if i < len(single) {
			excluding = append(excluding, requires(field, "count"))
		}
	}
	return &schema{Not: &schema{AnyOf: excluding}}
}

// profileSegment asks for one kind of segment with the fields that it has,
// and no field of another kind.
func profileSegment(s *schema) {
	kinds := []struct {
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
	for _, k := range kinds {
		var others []string
		for _, field := range []string{"by", "every", "amplitude", "period", "over", "for"} {
			if !slices.Contains(k.fields, field) {
				others = append(others, field)
			}
		}
		s.OneOf = append(s.OneOf, &schema{Required: append([]string{k.kind}, k.fields...), Not: someOf(others...)})
	}
}
