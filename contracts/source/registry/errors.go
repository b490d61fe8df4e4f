package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/flowweir/weir/contracts/document"
)

// notFound is for what the registry does not have; it is an fs.ErrNotExist.
type notFound string

func (e notFound) Error() string { return string(e) }

func (notFound) Is(target error) bool { return target == fs.ErrNotExist }

// Unanswered is the error of a registry that could not be asked, whatever the
// question: nothing answers there, or not in time, or something that is no
// registry, or it refuses who asks.
type Unanswered struct {
	Registry string // its address
	What     string // the question, such as "read the versions of orders-value"
	Err      error
}

func (e *Unanswered) Error() string { return fmt.Sprintf("cannot %s: %v", e.What, e.Err) }

func (e *Unanswered) Unwrap() error { return e.Err }

// errorCode is Confluent's code of an error, 0 if it has none.
func errorCode(err error) int {
	var answer *sr.ResponseError
	if errors.As(err, &answer) {
		return answer.ErrorCode
	}
	return 0
}

// explainSubject explains an error about a subject or one of its versions.
func (r *Registry) explainSubject(ctx context.Context, what, subject string, version int, err error) error {
	switch errorCode(err) {
	case sr.ErrSubjectNotFound.Code, sr.ErrSubjectSoftDeleted.Code:
		return r.noSubject(ctx, subject)
	case sr.ErrVersionNotFound.Code, sr.ErrSchemaVersionSoftDeleted.Code, sr.ErrInvalidVersion.Code:
		return r.noVersion(ctx, subject, version)
	}
	return r.explain(ctx, what, err)
}

func (r *Registry) noSubject(ctx context.Context, subject string) error {
	message := fmt.Sprintf("the registry at %s has no subject %s", r, subject)
	subjects, err := r.Subjects(ctx)
	if err != nil {
		return notFound(message) // no more than a hint is lost
	}
	if near := document.Nearest(subject, subjects); near != "" {
		return notFound(fmt.Sprintf("%s; did you mean %s?", message, near))
	}
	return notFound(fmt.Sprintf("%s, but %d others", message, len(subjects)))
}

func (r *Registry) noVersion(ctx context.Context, subject string, version int) error {
	message := fmt.Sprintf("subject %s in the registry at %s has no version %s", subject, r, versionName(version))
	versions, err := r.client.SubjectVersions(ctx, subject)
	switch {
	case errorCode(err) == sr.ErrSubjectNotFound.Code:
		return r.noSubject(ctx, subject)
	case err != nil || len(versions) == 0:
		return notFound(message)
	}
	slices.Sort(versions)
	return notFound(fmt.Sprintf("%s; it has %s", message, strings.ReplaceAll(strings.Trim(fmt.Sprint(versions), "[]"), " ", ", ")))
}

// explainID explains an error about an id that a record carries.
func (r *Registry) explainID(ctx context.Context, id string, err error) error {
	switch errorCode(err) {
	case sr.ErrSchemaNotFound.Code, sr.ErrSubjectNotFound.Code, sr.ErrVersionNotFound.Code:
		return notFound(fmt.Sprintf("the registry at %s has no %s: was the record written with another registry?", r, id))
	}
	return r.explain(ctx, "read "+id, err)
}

// explain says what is wrong with the registry, or with how it is reached.
func (r *Registry) explain(ctx context.Context, what string, err error) error {
	var (
		answer  *sr.ResponseError
		request *url.Error
		slow    interface{ Timeout() bool }
		syntax  *json.SyntaxError
		kind    *json.UnmarshalTypeError
	)
	problem := func(format string, args ...any) error {
		return fmt.Errorf("cannot %s: %w", what, fmt.Errorf(format, args...))
	}
	unanswered := func(format string, args ...any) error {
		return &Unanswered{Registry: r.String(), What: what, Err: fmt.Errorf(format, args...)}
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("cannot %s: %w", what, ctx.Err())
	case errors.Is(err, errTooLong):
		return problem("the registry at %s answers with more than %d MiB", r, maxAnswer>>20)
	case errors.As(err, &slow) && slow.Timeout():
		return unanswered("the registry at %s did not answer within %s: is it up, and is %s right?", r, r.config.Timeout, EnvURL)
	case errors.As(err, &request):
		return unanswered("the registry at %s cannot be reached: %w; is %s right?", r, request.Err, EnvURL)
	case errors.As(err, &syntax), errors.As(err, &kind):
		return unanswered("what answers at %s is no schema registry; Apicurio has Confluent's API under /apis/ccompat/v7", r)
	case !errors.As(err, &answer):
		return problem("the registry at %s: %w", r, err)
	}
	switch code := answer.StatusCode; {
	case code == http.StatusUnauthorized:
		return unanswered("%s", r.unauthorized())
	case code == http.StatusForbidden:
		return problem("the registry at %s does not allow it to these credentials (403)", r)
	case code == http.StatusNotFound && answer.ErrorCode < 1000: // Confluent's own have five digits
		return unanswered("there is no schema registry at %s (404); Apicurio has Confluent's API under /apis/ccompat/v7", r)
	}
	const most = 200
	said := answer.Error()
	if len(said) > most {
		said = said[:most] + "…"
	}
	return problem("the registry at %s answers %d: %q", r, answer.StatusCode, said)
}

func (r *Registry) unauthorized() string {
	switch {
	case r.config.Token != "":
		return fmt.Sprintf("the registry at %s refuses the token (401): is %s right, and still valid?", r, EnvToken)
	case r.config.User != "":
		return fmt.Sprintf("the registry at %s refuses the user %s (401): are %s and %s right?", r, r.config.User, EnvUser, EnvPassword)
	}
	return fmt.Sprintf("the registry at %s asks who you are (401): set %s and %s, or %s", r, EnvUser, EnvPassword, EnvToken)
}
