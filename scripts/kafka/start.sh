#!/bin/sh
# start.sh starts one Kafka broker (KRaft, broker and controller in one) on free loopback ports with an empty log, waits
# until it serves, and prints its address, which it also leaves in .cache/kafka/run/bootstrap. A broker that already runs
# is kept. The listeners: PLAINTEXT (bootstrap), SASL_PLAINTEXT (bootstrap.sasl: SCRAM-SHA-256, SCRAM-SHA-512, PLAIN),
# and with openssl SSL (bootstrap.ssl) and SASL_SSL (bootstrap.sasl_ssl), certificates in run/tls.
# User and password of all mechanisms: velo / velo-secret.
. "$(dirname -- "$0")/env.sh"

need_java
if running; then
	cat "$run/bootstrap"
	exit 0
fi
if [ ! -f "$lib/.complete" ]; then
	echo "kafka: no jars in $lib: run $here/install.sh first" >&2
	exit 1
fi
rm -rf "$run"
mkdir -p "$run/data" "$run/bin"
(cd "$root" && go build -o "$run/bin/ready" ./scripts/kafka/ready)

# make_tls writes a CA and one certificate for server and client: PEM files for librdkafka-style clients, and the one
# file of key, certificate and CA that Kafka's PEM key store wants.
make_tls() {
	t=$run/tls
	mkdir -p "$t"
	openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=velo test CA" -keyout "$t/ca.key" -out "$t/ca.pem" 2>/dev/null &&
		openssl req -newkey rsa:2048 -nodes -subj "/CN=localhost" -keyout "$t/key.pem" -out "$t/csr.pem" 2>/dev/null &&
		printf 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:127.0.0.1\n' >"$t/ext" &&
		openssl x509 -req -in "$t/csr.pem" -CA "$t/ca.pem" -CAkey "$t/ca.key" -CAcreateserial -days 3650 -extfile "$t/ext" -out "$t/cert.pem" 2>/dev/null &&
		openssl pkcs8 -topk8 -nocrypt -in "$t/key.pem" -out "$t/key8.pem" &&
		cat "$t/key8.pem" "$t/cert.pem" "$t/ca.pem" >"$t/store.pem"
}
tls=no
if command -v openssl >/dev/null 2>&1 && make_tls; then
	tls=yes
else
	echo "kafka: openssl is not installed: the broker has no TLS listeners" >&2
fi

# write_properties takes the ports of a fresh draw: nothing holds a free port until the broker binds it.
write_properties() {
	set -- $("$run/bin/ready" -ports 5)
	plain=$1 controller=$2 sasl=$3 ssl=$4 sasl_ssl=$5
	listeners=PLAINTEXT://127.0.0.1:$plain,CONTROLLER://127.0.0.1:$controller,SASL_PLAINTEXT://127.0.0.1:$sasl
	[ $tls = no ] || listeners=$listeners,SSL://127.0.0.1:$ssl,SASL_SSL://127.0.0.1:$sasl_ssl
	cat >"$run/server.properties" <<-EOF
		process.roles=broker,controller
		node.id=1
		listeners=$listeners
		listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,SSL:SSL,SASL_SSL:SASL_SSL
		controller.listener.names=CONTROLLER
		controller.quorum.bootstrap.servers=127.0.0.1:$controller
		inter.broker.listener.name=PLAINTEXT
		log.dirs=$run/data
		auto.create.topics.enable=false
		offsets.topic.replication.factor=1
		offsets.topic.num.partitions=4
		transaction.state.log.replication.factor=1
		transaction.state.log.min.isr=1
		transaction.state.log.num.partitions=4
		share.coordinator.state.topic.replication.factor=1
		share.coordinator.state.topic.min.isr=1
		group.initial.rebalance.delay.ms=0
		group.min.session.timeout.ms=500
		# Records of the tests carry times of long ago and of the future: keep them all.
		log.retention.ms=-1
		log.message.timestamp.before.max.ms=9223372036854775807
		log.message.timestamp.after.max.ms=9223372036854775807
		log.roll.ms=9223372036854775807
		sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN
	EOF
	for l in sasl_plaintext sasl_ssl; do
		[ $tls = yes ] || [ $l = sasl_plaintext ] || continue
		for m in 256 512; do
			echo "listener.name.$l.scram-sha-$m.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;"
		done
		echo "listener.name.$l.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_velo=\"velo-secret\";"
	done >>"$run/server.properties"
	if [ $tls = yes ]; then
		cat >>"$run/server.properties" <<-EOF
			ssl.keystore.type=PEM
			ssl.keystore.location=$run/tls/store.pem
			ssl.truststore.type=PEM
			ssl.truststore.location=$run/tls/ca.pem
		EOF
	fi
}

for attempt in 1 2 3; do
	rm -rf "$run/data"
	write_properties
	# The id is 16 bytes in base64url; one that began with '-' would be read as a flag.
	id=v$(head -c 64 /dev/urandom | base64 | tr -d '+/=\n-' | cut -c1-20)A
	java -Xmx128m -Dlog4j2.configurationFile="$here/log4j2-tools.properties" -cp "$lib/*" kafka.tools.StorageTool format --standalone \
		-t "$id" -c "$run/server.properties" \
		--add-scram 'SCRAM-SHA-256=[name=velo,password=velo-secret]' \
		--add-scram 'SCRAM-SHA-512=[name=velo,password=velo-secret]' >"$run/format.log" 2>&1 || {
		cat "$run/format.log" >&2
		exit 1
	}
	launch
	if "$run/bin/ready" -broker "127.0.0.1:$plain" -timeout 60s -pidfile "$run/pid" 2>"$run/ready.log"; then
		echo "127.0.0.1:$sasl" >"$run/bootstrap.sasl"
		if [ $tls = yes ]; then
			echo "127.0.0.1:$ssl" >"$run/bootstrap.ssl"
			echo "127.0.0.1:$sasl_ssl" >"$run/bootstrap.sasl_ssl"
		fi
		echo "127.0.0.1:$plain" >"$run/bootstrap"
		cat "$run/bootstrap"
		exit 0
	fi
	"$here/stop.sh"
	# Somebody took one of the ports between the draw and the bind: draw again; anything else is final.
	grep -q "Address already in use" "$run/server.log" "$run/stdout.log" 2>/dev/null || break
done
cat "$run/ready.log" >&2
echo "kafka: the broker did not start; its log is $run/server.log" >&2
tail -n 20 "$run/server.log" "$run/stdout.log" >&2 || true
exit 1
