package kafka

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/velostream/velo/ingest"
)

// effects has a case for every key: a value, and what it must change. opt names a
// constructor of kgo whose value in the client must be want; field names a field
// of Config otherwise (those are shown to work by other tests).
var effects = map[string]struct {
	value string
	side  scope
	with  []string
	opt   any
	want  any
	field string
}{
	"bootstrap.servers":                     {value: "a:1, b:2", opt: kgo.SeedBrokers, want: []string{"a:1", "b:2"}},
	"topic":                                 {value: "other", field: "Topic", want: "other"},
	"topic.wait.timeout":                    {value: "3s", field: "TopicWait", want: 3 * time.Second},
	"topic.retry.interval":                  {value: "100", field: "TopicRetry", want: 100 * time.Millisecond},
	"allow.auto.create.topics":              {value: "true", opt: kgo.AllowAutoTopicCreation, want: true},
	"client.id":                             {value: "me", opt: kgo.ClientID, want: "me"},
	"client.rack":                           {value: "r1", opt: kgo.Rack, want: "r1"},
	"security.protocol":                     {value: "SSL", field: "Protocol", want: "ssl"},
	"sasl.mechanism":                        {value: "scram-sha-512", with: []string{"security.protocol", "sasl_plaintext", "sasl.username", "u", "sasl.password", "p"}, field: "Mechanism", want: "SCRAM-SHA-512"},
	"sasl.username":                         {value: "u", with: []string{"security.protocol", "sasl_ssl", "sasl.mechanism", "PLAIN", "sasl.password", "p"}, field: "User", want: "u"},
	"sasl.password":                         {value: " p ", with: []string{"security.protocol", "sasl_ssl", "sasl.mechanism", "PLAIN", "sasl.username", "u"}, field: "Password", want: secret(" p ")},
	"ssl.ca.location":                       {value: "ca.pem", with: []string{"security.protocol", "ssl"}, field: "CAFile", want: "ca.pem"},
	"ssl.certificate.location":              {value: "c.pem", with: []string{"security.protocol", "ssl", "ssl.key.location", "k.pem"}, field: "CertFile", want: "c.pem"},
	"ssl.key.location":                      {value: "k.pem", with: []string{"security.protocol", "ssl", "ssl.certificate.location", "c.pem"}, field: "KeyFile", want: "k.pem"},
	"enable.ssl.certificate.verification":   {value: "false", with: []string{"security.protocol", "ssl"}, field: "VerifyCert", want: false},
	"ssl.endpoint.identification.algorithm": {value: "none", with: []string{"security.protocol", "ssl"}, field: "VerifyHost", want: false},
	"socket.connection.setup.timeout.ms":    {value: "1234", field: "DialTimeout", want: 1234 * time.Millisecond},
	"socket.timeout.ms":                     {value: "1234", opt: kgo.RequestTimeoutOverhead, want: 1234 * time.Millisecond},
	"connections.max.idle.ms":               {value: "5000", opt: kgo.ConnIdleTimeout, want: 5 * time.Second},
	"retry.backoff.ms":                      {value: "7", field: "RetryBackoff", want: 7 * time.Millisecond},
	"retry.backoff.max.ms":                  {value: "9", field: "RetryMax", want: 9 * time.Millisecond},
	"metadata.max.age.ms":                   {value: "60000", opt: kgo.MetadataMaxAge, want: time.Minute},
	"group.id":                              {value: "g", opt: kgo.ConsumerGroup, want: "g"},
	"group.instance.id":                     {value: "i", opt: kgo.InstanceID, want: "i"},
	"group.protocol":                        {value: "consumer", opt: kgo.ServerSideBalancer, want: true},
	"partition.assignment.strategy":         {value: "range", field: "Balancer", want: "range"},
	"session.timeout.ms":                    {value: "9000", opt: kgo.SessionTimeout, want: 9 * time.Second},
	"heartbeat.interval.ms":                 {value: "900", opt: kgo.HeartbeatInterval, want: 900 * time.Millisecond},
	"max.poll.interval.ms":                  {value: "60000", opt: kgo.RebalanceTimeout, want: time.Minute},
	"auto.offset.reset":                     {value: "smallest", opt: kgo.ConsumeResetOffset, want: kgo.NewOffset().AtStart()},
	"isolation.level":                       {value: "read_uncommitted", opt: kgo.FetchIsolationLevel, want: int8(0)},
	"start":                                 {value: "-5", opt: kgo.ConsumeStartOffset, want: kgo.NewOffset().AtEnd().Relative(-5)},
	"end":                                   {value: "7", field: "End", want: Position{Kind: AtOffset, Value: 7}},
	"bounded":                               {value: "true", field: "BoundedKey", want: true},
	"fetch.min.bytes":                       {value: "100", opt: kgo.FetchMinBytes, want: int32(100)},
	"fetch.max.bytes":                       {value: "80MiB", opt: kgo.FetchMaxBytes, want: int32(80 << 20)},
	"max.partition.fetch.bytes":             {value: "2MiB", opt: kgo.FetchMaxPartitionBytes, want: int32(2 << 20)},
	"fetch.wait.max.ms":                     {value: "42", opt: kgo.FetchMaxWait, want: 42 * time.Millisecond},
	"check.crcs":                            {value: "false", opt: kgo.DisableFetchCRCValidation, want: true},
	"kafka.fetch":                           {value: "poll", field: "Fetch", want: "poll"},
	"kafka.produce":                         {value: "raw", side: sinkSide, field: "Produce", want: "raw"},
	"linger.ms":                             {value: "0", side: sinkSide, opt: kgo.ProducerLinger, want: time.Duration(0)},
	"batch.size":                            {value: "64KiB", side: sinkSide, field: "BatchBytes", want: int32(64 << 10)},
	"compression.type":                      {value: "gzip", side: sinkSide, opt: kgo.ProducerBatchCompression, want: []kgo.CompressionCodec{kgo.GzipCompression()}},
	"compression.level":                     {value: "7", side: sinkSide, with: []string{"compression.type", "zstd"}, opt: kgo.ProducerBatchCompression, want: []kgo.CompressionCodec{kgo.ZstdCompression().WithLevel(3)}},
	"acks":                                  {value: "1", side: sinkSide, opt: kgo.RequiredAcks, want: kgo.LeaderAck()},
	"enable.idempotence":                    {value: "false", side: sinkSide, opt: kgo.DisableIdempotentWrite, want: true},
	"delivery.timeout.ms":                   {value: "1m", side: sinkSide, field: "DeliveryTimeout", want: time.Minute},
	"max.in.flight.requests.per.connection": {value: "2", side: sinkSide, with: []string{"enable.idempotence", "false"}, opt: kgo.MaxProduceRequestsInflightPerBroker, want: 2},
	"queue.buffering.max.messages":          {value: "10", side: sinkSide, field: "BufferRecords", want: 10},
	"buffer.memory":                         {value: "1MiB", side: sinkSide, field: "BufferBytes", want: 1 << 20},
	"retries":                               {value: "3", side: sinkSide, opt: kgo.RecordRetries, want: int64(3)},
}

func parsed(side scope, props ...string) (Config, ingest.Props, error) {
	p := ingest.NewProps()
	for i := 0; i < len(props); i += 2 {
		p.Set(props[i], props[i+1], "")
	}
	c, err := parse("src", p, ingest.Env{AppName: "app", Query: "job"}, side)
	return c, p, err
}

func clientOf(t *testing.T, c *Config, side scope) *kgo.Client {
	t.Helper()
	opts, err := c.clientOpts()
	require.NoError(t, err)
	if side == sourceSide {
		opts = append(append(opts, c.fetchOpts()...), c.groupOpts()...)
	} else {
		opts = append(opts, c.produceOpts()...)
	}
	cl, err := kgo.NewClient(opts...)
	require.NoError(t, err)
	t.Cleanup(cl.CloseAllowingRebalance)
	return cl
}

func TestEveryKeyHasAnEffect(t *testing.T) {
	for _, k := range keys {
		e, ok := effects[k.name]
		require.True(t, ok, "key %q has no test", k.name)
		side := e.side
		if side == 0 {
			side = sourceSide
		}
		base, _, err := parsed(side, e.with...)
		_ = err // the key under test may be what is missing
		for _, name := range append([]string{k.name}, k.alias...) {
			c, p, err := parsed(side, append([]string{strings.ToUpper(name), e.value}, e.with...)...)
			require.NoError(t, err, name)
			require.Empty(t, p.Unused(), name)
			if e.field != "" {
				require.Equal(t, e.want, reflect.ValueOf(c).FieldByName(e.field).Interface(), name)
				require.NotEqual(t, e.want, reflect.ValueOf(base).FieldByName(e.field).Interface(), "%s: the default says the same", name)
				continue
			}
			cl := clientOf(t, &c, side)
			got := cl.OptValue(e.opt)
			require.Equal(t, e.want, got, name)
			if err == nil {
				require.NotEqual(t, e.want, clientOf(t, &base, side).OptValue(e.opt), "%s: the default says the same", name)
			}
		}
	}
	for name := range effects {
		require.NoError(t, CheckKey(name))
	}
}

func TestKeyValues(t *testing.T) {
	for _, c := range []struct {
		side  scope
		props []string
		want  string
	}{
		{sourceSide, []string{"bounded", "maybe"}, `key "bounded" must be true or false, not "maybe"`},
		{sourceSide, []string{"isolation.level", "dirty"}, `key "isolation.level" must be one of read_committed, read_uncommitted, not "dirty"`},
		{sourceSide, []string{"auto.offset.reset", "middle"}, "must be one of earliest, latest, none"},
		{sourceSide, []string{"fetch.max.bytes", "9GiB"}, `key "fetch.max.bytes" must be a size between 1 and 2147483647 bytes, not "9GiB"`},
		{sourceSide, []string{"fetch.message.max.bytes", "much"}, `key "fetch.message.max.bytes" must be a size such as 64MiB, not "much"`},
		{sourceSide, []string{"max.partition.fetch.bytes", "100MiB"}, "max.partition.fetch.bytes=104857600 is more than fetch.max.bytes"},
		{sourceSide, []string{"start", "soon"}, `key "start" must be an offset, a time, earliest, latest, or -N for the last N records, not "soon"`},
		{sourceSide, []string{"end", "7", "bounded", "false"}, `bounded=false contradicts the key "end"`},
		{sourceSide, []string{"session.timeout.ms", "1000", "heartbeat.interval.ms", "1000"}, "must be less than session.timeout.ms=1000"},
		{sourceSide, []string{"group.protocol", "consumer", "session.timeout.ms", "7000"}, `key "session.timeout.ms" has no effect with group.protocol=consumer`},
		{sourceSide, []string{"group.id", ""}, `key "group.id" must be a name`},
		{sourceSide, []string{"topic", " "}, `key "topic" is empty`},
		{sourceSide, []string{"bootstrap.servers", " , "}, `key "bootstrap.servers" must be a list of host:port`},
		{sourceSide, []string{"topic.wait.timeout", "-1"}, "must be a duration between 0s"},
		{sourceSide, []string{"topic.retry.interval", "0"}, "must be a duration between 1ms"},
		{sourceSide, []string{"sasl.username", "u"}, `key "sasl.username" has no effect with security.protocol=plaintext: set security.protocol to sasl_plaintext or sasl_ssl`},
		{sourceSide, []string{"ssl.ca.location", "f"}, `key "ssl.ca.location" has no effect with security.protocol=plaintext: set security.protocol to ssl or sasl_ssl`},
		{sourceSide, []string{"security.protocol", "sasl_ssl"}, "needs sasl.username and sasl.password"},
		{sourceSide, []string{"security.protocol", "sasl_ssl", "sasl.username", "u"}, "needs sasl.mechanism"},
		{sourceSide, []string{"security.protocol", "sasl_ssl", "sasl.username", "u", "sasl.mechanism", "PLAIN"}, `needs sasl.password for user "u"`},
		{sourceSide, []string{"security.protocol", "sasl_ssl", "sasl.mechanism", "GSSAPI"}, "must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512"},
		{sourceSide, []string{"security.protocol", "ssl", "ssl.key.location", "f"}, "belong together"},
		{sinkSide, []string{"acks", "2"}, "must be one of all, -1, 1, 0"},
		{sinkSide, []string{"acks", "1", "enable.idempotence", "true"}, "enable.idempotence=true needs acks=all, not acks=1"},
		{sinkSide, []string{"max.in.flight", "2"}, "has no effect with enable.idempotence=true"},
		{sinkSide, []string{"compression.type", "brotli"}, "must be one of none, gzip, snappy, lz4, zstd"},
		{sinkSide, []string{"compression.level", "23"}, "must be an integer between 0 and 22"},
		{sinkSide, []string{"compression.level", "1", "compression.type", "none"}, "compression.level has no effect with compression.type=none"},
		{sinkSide, []string{"compression.level", "1", "compression.type", "snappy"}, "compression.level has no effect with compression.type=snappy"},
		{sinkSide, []string{"compression.level", "10", "compression.type", "gzip"}, "compression.level of compression.type=gzip must be between 1 and 9, not 10"},
		{sinkSide, []string{"compression.level", "0", "compression.type", "gzip"}, "must be between 1 and 9, not 0"},
		{sinkSide, []string{"compression.level", "10"}, "compression.level of compression.type=lz4 must be between 0 and 9, not 10"},
		{sinkSide, []string{"compression.level", "0", "compression.type", "zstd"}, "must be between 1 and 22, not 0"},
		{sinkSide, []string{"linger.ms", "500", "delivery.timeout.ms", "500"}, "linger.ms=500 must be less than delivery.timeout.ms=500"},
		{sinkSide, []string{"retries", "x"}, `key "retries" must be an integer, not "x"`},
	} {
		_, _, err := parsed(c.side, c.props...)
		require.ErrorContains(t, err, c.want, "%v", c.props)
	}
	// All wrong values at once, and where they were written.
	p := ingest.NewProps()
	p.Set("bounded", "x", "app.sql:3:7")
	p.Set("start", "y", "app.sql:4:1")
	_, err := Source().Open(t.Context(), registry(), ingest.SourceSpec{Name: "s", Props: p})
	require.ErrorIs(t, err, ingest.ErrUsage)
	require.ErrorContains(t, err, `app.sql:3:7: key "bounded"`)
	require.ErrorContains(t, err, `app.sql:4:1: key "start"`)
}

// The least and the greatest level of each codec make a difference, by the client too.
func TestCompressionLevels(t *testing.T) {
	var text []byte
	for i := range 3000 {
		text = fmt.Appendf(text, "%d velo %x;", i%97, i*i%1009)
	}
	for codec, r := range levels {
		size := func(level int) int {
			c, _, err := parsed(sinkSide, "compression.type", codec, "compression.level", fmt.Sprint(level))
			require.NoError(t, err)
			chosen := clientOf(t, &c, sinkSide).OptValue(kgo.ProducerBatchCompression).([]kgo.CompressionCodec)
			by, err := kgo.DefaultCompressor(chosen...)
			require.NoError(t, err)
			out, _ := by.Compress(&bytes.Buffer{}, text)
			return len(out)
		}
		require.Less(t, size(r[1]), size(r[0]), codec)
	}
}

func TestKeysOfOthersStay(t *testing.T) {
	// The batch size of a source is rows a batch, and not ours to read.
	_, p, err := parsed(sourceSide, "batch.size", "100", "event.time.field", "ts", "linger.ms", "5")
	require.NoError(t, err)
	require.Len(t, p.Unused(), 3)
}

func TestSourceOpenErrors(t *testing.T) {
	r := &rig{addr: "127.0.0.1:1"}
	_, err := r.trySource("format", "nope")
	require.ErrorContains(t, err, `unknown format "nope"`)
	require.ErrorIs(t, err, ingest.ErrUsage)
	_, err = r.trySource("format", "declared")
	require.ErrorContains(t, err, `format declared needs declared columns`)
	_, err = r.trySource("infer.records", "0")
	require.ErrorContains(t, err, `"infer.records" must be at least 1`)
	_, err = r.trySource("key.fields", "a,,b")
	require.ErrorContains(t, err, `key "key.fields" must be column names`)
	_, err = r.trySink("format", "number")
	require.ErrorContains(t, err, `format "number" cannot be written`)
}

func TestDefaults(t *testing.T) {
	c, _, err := parsed(sourceSide)
	require.NoError(t, err)
	require.Equal(t, []string{"localhost:9092"}, c.Brokers)
	require.Equal(t, "src", c.Topic)
	require.Equal(t, "velo-app-job", c.Group)
	require.Equal(t, "velo-app", c.ClientID)
	require.Equal(t, "latest", c.resetName())
	require.False(t, c.Bounded())
	c, _, err = parsed(sourceSide, "bounded", "true")
	require.NoError(t, err)
	require.Equal(t, "earliest", c.resetName())
	c, _, err = parsed(sinkSide, "acks", "0")
	require.NoError(t, err)
	require.False(t, c.Idempotent, "as in Java, weaker acks turn it off")
}

func TestCheckKey(t *testing.T) {
	require.NoError(t, CheckKey("Bootstrap.Servers"))
	require.EqualError(t, CheckKey("bootstrap.server"), `unknown kafka property "bootstrap.server": did you mean "bootstrap.servers"?`)
	require.EqualError(t, CheckKey("sasl.pasword"), `unknown kafka property "sasl.pasword": did you mean "sasl.password"?`)
	require.ErrorContains(t, CheckKey("sasl.jaas.config.file"), "librdkafka's names are known")
}

func TestSecretsAreNotPrinted(t *testing.T) {
	c, p, err := parsed(sourceSide, "security.protocol", "sasl_plaintext", "sasl.mechanism", "PLAIN", "sasl.username", "me", "sasl.password", "hunter2")
	require.NoError(t, err)
	js, err := json.Marshal(c)
	require.NoError(t, err)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "password", c.Password, "config", c)
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q", c, c, c.Password, c.Password), string(js), log.String()} {
		require.NotContains(t, s, "hunter2")
		require.Contains(t, s, masked)
	}
	p.Set("format", "text", "")
	conn, err := Source().Open(t.Context(), registry(), ingest.SourceSpec{Name: "s", Props: p})
	require.NoError(t, err)
	require.NotContains(t, conn.Describe(), "hunter2")
}

func TestDescribe(t *testing.T) {
	r := &rig{addr: "h:1"}
	c := r.source(t, "topic", "t")
	require.Equal(t, "kafka topic t at h:1, format text, read_committed, group velo-app-q from committed offsets, else latest", c.Describe())
	c = r.source(t, "topic", "t", "start", "2024-02-29", "end", "-1", "group.id", "g", "security.protocol", "ssl")
	require.Equal(t, "kafka topic t at h:1, format text, read_committed, ssl, group g, bounded from timestamp:1709164800000 to -1", c.Describe())
}

func TestParsePosition(t *testing.T) {
	for in, want := range map[string]Position{
		"earliest": {Kind: Earliest}, " Beginning ": {Kind: Earliest}, "LATEST": {Kind: Latest}, "end": {Kind: Latest},
		"0": {Kind: AtOffset}, "42": {Kind: AtOffset, Value: 42}, "99999999999": {Kind: AtOffset, Value: 99999999999},
		"offset:100000000000": {Kind: AtOffset, Value: 1e11}, "100000000000": {Kind: AtTime, Value: 1e11},
		"-1000": {Kind: FromTail, Value: 1000}, "timestamp:5": {Kind: AtTime, Value: 5},
		"2024-02-29":                    {Kind: AtTime, Value: 1709164800000},
		"2024-02-29T01:00:00+01:00":     {Kind: AtTime, Value: 1709164800000},
		"2024-02-29 00:00":              {Kind: AtTime, Value: 1709164800000},
		"2024-02-29T00:00:00.123456Z":   {Kind: AtTime, Value: 1709164800123},
		"timestamp:2024-02-29T00:00:00": {Kind: AtTime, Value: 1709164800000},
	} {
		got, err := ParsePosition(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
		again, err := ParsePosition(got.String())
		require.NoError(t, err, in)
		require.Equal(t, got, again, in)
	}
	for _, in := range []string{"", "soon", "offset:-1", "offset:x", "12x", "2024-13-01", "-9223372036854775808", "9223372036854775808"} {
		_, err := ParsePosition(in)
		require.Error(t, err, in)
	}
}

func TestBackoff(t *testing.T) {
	c, _, err := parsed(sourceSide, "retry.backoff.ms", "100", "retry.backoff.max.ms", "300")
	require.NoError(t, err)
	for fails, base := range map[int]time.Duration{0: 100, 1: 100, 2: 200, 3: 300, 4: 300, 1000: 300} {
		d := c.backoff(fails)
		require.GreaterOrEqual(t, d, base*time.Millisecond*8/10, fails)
		require.LessOrEqual(t, d, base*time.Millisecond*12/10, fails)
	}
}
