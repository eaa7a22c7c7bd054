#!/bin/sh
# install.sh fetches the jars of Apache Kafka and its tools into .cache/kafka/lib (92 jars, 54 MB). Running it again
# does nothing. Exit code 3: Java 17 or Maven is missing.
. "$(dirname -- "$0")/env.sh"

need_java
if [ -f "$lib/.complete" ] && cmp -s "$here/pom.xml" "$lib/.complete"; then
	exit 0
fi
need_mvn
echo "kafka: fetching the jars of Apache Kafka into $lib" >&2
mkdir -p "$cache"
rm -rf "$lib" "$lib.part"
mvn -q -B -ntp -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$lib.part" >&2
mv "$lib.part" "$lib"
# The marker is the pom itself: another version in it installs anew.
cp "$here/pom.xml" "$lib/.complete"
