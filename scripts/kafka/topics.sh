#!/bin/sh
# topics.sh runs Kafka's own TopicCommand against the running broker: topics.sh --create --topic t --partitions 3
. "$(dirname -- "$0")/env.sh"

exec java -Xmx128m -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$lib/*" \
	org.apache.kafka.tools.TopicCommand --bootstrap-server "$(cat "$run/bootstrap")" "$@"
