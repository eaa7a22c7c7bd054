#!/bin/sh
# stop.sh stops the broker that start.sh started, and one that join.sh put beside it, by their pids only, and waits until
# they are gone.
. "$(dirname -- "$0")/env.sh"

first=$run
run=$first/second
halt
run=$first
halt
