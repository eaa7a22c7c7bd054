package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo"
	"github.com/velostream/velo/bench/dataset"
)

// ErrUsage is what [Run] was asked and cannot do, whatever the data.
var ErrUsage = errors.New("wrong use")

type usage struct{ error }

func (usage) Is(target error) bool { return target == ErrUsage }

// Options are those of a run; the zero value takes the workload's own.
type Options struct {
	Rows     int64 // 0: a million
	Seed     uint64
	Keys     int
	Source   string
	Format   string
	Threads  int
	Batch    int // 0: adaptive
	Rounds   int // 0: 5
	Baseline bool
	Broker   string // of source kafka; empty: kfake in this process
	Fetch    string // of source kafka: raw or poll; empty: the engine's own
	Produce  string // of workloads that write to a topic: raw or client; empty: the engine's own
	// Profile, if set, is started before the measured rounds and gives what stops it.
	Profile func(workload string) (stop func(), err error)
}

// bed is a workload with its data laid out.
type bed struct {
	w       *Workload
	d       *dataset.Dataset
	o       Options
	want    [][]any
	bytes   int64
	schema  *arrow.Schema
	records []arrow.Record
	lookup  velo.Input // the rows of the workload's Lookup, nil without
	path    string
	answer  string // the file of a workload whose answer goes to one
	topic   string
	close   []func()
}

// Run executes a workload once to check its answer, then Rounds times measured,
// each checked again.
func Run(ctx context.Context, w *Workload, o Options) (*Result, error) {
	b, err := lay(ctx, w, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	defer b.release()
	r, err := b.run(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Name, err)
	}
	return r, nil
}

func (o Options) filled(w *Workload) (Options, error) {
	if o.Rows == 0 {
		o.Rows = 1_000_000
	}
	if o.Rows < 0 || o.Rounds < 0 || o.Threads < 0 || o.Batch < 0 || o.Keys < 0 {
		return o, fmt.Errorf("rows, rounds, threads, batch and keys cannot be negative")
	}
	if o.Rounds == 0 {
		o.Rounds = 5
	}
	if o.Threads == 0 {
		o.Threads = 1
	}
	if o.Source == "" {
		o.Source = w.Source
	}
	given := o.Format
	if o.Format == "" {
		o.Format = w.Format
	}
	if err := dataset.CheckFormat(o.Format); err != nil {
		return o, err
	}
	switch o.Source {
	case "file":
	case "memory":
		if given != "" {
			return o, fmt.Errorf("format %s has no effect on source memory, whose rows are Arrow records already", given)
		}
		o.Format = "arrow"
	case "kafka":
		if o.Format != "jsonl" {
			return o, fmt.Errorf("source kafka has JSON payloads only: format %s is for files", o.Format)
		}
	default:
		return o, fmt.Errorf("there is no source %q; sources: memory, file, kafka", o.Source)
	}
	if o.Broker != "" && o.Source != "kafka" {
		return o, fmt.Errorf("a broker has no effect on source %s", o.Source)
	}
	if o.Fetch != "" && o.Source != "kafka" {
		return o, fmt.Errorf("a way to fetch has no effect on source %s", o.Source)
	}
	if o.Produce != "" && (o.Source != "kafka" || w.To == nil) {
		return o, fmt.Errorf("a way to produce has no effect on a workload that writes no topic")
	}
	if o.Keys == 0 {
		o.Keys = w.KeyCount
	}
	if o.Baseline && !w.HasLoop(o.Source, o.Format) {
		return o, fmt.Errorf("there is no row loop for source %s, format %s; workloads of records in memory, json-filter-group and csv-group have one for their own", o.Source, o.Format)
	}
	if o.Baseline && o.Profile != nil {
		return o, fmt.Errorf("a profile beside the row loop would show both; leave one of them out")
	}
	return o, nil
}

// lay generates the data and the right answer.
func lay(ctx context.Context, w *Workload, o Options) (*bed, error) {
	o, err := o.filled(w)
	if err != nil {
		return nil, usage{err}
	}
	d, err := dataset.Find(w.Dataset)
	if err != nil {
		return nil, err
	}
	if d.Nested() && o.Format != "jsonl" && o.Format != "capture" {
		return nil, usage{fmt.Errorf("its rows have objects, which source %s, format %s has not: it runs over jsonl and capture", o.Source, o.Format)}
	}
	b := &bed{w: w, d: d, o: o}
	if err := b.folder(); err != nil {
		return nil, err
	}
	a := w.expect(d)
	size := dataset.Options{Rows: o.Rows, Seed: o.Seed, Keys: o.Keys}
	switch o.Source {
	case "memory":
		b.schema, b.records, err = d.Records(size, w.Columns, a.add)
		for _, r := range b.records {
			b.close = append(b.close, r.Release)
			for _, c := range r.Columns() {
				for _, buf := range c.Data().Buffers() {
					if buf != nil {
						b.bytes += int64(buf.Len())
					}
				}
			}
		}
	case "file":
		err = b.write(size, a)
	case "kafka":
		err = b.produce(ctx, size, a)
	}
	if err != nil {
		b.release()
		return nil, err
	}
	if w.Lookup != "" {
		if err := b.layLookup(); err != nil {
			b.release()
			return nil, err
		}
	}
	b.want = a.rows()
	sortRows(b.want, w.Keys)
	return b, nil
}

// layLookup generates the table that is joined, of its own size whatever that of the rows.
func (b *bed) layLookup() error {
	d, err := dataset.Find(b.w.Lookup)
	if err != nil {
		return err
	}
	schema, records, err := d.Records(dataset.Options{Rows: lookupRows}, nil, nil)
	if err != nil {
		return err
	}
	for _, r := range records {
		b.close = append(b.close, r.Release)
	}
	b.lookup = velo.FromRecords(d.Name, schema, records...)
	return nil
}

// folder makes the folder of the files, where there are any.
func (b *bed) folder() error {
	if b.o.Source != "file" && b.w.Answer == "" {
		return nil
	}
	dir, err := os.MkdirTemp("", "velo-bench-*")
	if err != nil {
		return err
	}
	b.close = append(b.close, func() { os.RemoveAll(dir) })
	b.path = filepath.Join(dir, b.w.Dataset+"."+b.o.Format)
	b.answer = filepath.Join(dir, "answer."+b.w.Answer)
	return nil
}

func (b *bed) write(size dataset.Options, a *answer) error {
	f, err := os.Create(b.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := b.d.Write(f, b.o.Format, size, a.add); err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	b.bytes = st.Size()
	return f.Close()
}

func (b *bed) release() {
	for _, f := range b.close {
		f()
	}
	b.close = nil
}

// inputs gives the engine the data under the workload's name.
func (b *bed) inputs() (string, []velo.Input) {
	var in []velo.Input
	if b.lookup != nil {
		in = append(in, b.lookup)
	}
	if b.o.Batch > 0 {
		in = append(in, velo.Set("batch.size", strconv.Itoa(b.o.Batch)))
	}
	typed := b.o.Format == "arrow" || b.o.Format == "arrows" || b.o.Format == "parquet" || b.o.Format == "avro"
	for k, v := range b.w.Props {
		if k == "columns" && typed || strings.HasPrefix(k, "csv.") && (b.o.Format != "csv" || b.o.Source == "memory") { // the input tells its own, and is no CSV
			continue
		}
		in = append(in, velo.Set(k, v))
	}
	switch b.o.Source {
	case "memory":
		return b.w.SQL, append(in, velo.FromRecords(b.w.Dataset, b.schema, b.records...))
	case "file":
		return b.w.SQL, append(in, velo.FromFile(b.w.Dataset, b.path, nil))
	}
	if b.o.Fetch != "" {
		in = append(in, velo.Set("kafka.fetch", b.o.Fetch))
	}
	from := fmt.Sprintf(" FROM 'kafka://%s/%s' WITH ('bounded' = 'true')", b.o.Broker, b.topic)
	return strings.Replace(b.w.SQL, " FROM "+b.w.Dataset, from, 1), in
}

// query runs the workload once, the engine's opening included. The records are
// the caller's to release, also beside an error.
func (b *bed) query(ctx context.Context) (rows []arrow.Record, rep velo.Report, err error) {
	eng, err := velo.Open(velo.WithThreads(b.o.Threads))
	if err != nil {
		return nil, rep, err
	}
	sql, in := b.inputs()
	if b.w.Answer != "" {
		rep, err = b.toFile(ctx, eng, sql, in)
		return nil, rep, err
	}
	q, err := eng.Query(ctx, sql, in...)
	if err != nil {
		return nil, rep, err
	}
	for rec, err := range q.Records() {
		if err != nil {
			return rows, rep, err
		}
		rec.Retain()
		rows = append(rows, rec)
	}
	return rows, q.Report(), nil
}

// toFile runs the workload with a file as its sink.
func (b *bed) toFile(ctx context.Context, eng *velo.Engine, sql string, in []velo.Input) (velo.Report, error) {
	app := fmt.Sprintf("CREATE STREAM answer WITH ('answer.type' = 'file_sink', 'answer.path' = '%s', 'answer.format' = '%s') AS %s", b.answer, b.w.Answer, sql)
	job, err := eng.Start(ctx, app, in...)
	if err != nil {
		return velo.Report{}, err
	}
	return job.Wait(ctx)
}

// checked runs the workload once inside f, and compares its rows outside.
func (b *bed) checked(ctx context.Context, in func(func() error) error) (velo.Report, error) {
	var records []arrow.Record
	var rep velo.Report
	if b.topic != "" && b.w.To != nil {
		err := b.streamed(ctx, in, func(to string) (err error) {
			if rep, err = b.stream(ctx, to); err == nil {
				err = b.all(rep)
			}
			return err
		})
		return rep, err
	}
	err := b.away(func() error {
		return in(func() (err error) {
			records, rep, err = b.query(ctx)
			return err
		})
	})
	return rep, b.compare(records, rep, err)
}

// compare compares the rows that a run has given, and releases them; err is the run's.
func (b *bed) compare(records []arrow.Record, rep velo.Report, err error) error {
	var rows [][]any
	for _, rec := range records {
		if err == nil {
			rows, err = cells(rows, rec)
		}
		rec.Release()
	}
	if err == nil && b.w.Answer != "" {
		rows, err = fileRows(b.w.Answer, b.answer, b.want)
	}
	if err != nil {
		return err
	}
	if err := b.all(rep); err != nil {
		return err
	}
	return b.check(rows)
}

// profiled runs the measured rounds under a profile, which the comparison of their rows
// would be most of: the last round's are compared after it.
func (b *bed) profiled(ctx context.Context, res *Result) (rep velo.Report, err error) {
	var records []arrow.Record
	stop, err := b.o.Profile(b.w.Name)
	if err != nil {
		return rep, err
	}
	for i := 0; i < b.o.Rounds && err == nil; i++ {
		for _, rec := range records {
			rec.Release()
		}
		var r Round
		r, err = measure(func() (err error) {
			records, rep, err = b.query(ctx)
			return err
		})
		res.Rounds = append(res.Rounds, r)
	}
	stop()
	return rep, b.compare(records, rep, err)
}

// all tells that every row was read.
func (b *bed) all(rep velo.Report) error {
	read := b.o.Rows
	if b.w.Lookup != "" {
		read += lookupRows
	}
	if rep.Ledger.In != read {
		return fmt.Errorf("wrong answer: %d rows were read of %d", rep.Ledger.In, read)
	}
	return nil
}

// check compares the rows that came out with the right ones.
func (b *bed) check(rows [][]any) error {
	if b.w.Fold != nil {
		rows = b.w.Fold(rows)
	}
	if b.w.ordered != nil {
		if err := b.w.ordered(rows); err != nil {
			return err
		}
	}
	return check(rows, b.want, b.w.Keys)
}

func (b *bed) run(ctx context.Context) (*Result, error) {
	res := &Result{
		Workload: b.w.Name, Source: b.o.Source, Format: b.o.Format, Threads: b.o.Threads, Batch: "auto", Keys: b.o.Keys,
		Rows: b.o.Rows, Bytes: b.bytes, AnswerRows: len(b.want),
	}
	if b.o.Batch > 0 {
		res.Batch = strconv.Itoa(b.o.Batch)
	}
	rep, err := b.checked(ctx, func(f func() error) (err error) {
		res.PeakBytes, err = peak(f)
		return err
	})
	if err != nil {
		return nil, err
	}
	res.BatchBytes, res.Batches = rep.Run.Peak, rep.Run.Batches
	if b.o.Baseline {
		res.Baseline = &Baseline{}
	}
	if b.o.Profile != nil && b.w.To != nil { // writing to a topic is checked by reading it
		stop, err := b.o.Profile(b.w.Name)
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	var sizes []int
	var latency []time.Duration
	for len(res.Rounds) < b.o.Rounds {
		round := func(ctx context.Context) (velo.Report, error) {
			return b.checked(ctx, func(f func() error) error {
				r, err := measure(f)
				res.Rounds = append(res.Rounds, r)
				return err
			})
		}
		if b.o.Profile != nil && b.w.To == nil {
			round = func(ctx context.Context) (velo.Report, error) { return b.profiled(ctx, res) }
		}
		rep, err := round(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range rep.Run.Decisions {
			if d.Got > 0 {
				sizes, latency = append(sizes, d.Got), append(latency, d.Time)
			}
		}
		if b.o.Baseline {
			if err := b.loop(res.Baseline); err != nil {
				return nil, err
			}
		}
	}
	at := func(q float64) int { return int(quantile(sizes, q, func(n int) float64 { return float64(n) })) }
	res.BatchMin, res.BatchP50, res.BatchMax = at(0), at(0.5), at(1)
	ns := func(d time.Duration) float64 { return float64(d) }
	res.LatencyP5, res.LatencyP9 = time.Duration(quantile(latency, 0.5, ns)), time.Duration(quantile(latency, 0.99, ns))
	res.summarize()
	return res, nil
}

// loop runs the row loop once, checked like the engine.
func (b *bed) loop(base *Baseline) error {
	var rows [][]any
	r, err := measure(func() (err error) {
		if b.o.Source == "memory" {
			rows, err = b.w.Loop(b.records)
			return err
		}
		f, err := os.Open(b.path)
		if err != nil {
			return err
		}
		defer f.Close()
		rows, err = b.w.Baseline(f)
		return err
	})
	base.Rounds = append(base.Rounds, r)
	if err == nil {
		err = check(rows, b.want, b.w.Keys)
	}
	if err != nil {
		return fmt.Errorf("the row loop: %w", err)
	}
	return nil
}
