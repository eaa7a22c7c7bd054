package tabletest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	ijson "github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/cuttest"
)

const start = int64(1_700_000_000_000)

// file is the input from a record on.
func (s *source) file(from int) string {
	var b strings.Builder
	if s.format == "csv" {
		for i, c := range s.columns() {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(c.name)
		}
		b.WriteByte('\n')
	}
	offsets := map[int]int{}
	for i, r := range s.recs {
		at := offsets[r.part]
		offsets[r.part]++
		if i < from {
			continue
		}
		if s.format == "csv" {
			for k, c := range s.columns() {
				if k > 0 {
					b.WriteByte(',')
				}
				if v := r.vals[c.name]; v != nil {
					fmt.Fprint(&b, v)
				}
			}
			b.WriteByte('\n')
			continue
		}
		payload := r.payload(s)
		if s.format == "capture" {
			key := "null"
			if r.key != nil {
				key = strconv.Quote(*r.key)
			}
			fmt.Fprintf(&b, `{"topic":"%s","partition":%d,"offset":%d,"ts":%d,"key":%s,"payload":%s}`, s.name, r.part, at, r.stamp, key, payload)
		} else {
			b.WriteString(payload)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (r *record) payload(s *source) string {
	switch {
	case r.null:
		return "null"
	case r.bad:
		return `[1]`
	}
	var parts []string
	for _, c := range s.columns() {
		if v, ok := r.vals[c.name]; ok {
			parts = append(parts, strconv.Quote(c.name)+":"+text(v))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// outcome is what an application gives.
type outcome struct {
	lines   map[string][]string // by statement: time, key, payload
	ledgers map[string]string
	failed  int64
}

// engine runs cases in a folder.
type engine struct{ dir string }

func options() planner.Options {
	reg, err := expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
	if err != nil {
		panic(err)
	}
	return planner.Options{
		Mode: planner.Replay, Source: "query", Registry: all.New(), Funcs: reg, Aggs: agg.All(), Set: map[string]string{},
		Connect: map[string]ingest.Connector{}, Env: ingest.Env{Start: start, Clock: func() int64 { return start }},
	}
}

func (e engine) inputs(a *app, o *planner.Options, from *planner.Cut) error {
	for _, s := range a.sources {
		at := 0
		if from != nil {
			at = int(from.Records(s.name))
		}
		ext := ".jsonl"
		if s.format == "csv" {
			ext = ".csv"
		}
		path := filepath.Join(e.dir, s.name+ext)
		if err := os.WriteFile(path, []byte(s.file(at)), 0o666); err != nil {
			return err
		}
		props := map[string]string{}
		if s.format == "capture" {
			props["format"] = "capture"
		}
		o.From = append(o.From, planner.Binding{Name: s.name, Path: path, Props: props})
	}
	return nil
}

// stretch runs a case from its beginning, or from a cut, to its end or the next cut.
func (e engine) stretch(a *app, batch, threads int, without string, from *planner.Cut, batches int) (outcome, *planner.Cut, error) {
	o := options()
	o.Threads, o.Out = threads, e.dir
	if without != "" {
		o.RulesOff = strings.Split(without, ",")
	}
	var mu sync.Mutex
	res := outcome{lines: map[string][]string{}, ledgers: map[string]string{}}
	o.LogRow = func(string, *arrowexec.RowError) {
		mu.Lock()
		res.failed++
		mu.Unlock()
	}
	if err := e.inputs(a, &o, from); err != nil {
		return res, nil, err
	}
	for _, q := range a.stmts {
		path := filepath.Join(e.dir, q.name+".out.jsonl")
		os.Remove(path)
		o.To = append(o.To, planner.Binding{Name: q.name, Path: path, Props: map[string]string{"format": "capture"}})
	}
	app, err := planner.Compile(context.Background(), a.sql(), o)
	if err != nil {
		return res, nil, fmt.Errorf("compile: %w", err)
	}
	defer app.Close()
	rep, cut, err := cuttest.Run(app, batch, from, batches)
	if err != nil {
		return res, nil, err
	}
	for _, q := range a.stmts {
		if res.lines[q.name], err = captured(filepath.Join(e.dir, q.name+".out.jsonl")); err != nil {
			return res, nil, err
		}
	}
	for _, q := range rep.Queries {
		l := q.Ledger
		res.ledgers[q.Name] = fmt.Sprintf("in=%d used=%d filtered=%d late=%d failed=%d held=%d", l.In, l.Used, l.Filtered, l.Late, l.Failed, l.Held)
		if l.In != l.Used+l.Filtered+l.Late+l.Failed+l.Held {
			return res, nil, fmt.Errorf("the ledger of %s does not add up: %s", q.Name, res.ledgers[q.Name])
		}
	}
	return res, cut, nil
}

// captured reads the records of a capture as time, key and payload.
func captured(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, l := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		if l == "" {
			continue
		}
		var rec struct {
			TS      int64
			Key     *string
			Payload *string
		}
		if err := json.Unmarshal([]byte(l), &rec); err != nil {
			return nil, fmt.Errorf("%w in %s", err, l)
		}
		out = append(out, shown(rec.TS, rec.Key, rec.Payload))
	}
	return out, nil
}

func shown(ts int64, key, payload *string) string {
	k, p := "NULL", "DELETED"
	if key != nil {
		k = strconv.Quote(*key)
	}
	if payload != nil {
		p = *payload
	}
	return fmt.Sprintf("%d %s %s", ts, k, p)
}

// run runs a case from its first record to its last.
func (e engine) run(a *app, batch, threads int, without string) (outcome, error) {
	res, _, err := e.stretch(a, batch, threads, without, nil, -1)
	return res, err
}

// runCut runs a case in stretches.
func (e engine) runCut(a *app, batch int) (outcome, error) {
	res := outcome{lines: map[string][]string{}}
	var from *planner.Cut
	done := 0
	for i := 0; ; i++ {
		batches := -1
		if i < len(a.shape.cuts) {
			batches = a.shape.cuts[i] - done
			done = a.shape.cuts[i]
		}
		part, cut, err := e.stretch(a, batch, 1, "", from, batches)
		if err != nil {
			return res, err
		}
		for name, l := range part.lines {
			res.lines[name] = append(res.lines[name], l...)
		}
		res.ledgers = part.ledgers
		if cut == nil {
			return res, nil
		}
		from = cut
	}
}

// rows is a sink of JSON lines.
type rows struct {
	enc  ingest.Encoder
	buf  []byte
	ends []int
}

func (s *rows) Write(_ context.Context, b *arrowexec.Batch) (err error) {
	s.buf, s.ends, err = s.enc.Encode(s.buf, s.ends, b)
	return err
}
func (s *rows) Flush(context.Context) error       { return nil }
func (s *rows) Close(context.Context, bool) error { return nil }
func (s *rows) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: int64(len(s.ends))} }

// query runs one statement as a query over the sources: its rows at the end.
func (e engine) query(a *app, text string) ([]string, error) {
	o := options()
	o.Mode = planner.Query
	if err := e.inputs(a, &o, nil); err != nil {
		return nil, err
	}
	var sink *rows
	o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
		sink = &rows{enc: ijson.NewEncoder(out.Fields, false)}
		return sink, nil
	}
	app, err := planner.Compile(context.Background(), a.declarations()+text, o)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	defer app.Close()
	if _, err := app.Run(context.Background(), planner.RunOptions{Poison: true}); err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	var out []string
	from := 0
	for _, end := range sink.ends {
		out = append(out, strings.TrimSuffix(string(sink.buf[from:end]), "\n"))
		from = end
	}
	return out, nil
}
