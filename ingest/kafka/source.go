package kafka

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/recordkey"
)

// Source is kafka_source: a topic as a stream or, with an end, as a bounded
// source.
func Source() ingest.SourceType {
	return ingest.SourceType{
		Type:    "kafka_source",
		Schemes: []string{"kafka"},
		Formats: payloads,
		Keys: append(sideKeys(sourceSide),
			ingest.Key{Name: "key.fields", Doc: "columns that are filled from the message key"},
			ingest.Key{Name: "key.format", Default: "string", Doc: "string (parts joined by |) or json"},
			ingest.Key{Name: "infer.records", Default: "1000", Doc: "records to find the columns in"}),
		Open: func(_ context.Context, r *ingest.Registry, s ingest.SourceSpec) (ingest.Connector, error) {
			c, err := newConnector(r, s)
			if err == nil {
				err = c.cfg.checkFiles()
			}
			return c, err
		},
		Check: func(r *ingest.Registry, s ingest.SourceSpec) error {
			_, err := newConnector(r, s)
			return err
		},
		Topics: topics,
	}
}

// connector is one topic that a statement reads. It is made without talking to
// the broker; Schema and Scan do.
type connector struct {
	cfg    Config
	spec   ingest.SourceSpec
	format ingest.Format
	keys   recordkey.Fields
	json   ingest.Format
	infer  int
	schema *arrow.Schema
	known  bool // schema was looked for
	shares []*share
}

func newConnector(r *ingest.Registry, s ingest.SourceSpec) (*connector, error) {
	cfg, err := parse(s.Name, s.Props, s.Env, sourceSide)
	if err != nil {
		return nil, ingest.Usage(err)
	}
	keys, err := recordkey.FieldsOf(s.Props, s.KeyFields)
	if err != nil {
		return nil, err
	}
	f, err := r.Format(s.Props.String("json", "format"))
	if err != nil {
		return nil, ingest.Usage(err)
	}
	if f.NewDecoder == nil {
		return nil, ingest.Usage(fmt.Errorf("format %q cannot be the payload of a topic", f.Name))
	}
	if s.Empty && (cfg.Start.Kind == Latest || cfg.Start.Kind == None && cfg.resetName() == "latest") {
		cfg.Start = Position{Kind: Earliest}
	}
	c := &connector{cfg: cfg, spec: s, format: f, keys: keys}
	c.json, _ = r.Format("json") // of JSON keys; recordkey says if it is missing
	n, err := s.Props.Int(1000, "infer.records")
	if err == nil && n < 1 {
		err = fmt.Errorf("key \"infer.records\" must be at least 1, not %d", n)
	}
	if err != nil {
		return nil, ingest.Usage(err)
	}
	c.infer = int(n)
	switch {
	case f.ReadSchema != nil && !s.Props.Has("schema"):
		err = f.NoColumns(s.Name)
	case s.Columns != nil:
		c.schema, c.known = s.Columns, true
	case f.Fixed != nil:
		if c.schema, err = f.Fixed(s.Props); err == nil {
			c.schema = keys.Extend(c.schema)
		}
		c.known = true
	case f.NewInferrer == nil:
		err = f.NoColumns(s.Name)
	}
	return c, ingest.Usage(err)
}

// Schema gives the declared columns, or those found in the first records.
func (c *connector) Schema(ctx context.Context) (*arrow.Schema, error) {
	if c.known {
		return c.schema, nil
	}
	s, err := c.inferred(ctx)
	if err != nil {
		return nil, err
	}
	s = c.keys.Extend(s)
	// An empty topic may have records at the next look.
	c.schema, c.known = s, s != nil
	return s, nil
}

// Bounded tells whether the topic is read to an end.
func (c *connector) Bounded() bool { return c.cfg.Bounded() }

// Seeks tells that bounded reads start and end where a query's conditions on
// offset, partition and time say; a group must see what it commits.
func (c *connector) Seeks() bool { return c.Bounded() && !c.cfg.GroupSet }

// System lists the system columns: a topic fills them all.
func (c *connector) System() []string {
	all := []string{ingest.ColTimestamp, ingest.ColOffset, ingest.ColPartition, ingest.ColTopic, ingest.ColKey, ingest.ColHeaders}
	if c.spec.Table {
		all = append(all, ingest.ColDeleted)
	}
	return all
}

// Describe says what is read, without secrets.
func (c *connector) Describe() string {
	var sb strings.Builder
	fmt.Fprintf(&sb, "kafka topic %s at %s, format %s, %s", c.cfg.Topic, strings.Join(c.cfg.Brokers, ","), c.format.Name, c.cfg.Isolation)
	if c.cfg.Protocol != "plaintext" {
		fmt.Fprintf(&sb, ", %s", c.cfg.Protocol)
	}
	start, end := c.cfg.Start.String(), c.cfg.End.String()
	if start == "" {
		start = c.cfg.resetName()
	}
	if !c.Bounded() {
		if c.spec.Table {
			if c.cfg.Start.String() == "" {
				start = "earliest"
			}
			fmt.Fprintf(&sb, ", a table, from %s at each start", start)
			return sb.String()
		}
		fmt.Fprintf(&sb, ", group %s from committed offsets, else %s", c.cfg.Group, start)
		return sb.String()
	}
	if end == "" {
		end = "latest"
	}
	if c.cfg.GroupSet {
		fmt.Fprintf(&sb, ", group %s", c.cfg.Group)
	}
	fmt.Fprintf(&sb, ", bounded from %s to %s", start, end)
	return sb.String()
}

// Close ends the clients of bounded reads that were not read to their ends; others
// belong to the sources that Scan opens.
func (c *connector) Close() error {
	for _, s := range c.shares {
		s.close()
	}
	return nil
}

// Scan looks up the topic and its ranges. A bounded topic is read in the order of
// the timestamps; with several threads pieces of that are dealt out, see [share].
// A seek narrows bounded reads only: a member of a group must not step over
// records that it will commit.
func (c *connector) Scan(ctx context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	if _, err := c.columns(s); err != nil {
		return nil, err // found before the broker is asked
	}
	cl, err := dial(ctx, &c.cfg, c.spec.Env)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	partitions, err := cl.partitions(ctx)
	if err != nil {
		return nil, err
	}
	if c.Loads() > 0 {
		return c.tablePieces(ctx, cl, partitions, s)
	}
	if !c.Bounded() {
		return []arrowexec.Piece{func(ctx context.Context) (arrowexec.Source, error) {
			cols, err := c.columns(s)
			if err != nil {
				return nil, err
			}
			return openGroup(ctx, &c.cfg, c.spec.Env, cols)
		}}, nil
	}
	spans, err := cl.ranges(ctx, partitions, s.Seek)
	if err != nil {
		return nil, err
	}
	sh := newShare(&c.cfg, c.spec.Env, spans, s.Threads)
	c.shares = append(c.shares, sh)
	var out []arrowexec.Piece
	for i := range sh.turn {
		out = append(out, func(context.Context) (arrowexec.Source, error) { return c.openPiece(s, sh, i) })
	}
	return out, nil
}

func (c *connector) openPiece(s ingest.Scan, sh *share, i int) (arrowexec.Source, error) {
	cols := sh.opened(i)
	if cols == nil {
		var err error
		if cols, err = c.columns(s); err != nil {
			return nil, err
		}
	}
	src := &rangeSource{share: sh, piece: i, cols: cols, commit: c.cfg.GroupSet}
	if src.commit {
		return groupRange{src}, nil
	}
	return src, nil
}

// columns makes the decoders of one pipeline.
func (c *connector) columns(s ingest.Scan) (*columns, error) {
	noTime := c.spec.Env.Start
	if noTime == 0 && c.spec.Env.Clock != nil {
		noTime = c.spec.Env.Clock()
	} else if noTime == 0 {
		noTime = time.Now().UnixMilli()
	}
	cols := &columns{source: c.spec.Name, topic: c.cfg.Topic, scan: s, noTime: noTime}
	var err error
	cols.rows, err = recordkey.NewRows(recordkey.RowsOptions{
		Columns: s.Columns, Key: c.keys, Format: c.format, Props: c.spec.Props, Schema: c.schema, JSON: c.json, Deletions: slices.Contains(s.System, ingest.ColDeleted),
	})
	if err != nil {
		return nil, fmt.Errorf("kafka: topic %s: %w", c.cfg.Topic, err)
	}
	cols.alike = newAlikes(cols.rows.Alike())
	return cols, nil
}

// inferred finds columns in records of the topic: the first ones of the range of
// a bounded read, or of an unbounded one from the start; where reading starts at
// the end, the last records before it, which are the best guess of what comes.
func (c *connector) inferred(ctx context.Context) (*arrow.Schema, error) {
	inf, err := c.format.NewInferrer(c.spec.Props)
	if err != nil {
		return nil, err
	}
	cl, err := dial(ctx, &c.cfg, c.spec.Env)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	partitions, err := cl.partitions(ctx)
	if err != nil {
		return nil, err
	}
	spans, err := cl.ranges(ctx, partitions, nil)
	if err != nil {
		return nil, err
	}
	if len(spans) == 0 && !c.Bounded() {
		tail := c.cfg
		tail.Start = Position{Kind: FromTail, Value: int64(c.infer)}
		tc := *cl
		tc.cfg = &tail
		if spans, err = tc.ranges(ctx, partitions, nil); err != nil {
			return nil, err
		}
	}
	if len(spans) == 0 {
		return nil, nil
	}
	// A look at the first records is not worth the answers that a read wants.
	look := c.cfg
	look.FetchPartitionMax = min(look.FetchPartitionMax, 128<<10)
	look.FetchMaxBytes = min(look.FetchMaxBytes, max(look.FetchPartitionMax, 512<<10))
	r, err := openRanges(ctx, &look, c.spec.Env, spans)
	if err != nil {
		return nil, err
	}
	defer r.close()
	for left := c.infer; left > 0; {
		taken := newRecords()
		if err = r.take(ctx, taken, left); err != nil {
			return nil, err
		}
		for _, x := range taken.runs {
			for i := int(x.from); i < int(x.to); i++ {
				if v := x.Value(i); v != nil {
					inf.Add(v)
					left--
				}
			}
		}
		ended := !slices.ContainsFunc(r.parts, func(p *part) bool { return !p.drained() })
		for _, p := range r.parts {
			p.told = p.told || p.drained()
		}
		if ended { // the records are not given back: who infers may keep parts of them
			break
		}
	}
	return inf.Schema(), nil
}

// payloads names the format that the keys choose for the payloads of a topic.
func payloads(p ingest.Props) (names []string, known bool) {
	if f := p.Peek("format"); f != "" {
		return []string{f}, true
	}
	return []string{"json"}, true
}
