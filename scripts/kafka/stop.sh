#!/bin/sh
# stop.sh stops the broker that start.sh started, by its pid only, and waits until it is gone.
. "$(dirname -- "$0")/env.sh"

if ! running; then
	rm -f "$run/pid"
	exit 0
fi
kill -TERM "$pid" 2>/dev/null || true
i=0
while kill -0 "$pid" 2>/dev/null; do
	i=$((i + 1))
	# A broker that cannot shut down in ten seconds is of no use to anybody: its data is thrown away anyway.
	[ $i -ne 100 ] || kill -KILL "$pid" 2>/dev/null || true
	[ $i -lt 150 ] || { echo "kafka: process $pid does not end" >&2; exit 1; }
	sleep 0.1
done
rm -f "$run/pid" "$run/bootstrap" "$run"/bootstrap.*
