// Package asyncapi reads AsyncAPI 3.0 and 3.1 documents, lets a contract
// stand on one, and writes either from the other.
//
// [Load] reads a document in YAML or JSON: channels, operations, messages and
// the Kafka bindings, with references resolved and traits merged. Everything
// knows its place in the file. [Files] is what contracts are loaded from where
// some stand on documents (asyncapi: asyncapi.yaml): [Document.Complete] gives
// these the events, addresses and schemas of their document. [Stand] writes a
// first contract that stands on a document, [Import] one that copies it, and
// [Export] a document.
//
// Guarantees:
//   - A document is checked against the JSON Schema that the AsyncAPI
//     Initiative publishes for its version, and every reference is followed.
//     What is wrong has file, line and column.
//   - Nothing is fetched. References lead within the file system given.
//   - Payload schemas and examples that stand inside the document are files of
//     [Document.FS], named DOCUMENT#/pointer and complete in themselves;
//     [Document.Locate] moves what is found in them to the document.
//   - What Export writes, Import reads as the same contract. Over a document
//     that the contract stands on, Export keeps the text and adds x- fields
//     alone, and who stands on the result has the same contract. What AsyncAPI
//     has no field for stands in extensions: x-retry, x-deadLetter,
//     x-transactional, x-isolationLevel and x-compatibility by the names of
//     the open proposals, and the rest in x-weir, in the contract's own words.
//   - What Import does not carry over, it lists.
//
// It is no validator of AsyncAPI beyond that, it reads no 2.x documents, and
// it does not check payloads: that is for the packages of the schema's format
// and, for examples, package rules.
package asyncapi
