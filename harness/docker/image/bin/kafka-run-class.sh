#!/bin/sh
# Runs a class of Kafka with the variables that the scripts of the Apache
# distribution know: KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_OPTS,
# KAFKA_LOG4J_OPTS.
set -eu
home=/opt/kafka
: "${KAFKA_HEAP_OPTS:=-Xmx256M}"
: "${KAFKA_JVM_PERFORMANCE_OPTS:=-server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent}"
: "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=$home/config/log4j2.yaml}"
# An archive of parsed classes (share-classes.sh) is valid for one class path
# in one order only, which a * in the class path would not give.
classpath=$(printf '%s:' "$home"/libs/*.jar)
archive=
[ ! -f "$home/$1.jsa" ] || archive=-XX:SharedArchiveFile=$home/$1.jsa
# The variables hold several options each and are meant to be split.
# shellcheck disable=SC2086
exec /opt/java/bin/java $archive $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS \
	-Djava.awt.headless=true $KAFKA_LOG4J_OPTS ${KAFKA_OPTS:-} \
	-cp "${classpath%:}" "$@"
