package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/capture"
	"github.com/velostream/velo/ingest/kafka"
)

func (s *session) capture() *cobra.Command {
	f := &flags{}
	var file, from, until string
	c := &cobra.Command{
		Use:   "capture TOPIC… -o FILE",
		Short: "record topics to a file that replay and query read like the topics",
		Long: `capture writes the records of topics, key, value, headers, partition, offset
and timestamp kept: as lines of JSON, or as columns of Arrow IPC where FILE ends in
.arrows (a stream) or .arrow. It is bounded: --from and --until take an
offset, a timestamp, earliest, latest, or -1000 for the last thousand of each
partition; without --until it ends where the topics end now. Several topics are
merged by timestamp. The file appears under its name when it is complete; .gz,
.zst, .lz4 and .sz compress it.`,
		Example: `  velo-sql capture orders payments -o shop.jsonl.zst --from -1000
  velo-sql capture orders -o - --from 2026-01-01T00:00:00Z --until 2026-01-02T00:00:00Z`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("velo-sql capture needs the name of a topic")
			}
			return nil
		},
		RunE: s.own(func(c *cobra.Command, topics []string) error {
			if err := s.check(c, f); err != nil {
				return err
			}
			if file == "" {
				return usage("capture needs -o FILE (-: standard output)")
			}
			for k := range f.clientKeys {
				if use := instead[strings.ToLower(k)]; use != "" {
					return usage("-X: key %q has no effect on a capture: %s", k, use)
				}
			}
			for _, x := range []struct{ flag, value string }{{"from", from}, {"until", until}} {
				if _, err := kafka.ParsePosition(x.value); err != nil {
					return usage("--%s must be an offset, a time, earliest, latest, or -N for the last N records, not %q", x.flag, x.value)
				}
			}
			return s.record(f, topics, file, from, until)
		}),
	}
	c.Flags().StringVarP(&file, "output", "o", "", "`FILE` to write, - for standard output")
	c.Flags().StringVar(&from, "from", "earliest", "first record: offset, timestamp, earliest, latest or -N")
	c.Flags().StringVar(&until, "until", "latest", "first record left out, in the same forms")
	c.Flags().StringVar(&f.progress, "progress", "auto", "show progress: auto (on a terminal), always or never")
	f.kafkaFlags(c.Flags())
	f.talkFlags(c.Flags())
	return c
}

// instead are client properties that a capture sets by itself, and what to use for them.
var instead = map[string]string{
	"topic": "name the topics", "topic.name": "name the topics", "start": "use --from", "end": "use --until", "bounded": "it ends at --until",
	"auto.offset.reset": "use --from", "group.id": "it reads without a group", "group.instance.id": "it reads without a group",
}

// record captures topics.
func (s *session) record(f *flags, topics []string, path, from, until string) (err error) {
	start := time.Now()
	pool := vec.NewPool(nil, false)
	defer pool.Close()
	var feeds []*topicFeed
	defer func() {
		for _, t := range feeds {
			err = errors.Join(err, t.close())
		}
	}()
	for i, topic := range topics {
		for _, other := range topics[:i] {
			if other == topic {
				return usage("topic %q is named twice", topic)
			}
		}
		t, err := s.openTopic(f, topic, from, until, pool)
		if err != nil {
			return err
		}
		feeds = append(feeds, t)
	}
	out, err := createCapture(s.out, path)
	if err != nil {
		return err
	}
	rows, bytes, err := merge(s.ctx, feeds, out, s.talk.startProgress(f.progress))
	if err = errors.Join(err, out.close(err == nil)); err != nil {
		if s.out.closed.Load() {
			return nil
		}
		return err
	}
	total := arrowexec.SourceStats{Rows: rows, Bytes: bytes, Total: bytes}
	if f.progress == "always" {
		s.talk.progressFinal(total)
	}
	s.talk.progressDone()
	s.talk.note("captured %s of %s, %s in %s", count(int(rows), "record"), count(len(topics), "topic"), size(bytes), brief(time.Since(start)))
	return nil
}

// topicFeed is a topic being read, and the record it stands at.
type topicFeed struct {
	pieces []arrowexec.Piece
	conn   ingest.Connector
	src    arrowexec.Source
	pool   *vec.Pool
	scope  *vec.Scope
	batch  *arrowexec.Batch
	at     int
	rec    arrowexec.Record
	done   arrowexec.SourceStats // of pieces read to their end
}

func (s *session) openTopic(f *flags, topic, from, until string, pool *vec.Pool) (*topicFeed, error) {
	props := ingest.NewProps()
	if f.broker != "" {
		props.Set("bootstrap.servers", f.broker, "--broker")
	}
	for k, v := range f.clientKeys {
		props.Set(k, v, "-X")
	}
	for k, v := range map[string]string{"topic": topic, "format": "raw", "bounded": "true", "start": from, "end": until} {
		props.Set(k, v, "velo-sql capture")
	}
	conn, err := kafka.Source().Open(s.ctx, all.New(), ingest.SourceSpec{
		Name: topic, Props: props,
		Env: ingest.Env{Start: capture.NoTimestamp, AppName: "capture", Log: s.talk.logger(f.logFormat, f.verbose)},
	})
	if err != nil {
		return nil, err
	}
	pieces, err := conn.Scan(s.ctx, ingest.Scan{Threads: 1})
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &topicFeed{pieces: pieces, conn: conn, pool: pool}, nil
}

const captureBatch = 4096

// next moves to the next record; false at the end.
func (t *topicFeed) next(ctx context.Context) (bool, error) {
	t.at++
	for t.batch == nil || t.at >= t.batch.N {
		if t.scope != nil {
			t.scope.Close()
			t.scope, t.batch = nil, nil
		}
		if t.src == nil {
			if len(t.pieces) == 0 {
				return false, nil
			}
			src, err := t.pieces[0](ctx)
			if err != nil {
				return false, err
			}
			t.src, t.pieces = src, t.pieces[1:]
		}
		t.scope = t.pool.Open()
		b, err := t.src.Next(ctx, t.scope, captureBatch)
		if err == io.EOF {
			st := t.src.Stats()
			t.done.Rows, t.done.Bytes = t.done.Rows+st.Rows, t.done.Bytes+st.Bytes
			err = t.src.Close()
			t.src, b = nil, nil
		}
		if err != nil {
			return false, err
		}
		t.batch, t.at = b, 0
	}
	t.rec = t.batch.Origin.Record(t.at)
	return true, nil
}

func (t *topicFeed) stats() arrowexec.SourceStats {
	st := t.done
	if t.src != nil {
		x := t.src.Stats()
		st.Rows, st.Bytes, st.Total = st.Rows+x.Rows, st.Bytes+x.Bytes, st.Total+x.Total
	}
	return st
}

func (t *topicFeed) close() error {
	if t.scope != nil {
		t.scope.Close()
	}
	var err error
	if t.src != nil {
		err = t.src.Close()
	}
	return errors.Join(err, t.conn.Close())
}

// merge writes the records of all feeds, the earliest head first, which never
// lets the records of one partition overtake each other.
func merge(ctx context.Context, feeds []*topicFeed, w *captureFile, progress func(arrowexec.SourceStats)) (rows, bytes int64, err error) {
	var open []*topicFeed
	for _, t := range feeds {
		ok, err := t.next(ctx)
		if err != nil {
			return rows, w.bytes, err
		}
		if ok {
			open = append(open, t)
		}
	}
	written := 0
	show := func() {
		written = 0
		if progress != nil {
			var sum arrowexec.SourceStats
			for _, t := range feeds {
				st := t.stats()
				sum.Rows, sum.Bytes, sum.Total = sum.Rows+st.Rows, sum.Bytes+st.Bytes, sum.Total+st.Total
			}
			progress(sum)
		}
	}
	for len(open) > 0 {
		first := 0
		for i, t := range open {
			if t.rec.Timestamp < open[first].rec.Timestamp {
				first = i
			}
		}
		t := open[first]
		p := t.batch.Origin.Position(t.at)
		if err := w.append(&capture.Record{Topic: p.Topic, Partition: p.Partition, Offset: p.Offset, Record: t.rec}); err != nil {
			return rows, w.bytes, err
		}
		rows++
		if written += len(t.rec.Key) + len(t.rec.Value) + 100; written >= 256<<10 {
			show()
		}
		ok, err := t.next(ctx)
		if err != nil {
			return rows, w.bytes, err
		}
		if !ok {
			open = append(open[:first], open[first+1:]...)
		}
	}
	err = w.flush()
	show()
	return rows, w.bytes, err
}
