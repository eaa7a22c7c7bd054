#!/bin/sh
# join.sh starts a second broker (node 2, no controller, one PLAINTEXT listener) beside the one that start.sh started,
# waits until the cluster names it, and prints its address. stop.sh stops both.
. "$(dirname -- "$0")/env.sh"

running || { echo "kafka: no broker of $run is running: run $here/start.sh first" >&2; exit 1; }
first=$run
run=$first/second
if running; then
	cat "$run/bootstrap"
	exit 0
fi
property() { sed -n "s/^$1=//p" "$2"; }
id=$(property cluster.id "$first/data/meta.properties")
for attempt in 1 2 3; do
	rm -rf "$run"
	mkdir -p "$run/data"
	plain=$("$first/bin/ready" -ports 1)
	{
		grep -v -e '^process\.roles=' -e '^node\.id=' -e '^listeners=' -e '^log\.dirs=' -e '^sasl\.' -e '^ssl\.' -e '^listener\.name\.' "$first/server.properties"
		echo "process.roles=broker"
		echo "node.id=2"
		echo "listeners=PLAINTEXT://127.0.0.1:$plain"
		echo "log.dirs=$run/data"
	} >"$run/server.properties"
	java -Xmx128m -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$lib/*" kafka.tools.StorageTool format \
		-t "$id" -c "$run/server.properties" >"$run/format.log" 2>&1 || {
		cat "$run/format.log" >&2
		exit 1
	}
	launch
	if "$first/bin/ready" -broker "127.0.0.1:$plain" -brokers 2 -timeout 60s -pidfile "$run/pid" 2>"$run/ready.log"; then
		echo "127.0.0.1:$plain" >"$run/bootstrap"
		cat "$run/bootstrap"
		exit 0
	fi
	halt
	grep -q "Address already in use" "$run/server.log" "$run/stdout.log" 2>/dev/null || break
done
cat "$run/ready.log" >&2
echo "kafka: the second broker did not start; its log is $run/server.log" >&2
tail -n 20 "$run/server.log" "$run/stdout.log" >&2 || true
exit 1
