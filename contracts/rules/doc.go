// Package rules is the static analysis of contracts: what weir check reports
// in one contract and between those that are judged together, before any
// broker runs.
//
// Check takes contracts that package contracts loaded; what their files say
// wrong by themselves (unknown fields, malformed places, schemas that are not
// defined) the loader has reported already and is not said twice here.
//
// Every rule has an id, a severity and a page ([Explain]) whose bad example
// breaks it and whose good example does not; [Rules] lists them.
//
// Guarantees: every finding has an id of Rules, a place in the file that must
// change, and where another file explains it that place too; the order of
// findings depends on the files alone; nothing is fetched and nothing is
// written. What cannot be judged (a need of an event whose schema is in a
// registry) is a finding of severity info, never silence.
//
// The work grows with what the contracts say, not with its square: topics,
// events and schemas are indexed once.
//
// Versions of a schema are not compared here, nor two states of a contract,
// and nothing is asked of a live broker: facts about topics are those that
// contracts state.
package rules
