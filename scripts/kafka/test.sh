#!/bin/sh
# test.sh installs and starts a real Apache Kafka, runs the tests that want one against it, and stops it again.
# Arguments go to go test: scripts/kafka/test.sh -run TestReal ./ingest/kafka (default: every real-broker test).
# A broker that already runs is used and left running. Exit code 3: Java 17 or Maven is missing.
. "$(dirname -- "$0")/env.sh"

"$here/install.sh"
if ! running; then
	trap '"$here/stop.sh"' EXIT
	trap 'exit 130' INT TERM
fi
VELO_TEST_KAFKA=$("$here/start.sh")
VELO_TEST_KAFKA_RUN=$run
VELO_TEST_KAFKA_SCRIPTS=$here
export VELO_TEST_KAFKA VELO_TEST_KAFKA_RUN VELO_TEST_KAFKA_SCRIPTS
cd "$root"
# -count=1: whether a cached answer still holds is not for the cache to know when a broker is involved.
[ $# -gt 0 ] || set -- -run '^TestReal' ./ingest/kafka/...
go test -count=1 "$@"
