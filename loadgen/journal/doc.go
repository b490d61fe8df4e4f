// Package journal explains what the ledger decides: when, where and with what
// outcome each record was sent, and each time it was seen again. It is written
// off the hot path, in compressed blocks, while the run goes on.
//
// Guarantees. Recording costs a copy into a block of memory; one goroutine
// compresses and writes. Nothing is dropped below the bound: where the disk
// is too slow, recording waits for it. Beyond the bound only unknown and
// failed sends and what happens in fault windows is kept, and what is dropped
// is counted. A block is on its way to the file at most two seconds after its
// first entry, so a run that is killed loses little, and its journal reads up
// to the cut.
//
// Keys, payloads and due times are not in it: they are functions of the seed,
// the sender and the sequence. Order between streams is not kept; entries
// carry their times. No verdict needs the journal.
//
// # Format, version 1
//
// The file blocks.wj begins with the 8 bytes "WEIRJRNL" and the version, 4
// bytes. All fixed-size integers are little endian. Then blocks follow to the
// end of the file, each with a header of 24 bytes:
//
//	0  "WJB1"
//	4  type: 1 names, 2 entries (1 byte), then 3 zero bytes
//	8  count of names or entries
//	12 size of the content
//	16 size of the content as it is stored, compressed with Zstandard
//	20 CRC-32C of bytes 0 to 19 and of the stored content
//
// A names block has, for each name: its table (1 topics, 2 reasons; 1 byte),
// its number, the length of the name (both unsigned varints), the name in
// UTF-8. A name is written before the first entry that uses it; number 0 is
// the empty name in both tables.
//
// An entries block has one column after the other, each with a value for
// every entry, or where said so for every entry of kind send:
//
//	kind       1 byte: 0 send, 1 received, 2 effect, 3 dead, 4 retry, 5 probe
//	sender     Δ to the entry before
//	sequence   Δ to the entry before of this kind and sender
//	topic      Δ to the entry before, of the number of the topic's name
//	partition  Δ to the entry before
//	offset     Δ to the entry before of this kind, topic and partition
//	at         Δ to the entry before, in µs since the load began
//	sent       send only: at − sent in µs
//	outcome    send only: unsigned varint: bits 0 and 1 are 0 acked,
//	           1 failed, 2 unknown; the others the number of the reason
//
// Δ is a zigzag varint of the difference, starting from 0 in every block, so
// that each block can be read by itself. Varints are those of Protocol
// Buffers. For a send, at is when its outcome was known.
package journal
