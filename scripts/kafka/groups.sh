#!/bin/sh
# groups.sh runs Kafka's own ConsumerGroupCommand against the running broker: groups.sh --describe --group g
. "$(dirname -- "$0")/env.sh"

exec java -Xmx128m -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$lib/*" \
	org.apache.kafka.tools.consumer.group.ConsumerGroupCommand --bootstrap-server "$(cat "$run/bootstrap")" "$@"
