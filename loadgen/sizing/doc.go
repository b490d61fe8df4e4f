// Package sizing is the arithmetic of a capacity worksheet: how many
// partitions, consumers and brokers a target rate needs, how long a backlog
// takes, and what one key allows. It is pure: every result names its formula,
// and every input is handed back with its value and where it is from.
//
// The formulas.
//
//   - Partitions: target ÷ the least of what a partition takes from producers
//     and what a consumer takes of it (Jun Rao, "How to choose the number of
//     topics/partitions in a Kafka cluster?", Confluent, 2015), times the
//     buffer, rounded up.
//   - Consumers of a group: target ÷ what one takes, times the buffer, rounded
//     up, and never more than partitions: Kafka gives a partition to one member.
//   - Brokers: for each of ingress (target × bytes × replication), egress
//     (target × bytes × (groups + replication − 1): followers fetch too) and
//     disk (target × bytes × replication × retention) as many as hold it with
//     headroom; the largest of them, and one more, so that one may be down; and
//     at least one for each replica.
//   - Catch-up: an outage of length O leaves target × O records, and consumers
//     take them with what they have beyond the target: target × O ÷ (consumers ×
//     per consumer − target).
//   - Hottest key: all records of a key go to one partition and to one consumer,
//     so a key with the share h bounds the target by the limit of a partition ÷ h,
//     however many partitions there are.
//
// What it is not: a model of a cluster. Limits that were measured hold for that
// cluster, those record sizes and settings; page cache, disks and networks do
// not scale as divisions do.
package sizing
