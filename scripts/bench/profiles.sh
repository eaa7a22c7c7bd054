#!/usr/bin/env bash
# Writes profiles/WORKLOAD/cpu.pprof and top.txt for each workload of velo-bench, or for those that are named. ROWS (1000000).
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bin=$dir/velo-bench
CGO_ENABLED=0 go build -trimpath -o "$bin" ./cmd/velo-bench # built and run apart: no path of the tree goes into a profile
for w in ${@:-$("$bin" list --names)}; do
	"$bin" run "$w" --rows "${ROWS:-1000000}" --rounds 5 --procs 1 --profile cpu >"$bin.txt"
	{
		cat "$bin.txt"
		go tool pprof -top -nodecount 30 "profiles/$w/cpu.pprof" 2>/dev/null | grep -v -E '^(File|Build ID|Time):'
	} >"profiles/$w/top.txt"
	echo "profiles/$w" >&2
done
