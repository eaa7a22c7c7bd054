package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/velostream/velo/ingest"
)

// client is a connected client of one source or sink, with what its hooks see.
type client struct {
	*kgo.Client
	adm *kadm.Client
	cfg *Config
	w   *watcher
	log *slog.Logger // nil: none
}

// warn tells the log of the run what the client library does not know.
func (cl *client) warn(msg string, args ...any) {
	if cl.log != nil {
		cl.log.Warn("kafka: "+msg, args...)
	}
}

// dial opens a client and proves with a round trip that the broker answers and
// accepts the login: a client that is refused later only retries in silence.
func dial(ctx context.Context, c *Config, env ingest.Env, more ...kgo.Opt) (*client, error) {
	opts, err := c.clientOpts()
	if err != nil {
		return nil, err
	}
	w := &watcher{}
	opts = append(opts, kgo.WithHooks(w))
	if env.Log != nil {
		opts = append(opts, kgo.WithLogger(logger{env.Log, &w.up}))
	}
	cl, err := kgo.NewClient(append(opts, more...)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	ping, cancel := context.WithTimeout(ctx, c.DialTimeout+c.RequestTimeout)
	defer cancel()
	// A client that waits for the first answer of a connection does not look at
	// the context; closing it ends the wait.
	answer := make(chan error, 1)
	go func() { answer <- cl.Ping(ping) }()
	select {
	case err = <-answer:
	case <-ctx.Done():
		cl.Close()
		<-answer
		return nil, ctx.Err()
	}
	if err != nil {
		cl.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, c.explain(err)
	}
	w.up.Store(true)
	return &client{Client: cl, adm: kadm.NewClient(cl), cfg: c, w: w, log: env.Log}, nil
}

// explain makes one line of a failed connection: what is wrong and what to do.
func (c *Config) explain(err error) error {
	where := "kafka at " + strings.Join(c.Brokers, ",")
	text := err.Error()
	has := func(s string) bool { return strings.Contains(text, s) }
	var refused *kgo.ErrFirstReadEOF
	var dns *net.DNSError
	switch {
	case errors.Is(err, kerr.SaslAuthenticationFailed) || has("SASL_AUTHENTICATION_FAILED") || has("invalid server signature"):
		return fmt.Errorf("%s refused the login of user %q with %s: check sasl.username, sasl.password and sasl.mechanism", where, c.User, c.Mechanism)
	case errors.Is(err, kerr.UnsupportedSaslMechanism) || has("UNSUPPORTED_SASL_MECHANISM"):
		return fmt.Errorf("%s does not offer sasl.mechanism=%s: ask which mechanism the listener offers", where, c.Mechanism)
	case errors.Is(err, kerr.IllegalSaslState) || has("ILLEGAL_SASL_STATE"):
		return fmt.Errorf("%s does not expect a login on this port: set security.protocol to %s, or use the port of its SASL listener", where, strings.TrimPrefix(strings.Replace(c.Protocol, "sasl_plaintext", "plaintext", 1), "sasl_"))
	case has("first record does not look like a TLS handshake"):
		return fmt.Errorf("%s does not speak TLS on this port, but security.protocol=%s: use its TLS port or set security.protocol to %s", where, c.Protocol, c.withoutTLS())
	case has("x509:") && has("unknown authority"):
		return fmt.Errorf("%s shows a certificate of an unknown authority: set ssl.ca.location to the file of the authority that signed it", where)
	case has("x509:"):
		return fmt.Errorf("%s shows a certificate that does not fit (%s): use the name the certificate was made for, or set ssl.endpoint.identification.algorithm=none", where, text[strings.Index(text, "x509:"):])
	case has("tls:"):
		return fmt.Errorf("%s refused the TLS connection (%s): it may want a client certificate, see ssl.certificate.location and ssl.key.location", where, text[strings.Index(text, "tls:"):])
	case (errors.As(err, &refused) || has("invalid large response size") || has("EOF") || has("connection reset")) && c.Mechanism != "":
		return fmt.Errorf("%s closes the connection while user %q logs in with %s: check sasl.username, sasl.password and sasl.mechanism, and that the port speaks security.protocol=%s", where, c.User, c.Mechanism, c.Protocol)
	case errors.As(err, &refused) || has("invalid large response size") || has("EOF") || has("connection reset"):
		return fmt.Errorf("%s closes the connection at the first request: the port may speak another security.protocol than %s (plaintext, ssl, or a login by sasl_plaintext or sasl_ssl)", where, c.Protocol)
	case errors.As(err, &dns):
		return fmt.Errorf("%s: host %q is not known: check bootstrap.servers (or --broker)", where, dns.Name)
	case has("connection refused"):
		return fmt.Errorf("%s: connection refused: check that the broker runs there and that bootstrap.servers (or --broker) is right", where)
	case errors.Is(err, context.DeadlineExceeded) || has("i/o timeout"):
		return fmt.Errorf("%s does not answer within %s: check bootstrap.servers (or --broker), the network, and whether the port speaks security.protocol=%s", where, c.DialTimeout+c.RequestTimeout, c.Protocol)
	}
	return fmt.Errorf("%s: %w: check bootstrap.servers (or --broker)", where, err)
}

func (c *Config) withoutTLS() string {
	if c.Protocol == "sasl_ssl" {
		return "sasl_plaintext"
	}
	return "plaintext"
}

// grace is how long a topic that seems to be missing is looked for in any case: a
// broker may not have heard yet of a topic that was made a moment ago.
const grace = 500 * time.Millisecond

// partitions gives the partitions of the topic.
func (cl *client) partitions(ctx context.Context) (out []int32, err error) {
	t, err := cl.found(ctx)
	for _, p := range t.Partitions {
		out = append(out, p.Partition)
	}
	slices.Sort(out)
	return out, err
}

// found gives the topic, which has some partitions, waiting for one that does not exist
// for topic.wait.timeout.
func (cl *client) found(ctx context.Context) (t kmsg.MetadataResponseTopic, err error) {
	c := cl.cfg
	none := t
	began := time.Now()
	for {
		t, err = cl.lookup(ctx)
		switch {
		case err != nil:
			return none, err
		case t.ErrorCode == 0 && len(t.Partitions) > 0:
			return t, nil
		}
		err = kerr.ErrorForCode(t.ErrorCode)
		unknown := errors.Is(err, kerr.UnknownTopicOrPartition)
		if err != nil && !unknown && !kerr.IsRetriable(err) {
			return none, c.topicError(err)
		}
		wait, pause := c.TopicWait, c.TopicRetry
		if wait < grace {
			wait, pause = grace, 100*time.Millisecond
		}
		// A topic that the broker is just making has no leader for a moment.
		if c.AutoCreate || !unknown {
			wait, pause = max(wait, c.RequestTimeout), min(pause, 250*time.Millisecond)
		}
		left := wait - time.Since(began)
		if left <= 0 {
			return none, cl.missing(ctx)
		}
		select {
		case <-ctx.Done():
			return none, ctx.Err()
		case <-time.After(min(pause, left)):
		}
	}
}

// lookup asks for the topic, past the client's cache.
func (cl *client) lookup(ctx context.Context) (t kmsg.MetadataResponseTopic, err error) {
	c := cl.cfg
	req := kmsg.NewPtrMetadataRequest()
	rt := kmsg.NewMetadataRequestTopic()
	rt.Topic = kmsg.StringPtr(c.Topic)
	req.Topics = append(req.Topics, rt)
	req.AllowAutoTopicCreation = c.AutoCreate
	resp, err := req.RequestWith(ctx, cl.Client)
	switch {
	case err != nil && ctx.Err() != nil:
		return t, ctx.Err()
	case err != nil:
		return t, c.explain(err)
	case len(resp.Topics) != 1:
		return t, fmt.Errorf("kafka at %s says nothing about topic %q", strings.Join(c.Brokers, ","), c.Topic)
	}
	return resp.Topics[0], nil
}

// topicError is a broker's answer about the topic, with what to do.
func (c *Config) topicError(err error) error {
	switch {
	case errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Errorf("kafka: user %q may not use topic %q: ask for the permission, or check sasl.username", c.User, c.Topic)
	case errors.Is(err, kerr.InvalidTopicException):
		return fmt.Errorf("kafka: %q is no valid name of a topic: use letters, digits, '.', '_' and '-'", c.Topic)
	}
	return fmt.Errorf("kafka: topic %q: %w", c.Topic, err)
}

// missing says that the topic does not exist, and which one may have been meant.
func (cl *client) missing(ctx context.Context) error {
	c := cl.cfg
	advice := "set topic.wait.timeout to wait for it"
	if c.TopicWait > 0 {
		advice = fmt.Sprintf("waited for it for topic.wait.timeout=%s", c.TopicWait)
	}
	hint := ""
	if topics, err := cl.adm.ListTopics(ctx); err == nil {
		best := 4
		for _, name := range topics.Names() {
			if d := distance(name, c.Topic); d < best {
				best, hint = d, fmt.Sprintf(" (did you mean %q?)", name)
			}
		}
	}
	return fmt.Errorf("kafka: topic %q does not exist at %s%s: create it, or check the key \"topic\"; %s", c.Topic, strings.Join(c.Brokers, ","), hint, advice)
}

// watcher is the client's hooks: bytes read, and the last failed connection,
// which says why records wait.
type watcher struct {
	bytes atomic.Int64
	last  atomic.Pointer[error]
	up    atomic.Bool // the broker has answered once
}

// OnFetchBatchRead counts the bytes of record batches as they came over the wire.
func (w *watcher) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	w.bytes.Add(int64(m.CompressedBytes))
}

// OnBrokerConnect remembers a failed connection and forgets it when one is made.
func (w *watcher) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		w.last.Store(&err)
		return
	}
	w.last.Store(nil)
}

func (w *watcher) lastError() error {
	if p := w.last.Load(); p != nil {
		return *p
	}
	return nil
}

// logger hands the client's warnings to the log of the run. Until the broker has
// answered once they are details: the error that dial gives says it all.
type logger struct {
	log *slog.Logger
	up  *atomic.Bool
}

// Level asks the client for warnings and errors only.
func (l logger) Level() kgo.LogLevel {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		return kgo.LogLevelInfo
	}
	return kgo.LogLevelWarn
}

// Log writes one message of the client.
func (l logger) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	to := slog.LevelDebug
	switch level {
	case kgo.LogLevelError, kgo.LogLevelWarn:
		if l.up.Load() {
			to = slog.LevelWarn
		}
	}
	l.log.Log(context.Background(), to, "kafka client: "+msg, keyvals...)
}
