// Command weir checks event contracts and runs scenarios: it drives load
// through an event flow, breaks brokers and services while the load runs, and
// says with evidence what was lost, duplicated, reordered or late.
//
// The files here are flags and printing, one file for each verb; what the
// verbs do is in the packages that they call. Results go to standard output,
// everything else to standard error. The exit code is 0 for a pass, 1 for
// findings or failed objectives, 2 for usage and unreadable input, 3 for
// infrastructure, 4 for what is inconclusive or vacuous.
package main

import "os"

func main() { os.Exit(execute(systemState())) }
