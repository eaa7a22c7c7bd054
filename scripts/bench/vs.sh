#!/usr/bin/env bash
# Compares velo with its peers and writes bench/results/*.json and the tables of BENCHMARKS.md.
# Arguments: files, output, arrow, memory, windows, libraries, kafka, start, threads (all of them if none is given), flink (starts an Apache Kafka; needs Java 17 and Maven).
# ROUNDS (5): rounds of each comparison; WORKLOADS: only these of files, memory, kafka or flink: name the part that has them.
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${ROUNDS:-5}
cache=.cache/bench
venv=$cache/venv
windows=tumbling,sliding,hopping,session,emit-changes,moving-average
arrow=arrow-group,arrow-zipf,arrow-filter-group,arrow-million,arrow-million-int
output=json-to-csv,json-to-json
mkdir -p "$cache" bench/results

install() {
	cmp -s bench/requirements.txt "$venv/requirements.txt" && return
	echo "installing the peers of bench/requirements.txt into $venv" >&2
	python3 -m venv --clear "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/requirements.txt
	cp bench/requirements.txt "$venv/requirements.txt"
}

# keep NAME COMMAND…: the output becomes a result only when all of it is right.
keep() {
	local name=$1
	shift
	echo "== $name" >&2
	"$@" >"$cache/$name.json"
	mv "$cache/$name.json" "bench/results/$name.json"
}

make --no-print-directory build
if VELO_BENCH_COMMIT=$(git rev-parse HEAD 2>/dev/null); then
	git diff --quiet HEAD -- . ':!bench/results' ':!BENCHMARKS.md' || VELO_BENCH_COMMIT+=", changed"
	export VELO_BENCH_COMMIT
fi
for part in ${@:-files output arrow memory windows libraries kafka start threads}; do
	case $part in
	files)
		install
		keep files bin/velo-bench vs peers ${WORKLOADS:---source=file --except=$arrow,$output} --python "$venv/bin/python" --rounds "$rounds" -o json
		;;
	arrow)
		install
		keep arrow bin/velo-bench vs peers ${arrow//,/ } --python "$venv/bin/python" --rounds "$rounds" -o json
		;;
	output)
		install
		keep output bin/velo-bench vs peers ${output//,/ } --python "$venv/bin/python" --rounds "$rounds" -o json
		;;
	memory)
		install
		keep memory bin/velo-bench vs peers ${WORKLOADS:---source=memory --except=$windows} --python "$venv/bin/python" --rounds "$rounds" -o json
		;;
	windows)
		install
		keep windows bin/velo-bench vs peers ${windows//,/ } --python "$venv/bin/python" --rounds "$rounds" -o json
		;;
	libraries)
		(cd bench/peers && go build -o ../../bin/peers .)
		keep libraries bin/peers -rounds "$rounds" -o json
		;;
	kafka) keep kafka bin/velo-bench vs kafka ${WORKLOADS:-} --rounds "$rounds" --procs 1 -o json ;;
	start)
		install
		keep start bin/velo-bench vs start --python "$venv/bin/python" --rounds "$((4 * rounds))" -o json
		;;
	threads) keep threads bin/velo-bench vs threads --rounds "$rounds" -o json ;;
	flink)
		scripts/kafka/install.sh
		pid=${VELO_KAFKA_CACHE:-.cache/kafka}/run/pid
		before=$(cat "$pid" 2>/dev/null || true)
		broker=$(scripts/kafka/start.sh)
		[ "$before" = "$(cat "$pid")" ] || trap scripts/kafka/stop.sh EXIT # a broker that ran already is left running
		keep flink bin/velo-bench vs flink --broker "$broker" --procs 1 -o json
		keep kafka-real bin/velo-bench vs kafka ${WORKLOADS:-} --broker "$broker" --rounds "$rounds" --procs 1 -o json
		;;
	*)
		echo "vs.sh: there is no part $part; parts: files, output, arrow, memory, windows, libraries, kafka, start, threads, flink" >&2
		exit 2
		;;
	esac
done
bin/velo-bench tables bench/results --into BENCHMARKS.md
echo "bench/results and the tables of BENCHMARKS.md are new"
