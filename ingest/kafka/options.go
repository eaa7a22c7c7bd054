package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/velostream/velo/ingest/kafka/recordbatch"
)

// clientOpts are the options of any client: connection, login, encryption.
func (c *Config) clientOpts() ([]kgo.Opt, error) {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(c.ClientID),
		kgo.RequestTimeoutOverhead(c.RequestTimeout),
		kgo.ConnIdleTimeout(c.IdleTimeout),
		kgo.MetadataMaxAge(c.MetadataMaxAge),
		// A leader that moved is looked for at this pace, not at the client's five seconds.
		kgo.MetadataMinAge(min(c.MetadataMaxAge, time.Second)),
		kgo.RetryBackoffFn(c.backoff),
		kgo.DisableClientMetrics(),
	}
	dialer := &net.Dialer{Timeout: c.DialTimeout}
	if c.tls() {
		tc, err := c.tlsConfig()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.Dialer((&tls.Dialer{NetDialer: dialer, Config: tc}).DialContext))
	} else {
		opts = append(opts, kgo.Dialer(dialer.DialContext))
	}
	switch c.Mechanism {
	case "PLAIN":
		opts = append(opts, kgo.SASL(plain.Auth{User: c.User, Pass: string(c.Password)}.AsMechanism()))
	case "SCRAM-SHA-256":
		opts = append(opts, kgo.SASL(scram.Auth{User: c.User, Pass: string(c.Password)}.AsSha256Mechanism()))
	case "SCRAM-SHA-512":
		opts = append(opts, kgo.SASL(scram.Auth{User: c.User, Pass: string(c.Password)}.AsSha512Mechanism()))
	}
	if c.AutoCreate {
		opts = append(opts, kgo.AllowAutoTopicCreation())
	}
	return opts, nil
}

// backoff doubles from retry.backoff.ms to retry.backoff.max.ms, with a fifth of
// jitter so that the clients of one broker do not return in step.
func (c *Config) backoff(fails int) time.Duration {
	d := c.RetryBackoff << min(max(fails-1, 0), 20)
	if d <= 0 || d > c.RetryMax {
		d = c.RetryMax
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}

func (c *Config) tlsConfig() (*tls.Config, error) {
	tc := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := c.file("ssl.ca.location", c.CAFile)
		if err != nil {
			return nil, err
		}
		tc.RootCAs = x509.NewCertPool()
		if !tc.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ssl.ca.location: %s holds no certificate in PEM form", c.CAFile)
		}
	}
	if c.CertFile != "" {
		cert, err := c.file("ssl.certificate.location", c.CertFile)
		if err != nil {
			return nil, err
		}
		key, err := c.file("ssl.key.location", c.KeyFile)
		if err != nil {
			return nil, err
		}
		pair, err := tls.X509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("ssl.certificate.location and ssl.key.location: %w", err)
		}
		tc.Certificates = []tls.Certificate{pair}
	}
	switch {
	case !c.VerifyCert:
		tc.InsecureSkipVerify = true
	case !c.VerifyHost:
		// The chain is still checked, only the name in it is not.
		tc.InsecureSkipVerify = true
		roots := tc.RootCAs
		tc.VerifyConnection = func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) == 0 {
				return errors.New("the broker has no certificate")
			}
			opts := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
			for _, cert := range s.PeerCertificates[1:] {
				opts.Intermediates.AddCert(cert)
			}
			_, err := s.PeerCertificates[0].Verify(opts)
			return err
		}
	}
	return tc, nil
}

func (c *Config) isolation() kgo.IsolationLevel {
	if c.Isolation == "read_uncommitted" {
		return kgo.ReadUncommitted()
	}
	return kgo.ReadCommitted()
}

// fetchOpts are the options of every reading client.
func (c *Config) fetchOpts() []kgo.Opt {
	opts := []kgo.Opt{
		kgo.FetchIsolationLevel(c.isolation()),
		kgo.FetchMinBytes(c.FetchMinBytes),
		kgo.FetchMaxBytes(c.FetchMaxBytes),
		kgo.FetchMaxPartitionBytes(c.FetchPartitionMax),
		kgo.FetchMaxWait(c.FetchWait),
	}
	// An answer is larger than fetch.max.bytes by its headers, or by one batch
	// that is larger than the limit.
	if read := int64(c.FetchMaxBytes) * 2; read > 100<<20 {
		opts = append(opts, kgo.BrokerMaxReadBytes(int32(min(read, 1<<31-1))))
	}
	if !c.CheckCRC {
		opts = append(opts, kgo.DisableFetchCRCValidation())
	}
	if c.Rack != "" {
		opts = append(opts, kgo.Rack(c.Rack))
	}
	return opts
}

// reset is where a reader goes on when its position is gone.
func (c *Config) reset() kgo.Offset {
	switch c.resetName() {
	case "earliest":
		return kgo.NewOffset().AtStart()
	case "latest":
		return kgo.NewOffset().AtEnd()
	}
	return kgo.NoResetOffset()
}

func (c *Config) resetName() string {
	switch {
	case c.Reset != "":
		return c.Reset
	case c.Bounded():
		return "earliest"
	}
	return "latest"
}

// start is where a member of a group begins a partition without a commit.
func (c *Config) start() kgo.Offset {
	switch c.Start.Kind {
	case Earliest:
		return kgo.NewOffset().AtStart()
	case Latest:
		return kgo.NewOffset().AtEnd()
	case AtOffset:
		return kgo.NewOffset().At(c.Start.Value)
	case AtTime:
		return kgo.NewOffset().AfterMilli(c.Start.Value)
	case FromTail:
		return kgo.NewOffset().AtEnd().Relative(-c.Start.Value)
	}
	if c.resetName() == "none" {
		return kgo.NewOffset().AtCommitted()
	}
	return c.reset()
}

// groupOpts are the options of a member of a consumer group. Offsets are only
// committed by Ack, never by the client itself.
func (c *Config) groupOpts() []kgo.Opt {
	opts := []kgo.Opt{
		kgo.ConsumerGroup(c.Group),
		kgo.ConsumeTopics(c.Topic),
		kgo.ConsumeStartOffset(c.start()),
		kgo.ConsumeResetOffset(c.reset()),
		kgo.DisableAutoCommit(),
		kgo.RebalanceTimeout(c.MaxPollInterval),
	}
	if c.InstanceID != "" {
		opts = append(opts, kgo.InstanceID(c.InstanceID))
	}
	if c.GroupProtocol == "consumer" {
		return append(opts, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	}
	balancer := map[string]func() kgo.GroupBalancer{
		"cooperative-sticky": kgo.CooperativeStickyBalancer,
		"sticky":             kgo.StickyBalancer,
		"range":              kgo.RangeBalancer,
		"roundrobin":         kgo.RoundRobinBalancer,
	}[c.Balancer]
	return append(opts, kgo.Balancers(balancer()), kgo.SessionTimeout(c.SessionTimeout), kgo.HeartbeatInterval(c.HeartbeatInterval))
}

// produceOpts are the options of a sink's client. delivery.timeout.ms is not
// among them: the client counts it from the record's own timestamp, which for
// records of the past is over at once; the sink watches it by itself.
func (c *Config) produceOpts() []kgo.Opt {
	codec := map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}[c.Compression]
	switch level := c.CompressLevel; { // the client's levels are those of its libraries, and it passes over others
	case level < 0:
	case c.Compression == "lz4" && level > 0:
		codec = codec.WithLevel(1 << (8 + level))
	case c.Compression == "zstd":
		codec = codec.WithLevel(recordbatch.ZstdLevel(level))
	default:
		codec = codec.WithLevel(level)
	}
	opts := []kgo.Opt{
		// murmur2 of the key as Java's default partitioner; without a key, one
		// partition until its batch is full.
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)),
		kgo.ProducerLinger(c.Linger),
		kgo.ProducerBatchMaxBytes(c.BatchBytes),
		kgo.ProducerBatchCompression(codec),
		kgo.MaxBufferedRecords(math.MaxInt32), // the sink keeps the limits itself
	}
	if int64(c.BatchBytes)*2 > 100<<20 {
		opts = append(opts, kgo.BrokerMaxWriteBytes(int32(min(int64(c.BatchBytes)*2, 1<<30))))
	}
	switch c.Acks {
	case "1":
		opts = append(opts, kgo.RequiredAcks(kgo.LeaderAck()))
	case "0":
		opts = append(opts, kgo.RequiredAcks(kgo.NoAck()))
		if c.Produce == "raw" { // nobody would tell that a topic's id is not known; the client must see the request as it is
			v := kversion.Stable()
			v.SetMaxKeyVersion(int16(kmsg.Produce), namesTopics)
			opts = append(opts, kgo.MaxVersions(v))
		}
	}
	if !c.Idempotent {
		opts = append(opts, kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(c.InFlight))
	}
	if c.Retries >= 0 {
		opts = append(opts, kgo.RecordRetries(c.Retries))
	}
	return opts
}
