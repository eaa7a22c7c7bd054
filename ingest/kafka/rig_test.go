package kafka

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a broker that a test talks to: kfake in this process, or a real one.
type rig struct {
	addr string
	cl   *kgo.Client
	adm  *kadm.Client
	fake *kfake.Cluster // nil for a real broker
	way  string         // kafka.fetch of its sources, and which kafka.produce its sinks have
}

// sendings has the kafka.produce that goes with a kafka.fetch: neither uses the client
// library's records, or both do.
var sendings = map[string]string{"": "client", "poll": "client", "raw": "raw"}

// ways are the values of kafka.fetch: what holds for one holds for the other.
var ways = []string{"poll", "raw"}

// eachWay runs a test for each way to fetch and to produce.
func eachWay(t *testing.T, run func(t *testing.T, way string)) {
	t.Helper()
	for _, way := range ways {
		t.Run(way, func(t *testing.T) { run(t, way) })
	}
}

func newRig(t *testing.T, addr string) *rig {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableClientMetrics(), kgo.MetadataMinAge(50*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(cl.Close)
	return &rig{addr: addr, cl: cl, adm: kadm.NewClient(cl)}
}

func fakeRig(t *testing.T, opts ...kfake.Opt) *rig {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(2), kfake.BrokerConfigs(map[string]string{"group.initial.rebalance.delay.ms": "0"}), kfake.GroupMinSessionTimeout(100 * time.Millisecond)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	r := newRig(t, c.ListenAddrs()[0])
	r.fake = c
	return r
}

// realBroker is the address that scripts/kafka/test.sh hands over.
func realBroker(t *testing.T) string {
	t.Helper()
	addr := os.Getenv("VELO_TEST_KAFKA")
	if addr == "" {
		t.Skip("VELO_TEST_KAFKA is not set: scripts/kafka/test.sh runs this against a real broker")
	}
	return addr
}

// topic makes a topic of its own for a test, and deletes it afterwards.
func (r *rig) topic(t *testing.T, partitions int32) string {
	t.Helper()
	name := fmt.Sprintf("t%d", time.Now().UnixNano())
	r.create(t, name, partitions, nil)
	return name
}

func (r *rig) create(t *testing.T, name string, partitions int32, configs map[string]*string) {
	t.Helper()
	ctx := testContext(t)
	resp, err := r.adm.CreateTopic(ctx, partitions, 1, configs, name)
	require.NoError(t, err)
	require.NoError(t, resp.Err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, _ = r.adm.DeleteTopics(ctx, name)
	})
}

// rec is a record of a test; at is its time in ms.
func rec(topic string, partition int32, at int64, key, value string, headers ...kgo.RecordHeader) *kgo.Record {
	r := &kgo.Record{Topic: topic, Partition: partition, Timestamp: time.UnixMilli(at), Value: []byte(value), Headers: headers}
	if key != "" {
		r.Key = []byte(key)
	}
	return r
}

func (r *rig) produce(t *testing.T, recs ...*kgo.Record) {
	t.Helper()
	require.NoError(t, r.cl.ProduceSync(testContext(t), recs...).FirstErr())
}

// readAll reads n records of a topic with a plain client, by partition and offset.
func (r *rig) readAll(t *testing.T, topic string, n int) []*kgo.Record {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(r.addr), kgo.ConsumeTopics(topic), kgo.DisableClientMetrics(), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	require.NoError(t, err)
	defer cl.Close()
	var out []*kgo.Record
	ctx := testContext(t)
	for len(out) < n {
		f := cl.PollFetches(ctx)
		require.NoError(t, f.Err())
		out = append(out, f.Records()...)
	}
	return out
}

func testContext(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// registry knows two formats of the tests: text, one STRING column "value" that
// NULL payloads become rows of; and number, one BIGINT column "n" of decimal
// text, with inference.
func registry() *ingest.Registry {
	value := arrow.NewSchema([]arrow.Field{{Name: "value", Type: vec.TypeString, Nullable: true}}, nil)
	number := arrow.NewSchema([]arrow.Field{{Name: "n", Type: vec.TypeInt64, Nullable: true}}, nil)
	return &ingest.Registry{Formats: []ingest.Format{
		{
			Name:       "text",
			Fixed:      func(ingest.Props) (*arrow.Schema, error) { return value, nil },
			NewDecoder: func(ingest.Props, *arrow.Schema, []arrow.Field) (ingest.Decoder, error) { return textDecoder{}, nil },
			NewEncoder: func(ingest.Props, ingest.Output) (ingest.Encoder, error) { return textEncoder{}, nil },
		},
		{
			Name:        "number",
			NewInferrer: func(ingest.Props) (ingest.Inferrer, error) { return &numberInferrer{schema: number}, nil },
			NewDecoder: func(_ ingest.Props, _ *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
				return numberDecoder{want}, nil
			},
		},
		{
			Name: "declared",
			NewDecoder: func(_ ingest.Props, _ *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
				return numberDecoder{want}, nil
			},
		},
	}}
}

type textDecoder struct{}

func (textDecoder) Decode(records [][]byte, rows *ingest.Rows) error {
	for i, r := range records {
		if r == nil {
			rows.Cols[0].Null()
		} else {
			rows.Cols[0].Bytes(r)
		}
		rows.N++
		rows.Kept = append(rows.Kept, int32(i))
	}
	return nil
}

type textEncoder struct{}

func (textEncoder) Encode(dst []byte, ends []int, b *arrowexec.Batch) ([]byte, []int, error) {
	for j := range b.Rows() {
		i := j
		if b.Sel != nil {
			i = int(b.Sel[j])
		}
		if !b.Cols[0].IsNull(i) {
			dst = append(dst, b.Cols[0].BytesAt(i)...)
		}
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}

// numberDecoder fills the column n; the payload lacks all others.
type numberDecoder struct{ want []arrow.Field }

func (d numberDecoder) Decode(records [][]byte, rows *ingest.Rows) error {
	for i, r := range records {
		n, err := strconv.ParseInt(string(r), 10, 64)
		if err != nil {
			if err := rows.Bad(i, "n", errors.New("not a number")); err != nil {
				return err
			}
			continue
		}
		for c, f := range d.want {
			if f.Name == "n" {
				rows.Cols[c].Int64(n)
			} else {
				rows.Cols[c].Null()
			}
		}
		rows.N++
		rows.Kept = append(rows.Kept, int32(i))
	}
	return nil
}

type numberInferrer struct {
	schema *arrow.Schema
	seen   [][]byte
}

func (f *numberInferrer) Add(r []byte) { f.seen = append(f.seen, bytes.Clone(r)) }
func (f *numberInferrer) Schema() *arrow.Schema {
	if len(f.seen) == 0 {
		return nil
	}
	return f.schema
}

// source opens a connector; props are key, value, key, value.
func (r *rig) source(t *testing.T, props ...string) ingest.Connector {
	t.Helper()
	c, err := r.trySource(props...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func (r *rig) trySource(props ...string) (ingest.Connector, error) {
	p := ingest.NewProps()
	p.Set("bootstrap.servers", r.addr, "")
	p.Set("format", "text", "")
	if r.way != "" {
		p.Set("kafka.fetch", r.way, "")
	}
	for i := 0; i < len(props); i += 2 {
		p.Set(props[i], props[i+1], "")
	}
	return Source().Open(context.Background(), registry(), ingest.SourceSpec{Name: "s", Props: p, Env: ingest.Env{AppName: "app", Query: "q", Start: 77}})
}

var allSystem = []string{"_partition", "_offset", "_timestamp", "_topic", "_key", "_headers"}

// rows is what a read gave, a line per row, and how it went.
type rows struct {
	lines   []string
	batches int
	ended   []int32
	events  []string // lines and ends
	errs    []string
	letters []string
	skipped ingest.Skipped
}

// read scans a connector to its end, at a batch size, and checks that no memory
// is left.
func read(t *testing.T, c ingest.Connector, want int, s ingest.Scan) rows {
	t.Helper()
	ctx := testContext(t)
	var out rows
	schema, err := c.Schema(ctx)
	require.NoError(t, err)
	if s.Columns == nil && schema != nil {
		s.Columns = schema.Fields()
	}
	s.Skipped = &out.skipped
	s.Failures = &arrowexec.Failures{
		Policy: arrowexec.DeadLetter,
		Log:    func(e *arrowexec.RowError) { out.errs = append(out.errs, e.Error()) },
		Letter: func(l arrowexec.Letter) error {
			out.letters = append(out.letters, fmt.Sprintf("%s=%s@%d", l.Key, l.Value, l.Timestamp))
			return nil
		},
	}
	pieces, err := c.Scan(ctx, s)
	require.NoError(t, err)
	pool := vec.NewPool(nil, true)
	for _, piece := range pieces {
		src, err := piece(ctx)
		require.NoError(t, err)
		for {
			sc := pool.Open()
			b, err := src.Next(ctx, sc, want)
			if err == io.EOF {
				sc.Close()
				break
			}
			require.NoError(t, err)
			require.LessOrEqual(t, b.N, want)
			out.batches++
			out.ended = append(out.ended, b.Ended...)
			out.events = append(out.events, lines(b)...)
			for _, p := range b.Ended {
				out.events = append(out.events, fmt.Sprintf("end of %d", p))
			}
			out.lines = append(out.lines, lines(b)...)
			sc.Close()
		}
		require.NoError(t, src.Close())
		require.NoError(t, src.Close(), "closed twice")
	}
	require.Zero(t, pool.OpenScopes())
	live, _, _ := pool.Stats()
	require.Zero(t, live)
	pool.Close()
	return out
}

// lines prints the rows of a batch, columns separated by blanks.
func lines(b *arrowexec.Batch) []string {
	var out []string
	for i := range b.N {
		var sb bytes.Buffer
		for j, c := range b.Cols {
			if j > 0 {
				sb.WriteByte(' ')
			}
			switch {
			case c.IsNull(i):
				sb.WriteString("NULL")
			case c.Kind == vec.Map:
				from, to := c.Range(i)
				sb.WriteByte('{')
				for k := from; k < to; k++ {
					fmt.Fprintf(&sb, "%s:", c.Children[0].BytesAt(k))
					if c.Children[1].IsNull(k) {
						sb.WriteString("NULL;")
					} else {
						fmt.Fprintf(&sb, "%s;", c.Children[1].BytesAt(k))
					}
				}
				sb.WriteByte('}')
			case c.Kind == vec.String:
				sb.Write(c.BytesAt(i))
			case c.Kind == vec.Bool:
				fmt.Fprint(&sb, c.BoolAt(i))
			default:
				fmt.Fprint(&sb, c.Int64At(i))
			}
		}
		out = append(out, sb.String())
	}
	return out
}
