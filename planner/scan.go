package planner

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/operators/eventtime"
	"github.com/velostream/velo/planner/internal/build"
	"github.com/velostream/velo/planner/internal/logical"
)

// partitions lets event time ask the scan's source for its partitions: how many
// records they have, unless it is that of elements of records.
func (x *assembly) partitions(env *build.Env, id string, elements bool) {
	s := x.app.source(id)
	env.Partitions = func() []arrowexec.PartitionInfo {
		x.mu.Lock()
		defer x.mu.Unlock()
		p, ok := s.live.(arrowexec.Partitions)
		if !ok {
			return nil
		}
		list := p.Partitions()
		if elements { // who counts rows does not count records
			list = append([]arrowexec.PartitionInfo(nil), list...)
			for i := range list {
				list[i].Records = -1
			}
		}
		return list
	}
	env.OnIdle = func(p int32, idle bool) {
		if idle {
			x.app.warn("source %q: partition %d is silent and no longer holds the watermark", s.name, p)
		} else {
			x.app.warn("source %q: partition %d speaks again", s.name, p)
		}
	}
}

// scan opens the input of a source, once for all statements of the graph. A source
// that can be read again is, where its rows are wanted at another time: they need
// not be kept until then.
func (x *assembly) scan(st *Statement, n *logical.Scan) (*arrowexec.Input, error) {
	s := x.app.source(n.Source)
	again := false
	if in := x.inputs[n.Source]; in != nil {
		own := in.Phase
		if own != x.phase {
			again = x.rereads(st, s)
		}
		if !again {
			if in.Phase = max(in.Phase, x.phase); s.loads() { // before the streams that any statement joins with it
				in.Phase = min(own, x.phase)
			}
			return in, nil
		}
		if in := x.anew[reading{n.Source, x.phase}]; in != nil {
			return in, nil
		}
	}
	scan := ingest.Scan{Failures: s.failures, Threads: x.threads(st), Skipped: &s.skipped, Seek: seekOf(n.Seek)}
	opened := &s.opened
	if again { // records that fail, and unknown fields, are told of once
		scan.Failures, scan.Skipped = &arrowexec.Failures{Policy: arrowexec.LogAndContinue}, &ingest.Skipped{}
		opened = new([]arrowexec.Source)
		s.rereads = append(s.rereads, opened)
	}
	schema, err := s.connector.Schema(x.ctx)
	if err != nil {
		return nil, err
	}
	at := -1 // of _timestamp
	for i, f := range s.fields {
		if !s.used[i] {
			continue
		}
		if f.System {
			scan.System = append(scan.System, f.Name)
			if f.Name == ingest.ColTimestamp {
				at = s.position[i]
			}
			continue
		}
		scan.Columns = append(scan.Columns, s.arrowField(schema, i))
	}
	pieces, err := s.connector.Scan(x.ctx, scan)
	if err != nil {
		return nil, err
	}
	format, err := eventtime.ParseFormat(s.time.Format)
	if err != nil {
		return nil, err
	}
	in := &arrowexec.Input{Name: s.name, Bounded: s.bounded, Phase: x.phase}
	for _, p := range pieces {
		in.Pieces = append(in.Pieces, func(ctx context.Context) (arrowexec.Source, error) {
			src, err := p(ctx)
			if err != nil {
				return nil, err
			}
			x.mu.Lock()
			s.live = src
			*opened = append(*opened, src)
			x.mu.Unlock()
			return src, nil
		})
	}
	if at >= 0 && !s.loads() {
		in.Times = func(b *arrowexec.Batch) []int64 { return timesOf(b, at) }
	}
	if at >= 0 && s.timed >= 0 {
		t := &stamp{format: format, from: s.position[s.timed], to: at}
		in.Arrived = append(in.Arrived, t.set)
	}
	if x.letters.live {
		in.Arrived = append(in.Arrived, func(_ *vec.Scope, b *arrowexec.Batch) { x.letters.arrived(s, b) })
	}
	if again {
		x.anew[reading{n.Source, x.phase}] = in
	} else {
		x.inputs[n.Source] = in
	}
	x.g.Inputs = append(x.g.Inputs, in)
	return in, nil
}

// loads tells that a source is a table whose records have no times, neither their own
// nor in their payloads: they come before all others.
func (s *source) loads() bool {
	u, ok := s.connector.(ingest.Untimed)
	return s.table && ok && u.Untimed() && s.timed < 0
}

// reading is a source at a time of its own.
type reading struct {
	source string
	phase  int
}

// rereads tells that a statement may read a source anew: it is alone, the source
// allows it, and no run goes on in the middle of its inputs.
func (x *assembly) rereads(st *Statement, s *source) bool {
	r, ok := s.connector.(ingest.Rereader)
	return ok && r.Rereads() && st.bound.Bounded && x.only && x.app.o.Mode == Query && x.ro.From == nil && x.ro.Between == nil
}

// timesOf reads the record timestamps of a batch.
func timesOf(b *arrowexec.Batch, col int) []int64 {
	v := b.Cols[col]
	if !v.Const {
		return vec.Values[int64](v)
	}
	out := vec.Slice[int64](b.Scope, b.N)
	x := vec.Values[int64](v)[0]
	for i := range out {
		out[i] = x
	}
	return out
}

// arrowField is payload column i as the source is asked for it: NOT NULL columns
// are checked by the decoder.
func (s *source) arrowField(schema *arrow.Schema, i int) arrow.Field {
	f := arrow.Field{Name: s.fields[i].Name, Type: s.fields[i].Type, Nullable: true}
	if schema != nil && i < schema.NumFields() {
		f.Nullable = schema.Field(i).Nullable
	}
	return f
}
