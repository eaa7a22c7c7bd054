#!/bin/sh
# install.sh fetches Flink SQL and its Kafka connector into .cache/flink/lib (about 320 MB on the way, 260 MB kept): the jars
# that PyPI's apache-flink-libraries has, and the connector from Maven Central. Running it again does nothing. Exit code 3:
# Java 17, Maven, pip or unzip is missing.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
lib=${VELO_FLINK_CACHE:-$here/../../.cache/flink}/lib
flink=2.2.1
connector=5.0.0-2.2
[ "$(cat "$lib/.complete" 2>/dev/null)" = "$flink $connector" ] && exit 0
for p in java mvn pip unzip; do
	command -v $p >/dev/null 2>&1 || {
		echo "flink: $p is not installed: it is needed to fetch Flink" >&2
		exit 3
	}
done
echo "flink: fetching Flink $flink into $lib" >&2
rm -rf "$lib" "$lib.part"
mkdir -p "$lib.part"
pip download -q --no-deps -d "$lib.part" "apache-flink-libraries==$flink" >&2
unzip -q -j "$lib.part"/*.whl 'pyflink/lib/*' -d "$lib.part"
rm "$lib.part"/*.whl
cat >"$lib.part/pom.xml" <<-POM
	<project>
		<modelVersion>4.0.0</modelVersion>
		<groupId>velo</groupId>
		<artifactId>flink</artifactId>
		<version>1</version>
		<dependencies>
			<dependency>
				<groupId>org.apache.flink</groupId>
				<artifactId>flink-sql-connector-kafka</artifactId>
				<version>$connector</version>
			</dependency>
		</dependencies>
		<build>
			<plugins>
				<plugin>
					<artifactId>maven-dependency-plugin</artifactId>
					<version>3.8.1</version>
				</plugin>
			</plugins>
		</build>
	</project>
POM
mvn -q -B -ntp -f "$lib.part/pom.xml" dependency:copy-dependencies -DexcludeTransitive=true -DoutputDirectory="$lib.part" >&2
mv "$lib.part" "$lib"
echo "$flink $connector" >"$lib/.complete"
