#!/bin/sh
# run.sh FILE runs the SQL statements of a file with Flink, one core and parallelism 1, in one process that ends with them.
# Statements end with a semicolon at the end of a line.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
"$here/install.sh"
lib=${VELO_FLINK_CACHE:-$here/../../.cache/flink}/lib
opens=
for p in lang lang.reflect net io nio text time util util.concurrent util.concurrent.atomic util.concurrent.locks; do
	opens="$opens --add-opens=java.base/java.$p=ALL-UNNAMED"
done
# shellcheck disable=SC2086
exec java -Xmx2g -XX:ActiveProcessorCount=1 $opens --add-opens=java.base/sun.nio.ch=ALL-UNNAMED \
	-Dlog4j.configurationFile="$here/log4j.properties" -cp "$lib/*" "$here/Run.java" "${1:?usage: run.sh FILE}"
