package kafka

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/velostream/velo/ingest"
)

// Config is what the keys of one kafka source or sink say, checked. The table in
// keys.go fills it; options.go turns it into options of the client.
type Config struct {
	// Connection.
	Brokers        []string
	ClientID       string
	Rack           string
	Protocol       string // plaintext, ssl, sasl_plaintext, sasl_ssl
	Mechanism      string // PLAIN, SCRAM-SHA-256, SCRAM-SHA-512
	User           string
	Password       secret
	CAFile         string
	CertFile       string
	KeyFile        string
	VerifyCert     bool
	VerifyHost     bool
	DialTimeout    time.Duration
	RequestTimeout time.Duration
	IdleTimeout    time.Duration
	RetryBackoff   time.Duration
	RetryMax       time.Duration
	MetadataMaxAge time.Duration

	// Topic.
	Topic      string
	TopicWait  time.Duration
	TopicRetry time.Duration
	AutoCreate bool

	// Consumer.
	Group             string
	GroupSet          bool // group.id was written out
	InstanceID        string
	GroupProtocol     string // classic, consumer
	Balancer          string
	SessionTimeout    time.Duration
	HeartbeatInterval time.Duration
	MaxPollInterval   time.Duration
	Reset             string // earliest, latest, none; "": by boundedness
	Isolation         string
	Start, End        Position
	BoundedKey        bool
	FetchMinBytes     int32
	FetchMaxBytes     int32
	FetchPartitionMax int32
	FetchWait         time.Duration
	CheckCRC          bool
	Fetch             string // poll, raw

	// Producer.
	Produce         string
	Linger          time.Duration
	BatchBytes      int32
	Compression     string
	CompressLevel   int // -1: the codec's own
	Acks            string
	Idempotent      bool
	IdempotentSet   bool
	DeliveryTimeout time.Duration
	InFlight        int
	InFlightSet     bool
	BufferRecords   int
	BufferBytes     int
	Retries         int

	dirs []string // where relative certificate paths are looked for
	set  map[string]bool
}

// secret is text that never prints itself.
type secret string

const masked = "***"

func (secret) String() string       { return masked }
func (secret) GoString() string     { return masked }
func (secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText keeps a secret out of JSON and YAML.
func (secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

func defaults(name string, env ingest.Env) Config {
	c := Config{
		Brokers:           []string{"localhost:9092"},
		ClientID:          "velo",
		Protocol:          "plaintext",
		VerifyCert:        true,
		VerifyHost:        true,
		DialTimeout:       10 * time.Second,
		RequestTimeout:    10 * time.Second,
		IdleTimeout:       20 * time.Second,
		RetryBackoff:      250 * time.Millisecond,
		RetryMax:          2500 * time.Millisecond,
		MetadataMaxAge:    5 * time.Minute,
		Topic:             name,
		TopicRetry:        5 * time.Second,
		GroupProtocol:     "classic",
		Balancer:          "cooperative-sticky",
		SessionTimeout:    45 * time.Second,
		HeartbeatInterval: 3 * time.Second,
		MaxPollInterval:   5 * time.Minute,
		Isolation:         "read_committed",
		FetchMinBytes:     1,
		FetchMaxBytes:     50 << 20,
		FetchPartitionMax: 1 << 20,
		FetchWait:         500 * time.Millisecond,
		CheckCRC:          true,
		Fetch:             "raw",
		Produce:           "client",
		Linger:            5 * time.Millisecond,
		BatchBytes:        1000012,
		Compression:       "lz4",
		CompressLevel:     -1,
		Acks:              "all",
		Idempotent:        true,
		DeliveryTimeout:   2 * time.Minute,
		InFlight:          5,
		BufferRecords:     100_000,
		BufferBytes:       256 << 20,
		Retries:           -1,
		dirs:              env.Dirs,
		set:               map[string]bool{},
	}
	if env.AppName != "" {
		c.ClientID = "velo-" + env.AppName
	}
	// group.id: stable over restarts, one for each statement of an application.
	parts := []string{"velo"}
	for _, p := range []string{env.AppName, env.Query} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 1 {
		parts = append(parts, name)
	}
	c.Group = strings.Join(parts, "-")
	return c
}

// parse reads the keys of a side (source or sink) out of the properties.
// Properties that are no Kafka keys are left for others to read.
func parse(name string, p ingest.Props, env ingest.Env, side scope) (Config, error) {
	c := defaults(name, env)
	if err := c.read(p, side); err != nil {
		return c, err
	}
	return c, c.check(side)
}

// CheckClient tells what is wrong with the values of client properties, whether or not
// anything will use them.
func CheckClient(values map[string]string) error {
	p := ingest.NewProps()
	for k, v := range values {
		p.Set(k, v, "-X")
	}
	c := defaults("", ingest.Env{})
	return c.read(p, bothSides)
}

// read takes the values of the keys that are there.
func (c *Config) read(p ingest.Props, side scope) error {
	var errs []error
	for _, k := range keys {
		if k.scope&side == 0 {
			continue
		}
		names := append([]string{k.name}, k.alias...)
		written := ""
		for _, n := range names {
			if p.Has(n) {
				written = n
				break
			}
		}
		if written == "" {
			continue
		}
		c.set[k.name] = true
		if err := k.set(c, reader{p: p, name: written, names: names}); err != nil {
			if k.secret {
				err = fmt.Errorf("key %q has a value that cannot be read", written)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// check finds settings that contradict each other, or that would have no effect.
func (c *Config) check(side scope) error {
	sasl := strings.HasPrefix(c.Protocol, "sasl_")
	tls := c.tls()
	for _, k := range keys {
		switch {
		case !c.set[k.name]:
		case k.needs == needsSASL && !sasl:
			return fmt.Errorf("key %q has no effect with security.protocol=%s: set security.protocol to sasl_plaintext or sasl_ssl", k.name, c.Protocol)
		case k.needs == needsTLS && !tls:
			return fmt.Errorf("key %q has no effect with security.protocol=%s: set security.protocol to ssl or sasl_ssl", k.name, c.Protocol)
		}
	}
	switch {
	case sasl && c.User == "":
		return fmt.Errorf("security.protocol=%s needs sasl.username and sasl.password", c.Protocol)
	case sasl && c.Mechanism == "":
		return fmt.Errorf("security.protocol=%s needs sasl.mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", c.Protocol)
	case sasl && c.Password == "":
		return fmt.Errorf("security.protocol=%s needs sasl.password for user %q", c.Protocol, c.User)
	case (c.CertFile == "") != (c.KeyFile == ""):
		return errors.New("ssl.certificate.location and ssl.key.location belong together: set both")
	case c.Topic == "":
		return errors.New("key \"topic\" is empty: name a topic")
	}
	if side == sourceSide {
		return c.checkSource()
	}
	return c.checkSink()
}

func (c *Config) checkSource() error {
	if c.FetchPartitionMax > c.FetchMaxBytes {
		return fmt.Errorf("max.partition.fetch.bytes=%d is more than fetch.max.bytes=%d", c.FetchPartitionMax, c.FetchMaxBytes)
	}
	if c.GroupProtocol == "consumer" {
		for _, k := range []string{"session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy"} {
			if c.set[k] {
				return fmt.Errorf("key %q has no effect with group.protocol=consumer: the broker decides it", k)
			}
		}
	} else if c.HeartbeatInterval >= c.SessionTimeout {
		return fmt.Errorf("heartbeat.interval.ms=%d must be less than session.timeout.ms=%d", c.HeartbeatInterval.Milliseconds(), c.SessionTimeout.Milliseconds())
	}
	if c.set["bounded"] && !c.BoundedKey && c.End.Kind != None {
		return errors.New("bounded=false contradicts the key \"end\": leave one of them out")
	}
	return nil
}

// levels are the compression levels of the codecs that have some.
var levels = map[string][2]int{"gzip": {1, 9}, "lz4": {0, 9}, "zstd": {1, 22}}

func (c *Config) checkSink() error {
	if c.CompressLevel >= 0 {
		switch r, ok := levels[c.Compression]; {
		case !ok:
			return fmt.Errorf("compression.level has no effect with compression.type=%s: leave it out", c.Compression)
		case c.CompressLevel < r[0] || c.CompressLevel > r[1]:
			return fmt.Errorf("compression.level of compression.type=%s must be between %d and %d, not %d", c.Compression, r[0], r[1], c.CompressLevel)
		}
	}
	if c.Linger >= c.DeliveryTimeout {
		return fmt.Errorf("linger.ms=%d must be less than delivery.timeout.ms=%d: records that are held back wait too", c.Linger.Milliseconds(), c.DeliveryTimeout.Milliseconds())
	}
	if c.InFlightSet && c.Produce == "raw" {
		return errors.New("max.in.flight.requests.per.connection has no effect with kafka.produce=raw: one request is under way to each broker")
	}
	if c.Acks == "all" {
		if c.InFlightSet && c.Idempotent {
			return errors.New("max.in.flight.requests.per.connection has no effect with enable.idempotence=true: the client keeps five requests in flight in order")
		}
		return nil
	}
	if c.IdempotentSet && c.Idempotent {
		return fmt.Errorf("enable.idempotence=true needs acks=all, not acks=%s", c.Acks)
	}
	// As in Java's producer: weaker acks turn idempotence off unless it was asked for.
	c.Idempotent = false
	return nil
}

// Bounded tells whether the topic is read to an end.
func (c *Config) Bounded() bool { return c.BoundedKey || c.End.Kind != None }

func (c *Config) tls() bool { return c.Protocol == "ssl" || c.Protocol == "sasl_ssl" }

// checkFiles reads the certificates: what is wrong with them is told before a broker is
// asked.
func (c *Config) checkFiles() error {
	if !c.tls() {
		return nil
	}
	_, err := c.tlsConfig()
	return ingest.Usage(err)
}

// file reads a file of the configuration (certificates) from the folders where
// the paths of the statement are looked for.
func (c *Config) file(key, path string) ([]byte, error) {
	tries := []string{path}
	if !filepath.IsAbs(path) {
		for _, d := range c.dirs {
			tries = append(tries, filepath.Join(d, path))
		}
		// the folder of the file that names the path comes before the working directory
		tries = append(tries[1:], tries[0])
	}
	var first error
	for _, t := range tries {
		b, err := os.ReadFile(t)
		if err == nil {
			return b, nil
		}
		if first == nil {
			first = err
		}
	}
	return nil, fmt.Errorf("%s: %w", key, first)
}
