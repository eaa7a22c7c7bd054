# Sourced by the scripts of this folder: where things are, and whether this machine can run Kafka at all.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
root=$(CDPATH= cd -- "$here/../.." && pwd)
cache=${VELO_KAFKA_CACHE:-$root/.cache/kafka}
lib=$cache/lib
run=$cache/run

# need_java ends with exit code 3 and one line when Java 17 or newer, or Maven, is missing.
need_java() {
	if ! command -v java >/dev/null 2>&1; then
		echo "kafka: java is not installed: install Java 17 or newer to run the Kafka tests" >&2
		exit 3
	fi
	major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
	if [ "${major:-0}" -lt 17 ]; then
		echo "kafka: java ${major:-of unknown version} found: install Java 17 or newer to run the Kafka tests" >&2
		exit 3
	fi
}

need_mvn() {
	if ! command -v mvn >/dev/null 2>&1; then
		echo "kafka: mvn is not installed: install Maven to fetch the jars of Apache Kafka" >&2
		exit 3
	fi
}

# running says whether the broker this folder started is alive: the pid file names a process whose command line is
# that broker's, so a pid that the system gave to somebody else is never signalled.
running() {
	[ -s "$run/pid" ] || return 1
	pid=$(cat "$run/pid")
	kill -0 "$pid" 2>/dev/null || return 1
	ps -o args= -p "$pid" 2>/dev/null | grep -q "velo.kafka.log=$run/"
}

# halt ends that broker and waits until it is gone.
halt() {
	if ! running; then
		rm -f "$run/pid"
		return 0
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
}

# launch starts the broker of server.properties in a process group of its own, so that Ctrl-C at the terminal of the
# tests does not reach it; the pid is written before exec, so that it names the JVM itself.
launch() {
	setsid sh -c 'echo $$ >"$1/pid"; exec java -Xmx512m -Dvelo.kafka.log="$1/server.log" -Dlog4j2.configurationFile="$2/log4j2.properties" \
		-cp "$3/*" kafka.Kafka "$1/server.properties"' kafka "$run" "$here" "$lib" </dev/null >"$run/stdout.log" 2>&1 &
}
