#!/bin/sh
# restart.sh ends the broker that start.sh started, with the signal given (TERM; KILL is a crash), and starts it again on
# the same ports and data. It returns when the broker serves.
. "$(dirname -- "$0")/env.sh"

running || { echo "kafka: no broker of $run is running" >&2; exit 1; }
kill "-${1:-TERM}" "$pid"
i=0
while kill -0 "$pid" 2>/dev/null; do
	i=$((i + 1))
	[ $i -lt 300 ] || { echo "kafka: process $pid does not end" >&2; exit 1; }
	sleep 0.1
done
rm -f "$run/pid"
launch
"$run/bin/ready" -broker "$(cat "$run/bootstrap")" -timeout 90s -pidfile "$run/pid"
