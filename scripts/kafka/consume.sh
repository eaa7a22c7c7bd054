#!/bin/sh
# consume.sh TOPIC [ConsoleConsumer flags] prints a topic from its beginning with Kafka's own console consumer, an
# independent witness of what a sink wrote: partition, offset, timestamp, headers, key and value, separated by tabs.
# It ends when nothing more comes for ten seconds; --max-messages N ends it at once after N.
. "$(dirname -- "$0")/env.sh"

topic=${1:?usage: consume.sh TOPIC [flags]}
shift
exec java -Xmx128m -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$lib/*" \
	org.apache.kafka.tools.consumer.ConsoleConsumer --bootstrap-server "$(cat "$run/bootstrap")" --topic "$topic" --from-beginning \
	--timeout-ms 10000 --isolation-level read_committed \
	--formatter-property print.partition=true --formatter-property print.offset=true --formatter-property print.timestamp=true \
	--formatter-property print.headers=true --formatter-property print.key=true --formatter-property print.value=true "$@"
