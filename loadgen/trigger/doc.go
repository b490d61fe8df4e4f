// Package trigger drives the trigger of a contract at a rate: it asks a
// service to emit an event, open loop, and takes its reply for the outcome.
//
// Guarantees. A request starts when it is due, and its latency with it: a
// bound on the requests under way, when it is reached, makes requests late
// and never leaves one out, and the lateness is measured apart (blocked).
// Outcomes are as honest as those of package kafka: accepted only by the
// expected reply, refused only by a reply that says so, unknown otherwise.
//
// What a request is, the Do of a [Driver] decides; the package knows nothing
// of contracts, and it is no general HTTP load tool: it makes one request for
// one event and follows no links, cookies or redirects.
package trigger
