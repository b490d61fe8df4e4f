package effect

import (
	"database/sql"
	"fmt"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/place"
	"github.com/flowweir/weir/contracts/probe"
	"github.com/flowweir/weir/reports/finding"
)

// Places are where services can be asked.
type Places struct {
	// Database is that of a service, and URL where it listens; nil and "" where
	// nobody has said so, as is a nil func.
	Database func(service string) *sql.DB
	URL      func(service string) string
}

// NowhereError says that nobody has said where a service can be asked.
type NowhereError struct {
	Service string
	// SQL says that it is asked in its database, else over HTTP.
	SQL bool
}

func (e *NowhereError) Error() string {
	if e.SQL {
		return fmt.Sprintf("effects of %s are counted in its database, and where that is is not said", e.Service)
	}
	return fmt.Sprintf("effects of %s are counted over HTTP, and where it listens is not said", e.Service)
}

// Source is where the effects that a service's contract declares by sql or
// http are counted. Its errors are a *NowhereError and those of package probe.
func (p Places) Source(service string, e *contracts.Effect) (*Source, error) {
	if e.SQL != "" {
		q, err := probe.ParseQuery(e.SQL)
		if err != nil {
			return nil, err
		}
		if p.Database != nil {
			if db := p.Database(service); db != nil {
				return InDatabase(db, q), nil
			}
		}
		return nil, &NowhereError{service, true}
	}
	r, err := probe.ParseRequest(e.HTTP)
	if err != nil {
		return nil, err
	}
	var count place.Place
	if e.Count != "" {
		if count, err = place.Parse(e.Count); err != nil {
			return nil, err
		}
	}
	if p.URL != nil {
		if at := p.URL(service); at != "" {
			return OverHTTP(at, r, count), nil
		}
	}
	return nil, &NowhereError{service, false}
}

// Finding is what is wrong with a question that was refused, at its place in a
// consumer entry of a contract.
func Finding(c *contracts.Contract, entry int, err error) finding.Finding {
	field := "sql"
	if c.Consumes[entry].Effect.SQL == "" {
		field = "http"
	}
	return finding.Finding{ID: contracts.BadEffect, Severity: finding.Error,
		Message:  fmt.Sprintf("the effects of %s cannot be counted: %v", c.Consumes[entry].Event, err),
		Position: c.Doc.Position("consumes", entry, "effect", field)}
}
