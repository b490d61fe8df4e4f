// Package prometheus takes what brokers say of themselves while a run goes on:
// from a Prometheus server, which has it already, or from the exporters of the
// brokers.
//
// Guarantees. A value has the time at which it was measured, and comes once:
// a server is asked for the samples that it has, not for what a query makes of
// them. A counter is what it grew by per second between two samples of its own;
// where it began anew there is no value. What could not be read is counted, its
// reasons are kept, and it ends nothing. Answers, series and samples are
// bounded.
//
// Times are those of the server, whose clock may differ from this machine's: a
// difference of more than two seconds is told. It evaluates no PromQL, and
// judges nothing.
package prometheus
