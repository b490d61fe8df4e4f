#!/bin/sh
# kafka-storage.sh format --cluster-id ID --config server.properties
exec /opt/kafka/bin/kafka-run-class.sh kafka.tools.StorageTool "$@"
