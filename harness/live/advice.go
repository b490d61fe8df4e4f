package live

import (
	"cmp"
	"fmt"
)

// Advice is what a user of the flow does about what it lacks, in words that
// follow a colon. An empty text or nil speaks of package harness.
type Advice struct {
	// Contracts passes further contracts, Trigger makes an event's service
	// emit it where its contract says nothing of that, and Failing makes a
	// consumer fail to process an event.
	Contracts        string
	Trigger, Failing func(event string) string
	// Database names the database in which a service's effects are counted,
	// and URL where it listens.
	Database, URL string
	// Invalid says of an event that overrides made invalid what takes such a
	// one.
	Invalid string
}

func (a Advice) contracts() string {
	return cmp.Or(a.Contracts, `pass harness.Contracts("weir.yaml") to Run`)
}

func (a Advice) trigger(name string) string {
	if a.Trigger != nil {
		return a.Trigger(name)
	}
	return fmt.Sprintf("pass harness.Trigger(%q, func...)", name)
}

// Fail is what makes a consumer fail to process an event.
func (a Advice) Fail(event string) string {
	if a.Failing != nil {
		return a.Failing(event)
	}
	return fmt.Sprintf("pass harness.Failing(%q, overrides...) with what it fails to process at each attempt", event)
}

// Ask says where a service can be asked for its effects: in its database, or
// over HTTP.
func (a Advice) Ask(sql bool) string {
	if sql {
		return cmp.Or(a.Database, "pass harness.Database(service, db)")
	}
	return cmp.Or(a.URL, "start it with a URL: harness.Service{URL: \"http://127.0.0.1:{{.Port}}\"}")
}

func (a Advice) invalid() string {
	return cmp.Or(a.Invalid, "harness.Poison sends what is not")
}

// Advice says how a user adds what is missing.
func (f *Flow) Advice() Advice { return f.cfg.Advice }
