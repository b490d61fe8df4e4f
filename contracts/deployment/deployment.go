// Package deployment knows what is deployed where, without a server: from
// records that pipelines write and commit.
//
// A [Store] keeps, for each environment and service, one record of the
// versions that are live: one, or several while a deployment is rolling. There
// are two kinds. [Directory] keeps a file for each service,
// environments/prod/order-service.yaml, so that pipelines of different services
// never write the same file. [Tags] keeps an annotated git tag for each
// deployment, deploy/prod/order-service/2.1.0, whose message is the record.
// Versions are whatever a pipeline has, a commit id or a semantic version; no
// order among them is assumed: what was recorded last is what is live.
//
// The contract of a live version is read again when somebody asks, in the
// state that was deployed. A record says by which commit and path: a commit
// cannot change, costs nothing to keep, and is there for whoever has the
// repository. Where the contract is in another repository than the records,
// or clones are shallow, the record has a copy beside it instead (Embed), held
// by the hash of its files. Either way what is read is what was recorded, or a
// finding says why not.
//
// It decides nothing: whether a version may be deployed is for package matrix
// and the command. Two pipelines that record one service in one environment
// at the same moment are not kept apart; the later record stands.
package deployment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/document"
	"github.com/flowweir/weir/contracts/internal/bundle"
	"github.com/flowweir/weir/reports/finding"
)

// Deployment is what is recorded.
type Deployment struct {
	Service string
	Version string
	// At is when it was deployed.
	At time.Time
	// Contract is the service's contract file as seen from the working
	// directory, with slashes; empty for a service that has none.
	Contract string
	// Commit is the revision to read the contract at. By default it is HEAD,
	// and the files must be as HEAD has them.
	Commit string
	// Embed keeps a copy of the contract beside the record. Tags cannot.
	Embed bool
	// Rolling keeps the versions that were live before as live beside this
	// one, until Finish.
	Rolling bool
}

// Store keeps what is deployed. It is made by Directory and Tags.
type Store struct{ backend }

// backend is where records are.
type backend interface {
	// environments are the names of all environments, sorted.
	environments(ctx context.Context) ([]string, error)
	// all reads the records of an environment, by service.
	all(ctx context.Context, environment string) ([]stored, []finding.Finding, error)
	// one reads the record of a service; without one it is nil.
	one(ctx context.Context, environment, service string) (*Record, []finding.Finding, error)
	// write replaces the record of a service, and answers where it is now. The
	// copy, if any, is that of the first live version.
	write(ctx context.Context, environment string, r *Record, embedded bundle.Bundle) (string, error)
	// repository is the directory whose git has the commits of records.
	repository() string
	// embedded are the files of a version's copy.
	embedded(environment, service, digest string) (bundle.Bundle, error)
	// check refuses a deployment that the store cannot keep.
	check(Deployment) error
	// owns says whether a git tag is a record.
	owns(tag string) bool
}

// stored is a record with where it is.
type stored struct {
	*Record
	file string // as positions name it
}

// Recorded is what Record and Finish did.
type Recorded struct {
	*Record
	// Place is the file, or the tag, that holds the record now.
	Place string
	// Before are the versions that were live until now.
	Before []Live
}

// InputError is a deployment that cannot be recorded as it is given, with the
// next step.
type InputError struct {
	Message string
	Hint    string
	// Findings are what is wrong in a file that had to be read.
	Findings []finding.Finding
}

func (e *InputError) Error() string { return e.Message }

func refuse(hint, format string, args ...any) error {
	return &InputError{Message: fmt.Sprintf(format, args...), Hint: hint}
}

// Environments are the names of the environments in which anything was
// recorded, sorted.
func (s *Store) Environments(ctx context.Context) ([]string, error) { return s.environments(ctx) }

// Record records a deployment. The error is an *InputError where something
// that was given has to change.
func (s *Store) Record(ctx context.Context, environment string, d Deployment) (*Recorded, error) {
	if err := checkNames(environment, d.Service); err != nil {
		return nil, err
	}
	if err := CheckVersion(d.Version); err != nil {
		return nil, err
	}
	if err := s.check(d); err != nil {
		return nil, err
	}
	before, err := s.before(ctx, environment, d.Service)
	if err != nil {
		return nil, err
	}
	live := Live{Version: d.Version, At: d.At.UTC().Truncate(time.Second)}
	var copied bundle.Bundle
	if d.Contract != "" {
		c, err := capture(ctx, d, s.repository())
		if err != nil {
			return nil, err
		}
		live.Contract, live.Commit = c.path, c.commit
		if d.Embed {
			copied, live.Embedded = c.files, bundle.Digest(c.files.Files())
		}
	}
	next := &Record{Service: d.Service, Live: []Live{live}}
	if d.Rolling {
		for _, l := range before {
			if l.Version != d.Version {
				next.Live = append(next.Live, l)
			}
		}
	}
	return s.put(ctx, environment, next, before, copied)
}

// Finish ends a rolling deployment: version, or where it is empty the one that
// was recorded last, is the only live one.
func (s *Store) Finish(ctx context.Context, environment, service, version string) (*Recorded, error) {
	if err := checkNames(environment, service); err != nil {
		return nil, err
	}
	before, err := s.before(ctx, environment, service)
	if err != nil {
		return nil, err
	}
	if len(before) == 0 {
		return nil, refuse("record it: weir record-deploy --version …", "nothing is recorded of %s in %s", service, environment)
	}
	stays := before[0]
	if version != "" {
		i := slices.IndexFunc(before, func(l Live) bool { return l.Version == version })
		if i < 0 {
			return nil, refuse(document.Suggest(version, versions(before)), "version %q of %s is not live in %s", version, service, environment)
		}
		stays = before[i]
	}
	return s.put(ctx, environment, &Record{Service: service, Live: []Live{stays}}, before, nil)
}

func (s *Store) before(ctx context.Context, environment, service string) ([]Live, error) {
	r, findings, err := s.one(ctx, environment, service)
	switch {
	case err != nil:
		return nil, err
	case finding.Errors(findings) > 0:
		return nil, &InputError{Message: "what is recorded now cannot be read", Findings: findings}
	case r == nil:
		return nil, nil
	}
	return r.Live, nil
}

func (s *Store) put(ctx context.Context, environment string, r *Record, before []Live, copied bundle.Bundle) (*Recorded, error) {
	place, err := s.write(ctx, environment, r, copied)
	if err != nil {
		return nil, err
	}
	return &Recorded{Record: r, Place: place, Before: before}, nil
}

func checkNames(environment, service string) error {
	if err := CheckEnvironment(environment); err != nil {
		return err
	}
	switch {
	case !nameForm.MatchString(service):
		return refuse("use the name in the service's contract", "%q is no name of a service", service)
	case service+".yaml" == contracts.FileName || strings.HasSuffix(service+".yaml", "."+contracts.FileName):
		return refuse("give the service another name", "the record of a service named %s would be taken for a contract", service)
	}
	return nil
}

func versions(live []Live) []string {
	var all []string
	for _, l := range live {
		all = append(all, l.Version)
	}
	return all
}

// Read reads what is live in an environment, with the contracts. The
// Environment is never nil and holds all that could be read; findings say what
// is missing of it. The error is one of git or of the file system.
func (s *Store) Read(ctx context.Context, environment string) (*Environment, []finding.Finding, error) {
	e := &Environment{Name: environment}
	records, findings, err := s.all(ctx, environment)
	if err != nil {
		return e, findings, err
	}
	if len(records) == 0 && finding.Errors(findings) == 0 {
		names, err := s.environments(ctx)
		hint := "the first weir record-deploy --to " + environment + " makes it"
		if near := document.Nearest(environment, names); near != "" && near != environment {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return e, append(findings, finding.Finding{
			ID: NoEnvironment, Severity: finding.Error, Message: fmt.Sprintf("nothing is recorded of an environment %s", environment), Hint: hint,
		}), err
	}
	r := reader{Store: s, e: e, findings: findings}
	for _, record := range records {
		r.service(record)
	}
	err = r.contracts(ctx)
	finding.Sort(r.findings)
	return e, r.findings, err
}
