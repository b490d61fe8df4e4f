// Package registry reads schemas from a schema registry with Confluent's API:
// that of Confluent, and those of Karapace, Redpanda and Apicurio, which speak
// it, too.
//
// [Registry] answers what is registered: subjects, their versions and levels
// of compatibility, schemas by subject or by id, with all that they refer to.
// [Registry.FS] gives the same as a file system, so that the packages of the
// formats load a registered schema as they load a file. [TopicName],
// [RecordName] and [TopicRecordName] say which subject a record's schema is
// registered under.
//
// Guarantees: nothing is ever registered or changed; credentials appear in no
// error and in no formatted [Config]; every request ends within a timeout; an
// error names the next step.
//
// It checks no compatibility: that is done here, not in the registry, and by
// the packages of the formats.
package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/compat"
)

// Registry is a client of one registry, safe for use by several goroutines.
type Registry struct {
	config Config
	client *sr.Client
	http   *http.Client
}

// Latest is, as a version, the newest of a subject.
const Latest = -1

// ParseVersion reads the version of a contract's registry entry: a number from
// 1, or "latest", which is also what an empty one means.
func ParseVersion(s string) (int, error) {
	if s == "" || s == "latest" {
		return Latest, nil
	}
	version, err := strconv.Atoi(s)
	if err != nil || version < 1 {
		return 0, fmt.Errorf("%q is no version of a subject: versions are numbers from 1, or latest", s)
	}
	return version, nil
}

// Schema is a registered schema.
type Schema struct {
	// Subject and Version are where it was found; empty if by id or GUID.
	Subject string
	Version int
	// ID is its number in this registry; GUID is zero where the registry
	// has none, as before Confluent Platform 8. Records carry one of them.
	ID   int32
	GUID uuid.UUID
	// Format is contracts.FormatAvro, FormatJSONSchema or FormatProtobuf.
	Format string
	// Text is the schema as it was registered.
	Text string
	// References are what it refers to itself; those have their own.
	References []Reference
}

// Reference is another version that a schema refers to by a name: the full
// name of an Avro type, the $ref of a JSON Schema, the import of a .proto.
type Reference struct {
	Name    string
	Subject string
	Version int
}

// New makes a client; it does not reach out yet. Close ends its connections.
func New(config Config) (*Registry, error) {
	config, err := config.check()
	if err != nil {
		return nil, err
	}
	client, err := config.httpClient()
	if err != nil {
		return nil, err
	}
	options := []sr.ClientOpt{sr.URLs(config.URL), sr.HTTPClient(client), sr.UserAgent("weir"), sr.LogLevel(sr.LogLevelNone)}
	switch {
	case config.Token != "":
		options = append(options, sr.BearerToken(config.Token))
	case config.User != "":
		options = append(options, sr.BasicAuth(config.User, config.Password))
	}
	api, err := sr.NewClient(options...)
	if err != nil {
		return nil, err
	}
	return &Registry{config: config, client: api, http: client}, nil
}

// String is the registry's address, without credentials.
func (r *Registry) String() string { return r.config.URL }

// Close ends connections that wait for another request.
func (r *Registry) Close() { r.http.CloseIdleConnections() }

// Subjects are the names of all subjects, sorted.
func (r *Registry) Subjects(ctx context.Context) ([]string, error) {
	subjects, err := r.client.Subjects(ctx)
	if err != nil {
		return nil, r.explain(ctx, "list the subjects", err)
	}
	slices.Sort(subjects)
	return subjects, nil
}

// Versions are the numbers of a subject's versions, the oldest first. Those
// that were deleted are missing.
func (r *Registry) Versions(ctx context.Context, subject string) ([]int, error) {
	what := "read the versions of " + subject
	if err := checkSubject(subject); err != nil {
		return nil, err
	}
	versions, err := r.client.SubjectVersions(ctx, subject)
	if err != nil {
		return nil, r.explainSubject(ctx, what, subject, 0, err)
	}
	slices.Sort(versions)
	return versions, nil
}

// Schema is a version, or Latest, of a subject.
func (r *Registry) Schema(ctx context.Context, subject string, version int) (Schema, error) {
	if err := checkSubject(subject); err != nil {
		return Schema{}, err
	}
	if version < 1 && version != Latest {
		return Schema{}, fmt.Errorf("%d is no version of %s: versions are numbers from 1, or latest", version, subject)
	}
	found, err := r.client.SchemaByVersion(ctx, subject, version)
	what := fmt.Sprintf("read version %s of %s", versionName(version), subject)
	if err != nil {
		return Schema{}, r.explainSubject(ctx, what, subject, version, err)
	}
	if found.Version < 1 || found.Schema.Schema == "" {
		return Schema{}, fmt.Errorf("cannot %s: the registry at %s answers with no schema", what, r)
	}
	s, err := schemaOf(found)
	s.Subject = subject // with a context, registries answer with a longer name
	return s, err
}

// SchemaByID is the schema of a number that a record carries.
func (r *Registry) SchemaByID(ctx context.Context, id int32) (Schema, error) {
	found, err := r.client.SchemaByID(ctx, int(id))
	if err != nil {
		return Schema{}, r.explainID(ctx, fmt.Sprintf("schema %d", id), err)
	}
	return schemaOf(sr.SubjectSchema{ID: int(id), Schema: found})
}

// SchemaByGUID is the schema of a GUID that a record carries.
func (r *Registry) SchemaByGUID(ctx context.Context, guid uuid.UUID) (Schema, error) {
	found, err := r.client.SchemaByGUID(ctx, guid.String())
	if err != nil {
		return Schema{}, r.explainID(ctx, "schema "+guid.String(), err)
	}
	found.Subject, found.Version, found.GUID = "", 0, guid.String()
	return schemaOf(found)
}

// Mode is the level of compatibility that the registry holds new versions of
// a subject to: the subject's own, or else that of the registry.
func (r *Registry) Mode(ctx context.Context, subject string) (compat.Mode, error) {
	if err := checkSubject(subject); err != nil {
		return compat.Mode{}, err
	}
	what := "read the compatibility of " + subject
	answer := r.client.Compatibility(sr.WithParams(ctx, sr.DefaultToGlobal), subject)[0]
	if r.hasNoLevel(answer) {
		answer = r.client.Compatibility(ctx, sr.GlobalSubject)[0]
	}
	if answer.Err != nil {
		return compat.Mode{}, r.explain(ctx, what, answer.Err)
	}
	mode, err := compat.ParseMode(answer.Level.String())
	if err != nil {
		return compat.Mode{}, fmt.Errorf("cannot %s: the registry at %s answers with no level", what, r)
	}
	return mode, nil
}

// hasNoLevel reports whether a registry that does not know defaultToGlobal
// says of a subject that it has no level of its own. Apicurio says NONE, and
// means it so: the level of the registry then holds, even where NONE was set.
func (r *Registry) hasNoLevel(answer sr.CompatibilityResult) bool {
	switch errorCode(answer.Err) {
	case sr.ErrSubjectLevelCompatibilityNotConfigured.Code, sr.ErrSubjectNotFound.Code:
		return true
	}
	isApicurio := strings.Contains(r.config.URL, "/apis/ccompat/")
	return answer.Err == nil && answer.Level == sr.CompatNone && isApicurio
}

// formats are Weir's names of the registries' types of schemas.
var formats = map[sr.SchemaType]string{
	sr.TypeAvro: contracts.FormatAvro, sr.TypeJSON: contracts.FormatJSONSchema, sr.TypeProtobuf: contracts.FormatProtobuf,
}

func schemaOf(s sr.SubjectSchema) (Schema, error) {
	out := Schema{
		Subject: s.Subject, Version: s.Version, ID: int32(s.ID),
		Format: formats[s.Type], Text: s.Schema.Schema,
	}
	if s.GUID != "" {
		guid, err := uuid.Parse(s.GUID)
		if err != nil {
			return Schema{}, fmt.Errorf("the registry gives %s the GUID %q, which is none", s.Subject, s.GUID)
		}
		out.GUID = guid
	}
	for _, ref := range s.References {
		out.References = append(out.References, Reference(ref))
	}
	return out, nil
}

// checkSubject refuses names that no URL can carry as one part of its path.
func checkSubject(subject string) error {
	switch subject {
	case "":
		return errors.New("the subject is empty: name one, such as order.events-value")
	case ".", "..":
		return fmt.Errorf("%q is no name of a subject", subject)
	}
	return nil
}

func versionName(version int) string {
	if version == Latest {
		return "latest"
	}
	return strconv.Itoa(version)
}
