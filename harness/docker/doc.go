// Package docker is the cluster kind docker: real Apache Kafka brokers in
// containers, and containers of services under test beside them.
//
// A cluster is a set of combined KRaft broker-controllers, or of brokers and
// three controllers beside them, which are on the CONTROLLER network alone and
// have the ids that follow the brokers'. Each broker has four listeners from the
// start: HOST (a published port that stays the same for the life of the cluster,
// whatever is killed and started), SERVICES (for containers on the network
// weir-RUN-svc), REPLICATION (weir-RUN-repl) and, where it is a controller,
// CONTROLLER (weir-RUN-ctl). Each node keeps its data on a volume of its own:
// a node that was killed comes back with it, a node that was wiped without.
// Disks that have a size, so that they can be full, lie in memory.
// Addresses on the networks are pinned, so a node keeps them too.
//
// A cluster implements every fault interface of package chaos/fault. Faults
// are SIGKILL, SIGTERM and the freezer on real processes; what they show of
// Kafka is real, except that a killed process does not lose the page cache:
// power loss is not shown.
//
// What is started carries labels of its run and is removed by Close. What a
// killed process left behind is removed on the next start, only that of dead
// runs of this machine and process namespace (package lease): of a docker
// cluster by Sweep, of any other by the record of which engine a run uses, which
// is there before the run makes anything (package leftover).
// Testcontainers finds the engine, its address and the credentials of
// registries; the containers are made with its client directly, because its
// reaper (Ryuk) is one more image to pull and cannot tell a paused debugger
// from a dead run. No reaper is ever started.
//
// The package is the only one that imports testcontainers. It is not for
// production clusters, and not a general container library.
package docker
