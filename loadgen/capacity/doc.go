// Package capacity finds the highest rate at which a flow holds its
// objectives: a search that says which rate to probe next, and judges what is
// known when it ends. It starts nothing and reads no clock: who asks makes the
// probes, so the same outcomes always give the same search.
//
// The search. The rate is doubled from a low one until a probe misses; then the
// gap is halved, geometrically, until the lowest rate that missed is within the
// resolution of the highest that met; then the answer is confirmed by probes of
// which all must meet. The number of probes is bounded: of a capacity C at most
// log2(C/From)+3 to bracket it, 2·log2(ln 2/ln(1+Resolution))+2 to bisect, and
// the confirmations.
//
// Chance and overload. A miss counts when its rate was probed again and missed
// again: what one probe left behind, or a hiccup of the machine, is no limit of
// the flow. While confirming one miss is enough, unless the probe before it
// missed too; the answer is then lowered by one resolution and confirmed anew,
// at most eight times. The result tells the confirmations, how sure they
// make it, and the rates at which probes disagreed.
//
// A probe without evidence (the generator was the limit, or nothing could be
// judged) says nothing against the flow: the search ends there, what was met is
// confirmed, and the answer is "at least".
//
// It is not for flows whose objectives are missed at low rates and met at
// higher ones: between a rate that met and one that missed, it takes them for
// monotone.
package capacity
