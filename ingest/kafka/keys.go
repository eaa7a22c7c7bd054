package kafka

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/velostream/velo/ingest"
)

type scope uint8

const (
	sourceSide scope = 1 << iota
	sinkSide
	bothSides = sourceSide | sinkSide
)

type need uint8

const (
	needsSASL need = iota + 1
	needsTLS
)

// key is one property: its librdkafka name, other spellings (Java's, older
// ones), and what it sets.
type key struct {
	name   string
	alias  []string
	scope  scope
	needs  need
	secret bool
	def    string
	doc    string
	set    func(c *Config, r reader) error
}

// keys is the one table of Kafka properties, for WITH and for -X.
var keys = []key{
	{name: "bootstrap.servers", alias: []string{"metadata.broker.list", "brokers"}, scope: bothSides, def: "localhost:9092",
		doc: "brokers to ask first, host:port, comma-separated",
		set: func(c *Config, r reader) (err error) { c.Brokers, err = r.list(); return err }},
	{name: "topic", alias: []string{"topic.name"}, scope: bothSides, def: "the name of the source or sink", doc: "topic to read or write",
		set: func(c *Config, r reader) error { c.Topic = r.text(); return nil }},
	{name: "topic.wait.timeout", scope: bothSides, def: "0", doc: "how long to wait at start for a topic that does not exist yet",
		set: func(c *Config, r reader) (err error) { c.TopicWait, err = r.duration(0); return err }},
	{name: "topic.retry.interval", scope: bothSides, def: "5s", doc: "how often to look for the topic while waiting",
		set: func(c *Config, r reader) (err error) { c.TopicRetry, err = r.duration(time.Millisecond); return err }},
	{name: "allow.auto.create.topics", scope: bothSides, def: "false", doc: "let the broker create a missing topic, if its settings allow that",
		set: func(c *Config, r reader) (err error) { c.AutoCreate, err = r.bool(); return err }},

	{name: "client.id", scope: bothSides, def: "velo-APP", doc: "name of this client in the broker's logs and quotas",
		set: func(c *Config, r reader) error { c.ClientID = r.text(); return nil }},
	{name: "client.rack", scope: sourceSide, doc: "rack of this client, for reading from the nearest replica",
		set: func(c *Config, r reader) error { c.Rack = r.text(); return nil }},
	{name: "security.protocol", scope: bothSides, def: "plaintext", doc: "plaintext, ssl, sasl_plaintext or sasl_ssl",
		set: func(c *Config, r reader) (err error) {
			c.Protocol, err = r.enum("plaintext", "ssl", "sasl_plaintext", "sasl_ssl")
			return err
		}},
	{name: "sasl.mechanism", alias: []string{"sasl.mechanisms"}, scope: bothSides, needs: needsSASL, doc: "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
		set: func(c *Config, r reader) (err error) {
			c.Mechanism, err = r.enum("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
			return err
		}},
	{name: "sasl.username", scope: bothSides, needs: needsSASL, doc: "user to log in as",
		set: func(c *Config, r reader) error { c.User = r.text(); return nil }},
	{name: "sasl.password", scope: bothSides, needs: needsSASL, secret: true, doc: "password of that user; never printed",
		set: func(c *Config, r reader) error { c.Password = secret(r.raw()); return nil }},
	{name: "ssl.ca.location", scope: bothSides, needs: needsTLS, def: "the system's", doc: "PEM file of the authorities that may have signed the broker's certificate",
		set: func(c *Config, r reader) error { c.CAFile = r.text(); return nil }},
	{name: "ssl.certificate.location", scope: bothSides, needs: needsTLS, doc: "PEM file with this client's certificate",
		set: func(c *Config, r reader) error { c.CertFile = r.text(); return nil }},
	{name: "ssl.key.location", scope: bothSides, needs: needsTLS, doc: "PEM file with the key of that certificate, not encrypted",
		set: func(c *Config, r reader) error { c.KeyFile = r.text(); return nil }},
	{name: "enable.ssl.certificate.verification", scope: bothSides, needs: needsTLS, def: "true", doc: "false accepts any certificate of the broker",
		set: func(c *Config, r reader) (err error) { c.VerifyCert, err = r.bool(); return err }},
	{name: "ssl.endpoint.identification.algorithm", scope: bothSides, needs: needsTLS, def: "https", doc: "https checks the broker's host name in its certificate, none does not",
		set: func(c *Config, r reader) error {
			v, err := r.enum("https", "none")
			c.VerifyHost = v != "none"
			return err
		}},
	{name: "socket.connection.setup.timeout.ms", scope: bothSides, def: "10000", doc: "how long a connection may take to open",
		set: func(c *Config, r reader) (err error) { c.DialTimeout, err = r.duration(time.Millisecond); return err }},
	{name: "socket.timeout.ms", alias: []string{"request.timeout.ms"}, scope: bothSides, def: "10000", doc: "how long a request may take beyond the broker's own time for it",
		set: func(c *Config, r reader) (err error) {
			c.RequestTimeout, err = r.duration(time.Millisecond)
			return err
		}},
	{name: "connections.max.idle.ms", scope: bothSides, def: "20000", doc: "when an idle connection is closed",
		set: func(c *Config, r reader) (err error) { c.IdleTimeout, err = r.duration(time.Second); return err }},
	{name: "retry.backoff.ms", scope: bothSides, def: "250", doc: "pause before the first repetition of a failed request; doubles each time",
		set: func(c *Config, r reader) (err error) { c.RetryBackoff, err = r.duration(time.Millisecond); return err }},
	{name: "retry.backoff.max.ms", scope: bothSides, def: "2500", doc: "longest such pause",
		set: func(c *Config, r reader) (err error) { c.RetryMax, err = r.duration(time.Millisecond); return err }},
	{name: "metadata.max.age.ms", alias: []string{"topic.metadata.refresh.interval.ms"}, scope: bothSides, def: "300000", doc: "how old knowledge of topics and leaders may grow; new partitions are found this often",
		set: func(c *Config, r reader) (err error) { c.MetadataMaxAge, err = r.duration(time.Second); return err }},

	{name: "group.id", scope: sourceSide, def: "velo-APP-JOB", doc: "consumer group; written out for a bounded source, its offsets are where the read starts and are committed at the end",
		set: func(c *Config, r reader) error {
			c.Group, c.GroupSet = r.text(), true
			if c.Group == "" {
				return r.bad("a name")
			}
			return nil
		}},
	{name: "group.instance.id", scope: sourceSide, doc: "static membership: a restart within the session timeout does not move partitions",
		set: func(c *Config, r reader) error { c.InstanceID = r.text(); return nil }},
	{name: "group.protocol", scope: sourceSide, def: "classic", doc: "classic, or consumer (the broker assigns partitions, Kafka 4)",
		set: func(c *Config, r reader) (err error) {
			c.GroupProtocol, err = r.enum("classic", "consumer")
			return err
		}},
	{name: "partition.assignment.strategy", scope: sourceSide, def: "cooperative-sticky", doc: "cooperative-sticky, sticky, range or roundrobin",
		set: func(c *Config, r reader) (err error) {
			c.Balancer, err = r.enum("cooperative-sticky", "sticky", "range", "roundrobin")
			return err
		}},
	{name: "session.timeout.ms", scope: sourceSide, def: "45000", doc: "silence after which a member is thrown out of its group",
		set: func(c *Config, r reader) (err error) {
			c.SessionTimeout, err = r.duration(time.Millisecond)
			return err
		}},
	{name: "heartbeat.interval.ms", scope: sourceSide, def: "3000", doc: "how often a member reports to its group",
		set: func(c *Config, r reader) (err error) {
			c.HeartbeatInterval, err = r.duration(time.Millisecond)
			return err
		}},
	{name: "max.poll.interval.ms", scope: sourceSide, def: "300000", doc: "how long a member may take to give up its partitions in a rebalance",
		set: func(c *Config, r reader) (err error) {
			c.MaxPollInterval, err = r.duration(time.Millisecond)
			return err
		}},
	{name: "auto.offset.reset", scope: sourceSide, def: "earliest for bounded reads, else latest", doc: "earliest, latest or none: where to read without a committed offset, or when it is gone",
		set: func(c *Config, r reader) error {
			v, err := r.enum("earliest", "latest", "none", "smallest", "beginning", "largest", "end", "error")
			c.Reset = map[string]string{"smallest": "earliest", "beginning": "earliest", "largest": "latest", "end": "latest", "error": "none"}[v]
			if c.Reset == "" {
				c.Reset = v
			}
			return err
		}},
	{name: "isolation.level", scope: sourceSide, def: "read_committed", doc: "read_committed hides records of open and aborted transactions; or read_uncommitted",
		set: func(c *Config, r reader) (err error) {
			c.Isolation, err = r.enum("read_committed", "read_uncommitted")
			return err
		}},
	{name: "start", scope: sourceSide, doc: "first record: an offset, a time (ISO 8601 or ms), earliest, latest, or -N for the last N of each partition; in a group only where nothing is committed",
		set: func(c *Config, r reader) (err error) { c.Start, err = r.position(); return err }},
	{name: "end", scope: sourceSide, doc: "first record not read, same forms as start; makes the source bounded",
		set: func(c *Config, r reader) (err error) { c.End, err = r.position(); return err }},
	{name: "bounded", scope: sourceSide, def: "false", doc: "true reads up to the end that the topic has at start",
		set: func(c *Config, r reader) (err error) { c.BoundedKey, err = r.bool(); return err }},
	{name: "fetch.min.bytes", scope: sourceSide, def: "1", doc: "the broker waits for this much",
		set: func(c *Config, r reader) (err error) { c.FetchMinBytes, err = r.size32(0); return err }},
	{name: "fetch.max.bytes", scope: sourceSide, def: "50MiB", doc: "most bytes of one answer of a broker",
		set: func(c *Config, r reader) (err error) { c.FetchMaxBytes, err = r.size32(1); return err }},
	{name: "max.partition.fetch.bytes", alias: []string{"fetch.message.max.bytes"}, scope: sourceSide, def: "1MiB", doc: "most bytes of one partition in such an answer",
		set: func(c *Config, r reader) (err error) { c.FetchPartitionMax, err = r.size32(1); return err }},
	{name: "fetch.wait.max.ms", alias: []string{"fetch.max.wait.ms"}, scope: sourceSide, def: "500", doc: "how long the broker waits for fetch.min.bytes",
		set: func(c *Config, r reader) (err error) { c.FetchWait, err = r.duration(time.Millisecond); return err }},
	{name: "check.crcs", scope: sourceSide, def: "true", doc: "check the checksum of every record batch",
		set: func(c *Config, r reader) (err error) { c.CheckCRC, err = r.bool(); return err }},
	{name: "kafka.fetch", scope: sourceSide, def: "raw", doc: "raw walks the record batches of the broker's answers itself; poll reads by the client library, at three times the cost, and reads formats from before Kafka 0.11",
		set: func(c *Config, r reader) (err error) { c.Fetch, err = r.enum("poll", "raw"); return err }},

	{name: "kafka.produce", scope: sinkSide, def: "client", doc: "client writes by the client library; raw builds the record batches itself, at a third of the cost, with one request under way to each broker",
		set: func(c *Config, r reader) (err error) { c.Produce, err = r.enum("client", "raw"); return err }},
	{name: "linger.ms", alias: []string{"queue.buffering.max.ms"}, scope: sinkSide, def: "5", doc: "how long to wait for more records of a partition",
		set: func(c *Config, r reader) (err error) { c.Linger, err = r.duration(0); return err }},
	{name: "batch.size", alias: []string{"kafka.batch.size", "message.max.bytes", "max.request.size"}, scope: sinkSide, def: "1000012", doc: "most bytes of one record batch, before compression; a record that is larger fails",
		set: func(c *Config, r reader) (err error) { c.BatchBytes, err = r.size32(512); return err }},
	{name: "compression.type", alias: []string{"compression.codec", "compression"}, scope: sinkSide, def: "lz4", doc: "none, gzip, snappy, lz4 or zstd",
		set: func(c *Config, r reader) (err error) {
			c.Compression, err = r.enum("none", "gzip", "snappy", "lz4", "zstd")
			return err
		}},
	{name: "compression.level", scope: sinkSide, def: "the codec's", doc: "level of gzip (1–9), lz4 (0–9) or zstd (1–22)",
		set: func(c *Config, r reader) (err error) { c.CompressLevel, err = r.integer(0, 22); return err }},
	{name: "acks", alias: []string{"request.required.acks"}, scope: sinkSide, def: "all", doc: "who must have a record before it counts as written: all (-1), the leader (1), nobody (0)",
		set: func(c *Config, r reader) error {
			v, err := r.enum("all", "-1", "1", "0")
			if c.Acks = v; v == "-1" {
				c.Acks = "all"
			}
			return err
		}},
	{name: "enable.idempotence", scope: sinkSide, def: "true", doc: "no duplicates and no reordering when requests are repeated",
		set: func(c *Config, r reader) (err error) {
			c.IdempotentSet = true
			c.Idempotent, err = r.bool()
			return err
		}},
	{name: "delivery.timeout.ms", alias: []string{"message.timeout.ms"}, scope: sinkSide, def: "120000", doc: "how long records may wait for the broker before the sink fails",
		set: func(c *Config, r reader) (err error) {
			c.DeliveryTimeout, err = r.duration(time.Millisecond)
			return err
		}},
	{name: "max.in.flight.requests.per.connection", alias: []string{"max.in.flight"}, scope: sinkSide, def: "5", doc: "requests under way to a broker, without idempotence",
		set: func(c *Config, r reader) (err error) {
			c.InFlightSet = true
			c.InFlight, err = r.integer(1, 1000)
			return err
		}},
	{name: "queue.buffering.max.messages", scope: sinkSide, def: "100000", doc: "records that may wait before the query waits for the broker",
		set: func(c *Config, r reader) (err error) { c.BufferRecords, err = r.integer(1, math.MaxInt32); return err }},
	{name: "buffer.memory", scope: sinkSide, def: "256MiB", doc: "bytes that may wait before the query waits for the broker",
		set: func(c *Config, r reader) (err error) { n, err := r.size32(1024); c.BufferBytes = int(n); return err }},
	{name: "retries", alias: []string{"message.send.max.retries"}, scope: sinkSide, def: "unlimited", doc: "how often a record is sent again",
		set: func(c *Config, r reader) (err error) { c.Retries, err = r.integer(0, math.MaxInt32); return err }},
}

// sideKeys documents the properties of sources or sinks.
func sideKeys(side scope) []ingest.Key {
	var out []ingest.Key
	for _, k := range keys {
		if k.scope&side == 0 {
			continue
		}
		for _, n := range append([]string{k.name}, k.alias...) {
			doc := k.doc
			if n != k.name {
				doc = "the same as " + k.name
			}
			out = append(out, ingest.Key{Name: n, Default: k.def, Doc: doc})
		}
	}
	return out
}

// CheckKey tells whether name, as in -X name=value, is a client property; the
// error of one that is not names the nearest.
func CheckKey(name string) error {
	best, dist := "", 4
	for _, k := range keys {
		for _, n := range append([]string{k.name}, k.alias...) {
			d := distance(strings.ToLower(name), n)
			if d == 0 {
				return nil
			}
			if d < dist {
				best, dist = n, d
			}
		}
	}
	if best != "" {
		return fmt.Errorf("unknown kafka property %q: did you mean %q?", name, best)
	}
	return fmt.Errorf("unknown kafka property %q: librdkafka's names are known, such as bootstrap.servers or security.protocol", name)
}

// distance is the edit distance of two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diag := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diag
			if a[i-1] != b[j-1] {
				cost++
			}
			diag = row[j]
			row[j] = min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
