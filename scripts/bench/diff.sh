#!/usr/bin/env bash
# Compares the workloads of velo-bench at the commit BASE with those of this tree, in turns, by benchstat.
# Usage: diff.sh BASE [WORKLOAD…]; ROUNDS (6), ROWS (1000000).
set -euo pipefail
cd "$(dirname "$0")/../.."
base=$(git rev-parse --verify --quiet "${1:?which commit to compare with}^{commit}") || {
	echo "diff.sh: there is no commit $1" >&2
	exit 2
}
shift
rounds=${ROUNDS:-6} rows=${ROWS:-1000000}
work=.cache/bench/diff
rm -rf "$work"
mkdir -p "$work"
git archive "$base" | tar -x -C "$work" --one-top-level=tree
(cd "$work/tree" && CGO_ENABLED=0 go build -buildvcs=false -o ../velo-bench-base ./cmd/velo-bench)
rm -rf "$work/tree"
CGO_ENABLED=0 go build -o "$work/velo-bench-here" ./cmd/velo-bench
for ((i = 1; i <= rounds; i++)); do
	for side in base here; do
		echo "round $i of $rounds: $side" >&2
		"$work/velo-bench-$side" run "${@:-group-keys}" --rows "$rows" --rounds 1 --procs 1 -o benchstat >>"$work/$side.txt"
	done
done
go run golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da "$work/base.txt" "$work/here.txt"
