// Package compare says whether a flow became slower: two sides, each several
// runs of one workload, metric by metric, with intervals that hold for all
// metrics at once.
//
// # Method
//
// The run is the unit: a side's value is the geometric mean of its runs'
// values, and what differs from run to run decides how sure a difference is.
// Only the steady phase counts.
//
//   - A hierarchical bootstrap gives the standard error: it draws runs, and
//     within each drawn run blocks of consecutive intervals, whose histograms
//     are merged before a percentile is taken. A block is as long as the cube
//     root of the number of intervals, rounded up (Hall, Horowitz and Jing,
//     Biometrika 82, 1995), because neighbouring seconds are alike.
//   - The interval is the difference of the logarithms ± t times that error,
//     with Welch's degrees of freedom. The quantiles of the bootstrap itself
//     are not used: of five runs they are far too narrow, which the tests show.
//   - Bonferroni: with K metrics and 99% confidence each interval has
//     1 − 0.01/K, so that all of them hold together in 99 of 100 comparisons.
//   - Runs that were interleaved are also compared pair by pair, which takes
//     away what both runs of a pair share. The interval of the pairs then has
//     a fifth of the error and the other one the rest, so that both hold
//     together, and the narrower one counts.
//   - A single candidate run (Options.Prediction) is held against a prediction
//     interval: where one more run of the base would lie, with the error of the
//     base's mean and of one run, and one degree of freedom less than it has
//     runs. That the candidate varies as the base does is taken for granted.
//
// # Guarantees
//
// The same run directories and seed give the same bytes. Fewer than MinRuns
// runs a side (of the base, with Options.Prediction), or runs of different
// workloads, are described and never judged. Percentiles are those of the merged
// histogram logs, as every other view shows them.
//
// # Not for
//
// Comparing what was measured on different machines: a warning says so, and no
// statistics can take it back.
package compare
