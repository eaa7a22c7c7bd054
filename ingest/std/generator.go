package std

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// Generator is generator_source: rows of declared columns, the same for the same
// seed whatever the batches. Values by type:
//
//	BIGINT, INT 0–999,999; SMALLINT 0–9,999; TINYINT 0–99
//	DOUBLE, REAL, DECIMAL 0–1,000 with two decimals (as many as the scale has)
//	STRING NAME_0 to NAME_999, after the column; BYTES eight bytes
//	BOOLEAN either; DATE of the year 2024; TIME whole seconds of a day
//	TIMESTAMP one step a row from the run's start: 1/rate seconds, or 1 ms
func Generator() ingest.SourceType {
	return ingest.SourceType{Type: "generator_source", Keys: []ingest.Key{
		{Name: "rows", Default: "0", Doc: "rows to make; 0 never ends"},
		{Name: "rate", Default: "0", Doc: "rows a second; 0 as fast as they are taken"},
		{Name: "seed", Default: "1", Doc: "another seed gives other rows"},
		{Name: "nulls", Default: "0", Doc: "percentage of NULLs in columns that allow them"},
	}, Open: openGenerator}
}

type generator struct {
	name  string
	env   ingest.Env
	s     *arrow.Schema
	rows  int64
	rate  int64
	seed  uint64
	nulls uint64
}

func openGenerator(_ context.Context, _ *ingest.Registry, spec ingest.SourceSpec) (ingest.Connector, error) {
	g := &generator{name: spec.Name, env: spec.Env, s: spec.Columns}
	fail := func(err error) (ingest.Connector, error) {
		return nil, ingest.Usage(fmt.Errorf("source %q: %w", spec.Name, err))
	}
	if g.s == nil || g.s.NumFields() == 0 {
		return fail(errors.New("generator_source needs declared columns: add columns='a BIGINT, b STRING'"))
	}
	for _, f := range g.s.Fields() {
		switch k := vec.KindOf(f.Type); k {
		case vec.List, vec.Map, vec.Struct, vec.Interval, vec.Null:
			return fail(fmt.Errorf("column %q: generator_source makes no %s", f.Name, k))
		}
	}
	var err error
	if g.rows, err = spec.Props.Int(0, "rows"); err != nil {
		return fail(err)
	}
	if g.rate, err = spec.Props.Int(0, "rate"); err != nil {
		return fail(err)
	}
	seed, err := spec.Props.Int(1, "seed")
	if err != nil {
		return fail(err)
	}
	nulls, err := spec.Props.Int(0, "nulls")
	if err != nil {
		return fail(err)
	}
	if g.rows < 0 || g.rate < 0 || nulls < 0 || nulls > 100 {
		return fail(errors.New(`keys "rows" and "rate" must not be negative, and "nulls" must be a percentage`))
	}
	g.seed, g.nulls = uint64(seed), uint64(nulls)
	return g, nil
}

func (g *generator) Schema(context.Context) (*arrow.Schema, error) { return g.s, nil }
func (g *generator) Bounded() bool                                 { return g.rows > 0 }
func (g *generator) System() []string                              { return []string{ingest.ColTimestamp, ingest.ColOffset} }
func (g *generator) Describe() string                              { return fmt.Sprintf("generator of %d columns", g.s.NumFields()) }
func (g *generator) Close() error                                  { return nil }

func (g *generator) Scan(_ context.Context, s ingest.Scan) ([]arrowexec.Piece, error) {
	cols := make([]int, len(s.Columns))
	for i, f := range s.Columns {
		at := g.s.FieldIndices(f.Name)
		if len(at) == 0 {
			return nil, fmt.Errorf("source %q has no column %q", g.name, f.Name)
		}
		cols[i] = at[0]
	}
	return []arrowexec.Piece{func(context.Context) (arrowexec.Source, error) {
		return &generated{g: g, s: s, cols: cols, builders: make([]vec.Builder, len(cols))}, nil
	}}, nil
}

type generated struct {
	g        *generator
	s        ingest.Scan
	cols     []int
	builders []vec.Builder
	n        atomic.Int64
	began    time.Time
}

// Next makes rows, those that are due by now if there is a rate.
func (x *generated) Next(ctx context.Context, sc *vec.Scope, want int) (*arrowexec.Batch, error) {
	from := x.n.Load()
	if x.g.rows > 0 {
		if want = int(min(int64(want), x.g.rows-from)); want <= 0 {
			return nil, io.EOF
		}
	}
	for x.g.rate > 0 {
		if x.began.IsZero() {
			x.began = time.Now()
		}
		due := int64(time.Since(x.began).Seconds()*float64(x.g.rate)) + 1 - from
		if due > 0 {
			want = int(min(int64(want), due))
			break
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(min(100*time.Millisecond, time.Duration(float64(time.Second)/float64(x.g.rate)))):
		}
		if x.g.rows == 0 && x.g.rate < 10 { // an unbounded source does not wait long
			want = int(min(int64(want), max(0, int64(time.Since(x.began).Seconds()*float64(x.g.rate))+1-from)))
			break
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := &arrowexec.Batch{Scope: sc, N: want, Origin: origin{x.g.name, from}}
	for i, c := range x.cols {
		f, bl := x.g.s.Field(c), &x.builders[i]
		bl.Init(sc, f.Type, want)
		for r := range int64(want) {
			x.g.value(bl, f, uint64(c), from+r)
		}
		b.Cols = append(b.Cols, bl.Finish())
	}
	for _, name := range x.s.System {
		v := sc.New(vec.TypeInt64, want)
		for r, out := 0, vec.Values[int64](v); r < len(out); r++ {
			out[r] = from + int64(r)
			if name == ingest.ColTimestamp {
				out[r] = x.g.time(from + int64(r))
			}
		}
		b.Cols = append(b.Cols, v)
	}
	x.n.Store(from + int64(want))
	return b, nil
}

func (x *generated) Stats() arrowexec.SourceStats {
	return arrowexec.SourceStats{Rows: x.n.Load()}
}

func (x *generated) Close() error { return nil }

type origin struct {
	name string
	from int64
}

func (o origin) Position(i int) arrowexec.Position {
	return arrowexec.Position{Source: o.name, Offset: o.from + int64(i)}
}
func (o origin) Record(int) arrowexec.Record { return arrowexec.Record{} }

func (g *generator) time(row int64) int64 {
	if g.rate > 0 {
		return g.env.Start + row*1000/g.rate
	}
	return g.env.Start + row
}

// mix makes random bits of a place in the table.
func mix(seed, col uint64, row int64) uint64 {
	z := seed*0x9E3779B97F4A7C15 + (col+1)*0xD1B54A32D192ED03 + uint64(row)*0x8CB92BA72F3D8DD7
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

func (g *generator) value(b *vec.Builder, f arrow.Field, col uint64, row int64) {
	r := mix(g.seed, col, row)
	if g.nulls > 0 && f.Nullable && mix(^g.seed, col, row)%100 < g.nulls {
		b.Null()
		return
	}
	switch b.Kind {
	case vec.Bool:
		b.Bool(r&1 == 1)
	case vec.Int8:
		vec.Append(b, int8(r%100))
	case vec.Int16:
		vec.Append(b, int16(r%10_000))
	case vec.Int32:
		b.Int32(int32(r % 1_000_000))
	case vec.Int64:
		b.Int64(int64(r % 1_000_000))
	case vec.Float32:
		vec.Append(b, float32(r%100_001)/100)
	case vec.Float64:
		b.Float64(float64(r%100_001) / 100)
	case vec.Decimal:
		d := f.Type.(*arrow.Decimal128Type)
		top := uint64(1000)
		for i := int32(0); i < min(d.Scale, 15); i++ {
			top *= 10
		}
		for i, p := int32(0), uint64(1); i <= min(d.Precision, 18); i++ {
			if i == d.Precision {
				top = min(top, p)
			}
			p *= 10
		}
		b.Decimal(decimal128.FromU64(r % top))
	case vec.String:
		dst := b.Reserve(len(f.Name) + 5)
		n := copy(dst, f.Name)
		dst[n] = '_'
		n++
		x := r % 1000
		if x >= 100 {
			dst[n] = byte('0' + x/100)
			n++
		}
		if x >= 10 {
			dst[n] = byte('0' + x/10%10)
			n++
		}
		dst[n] = byte('0' + x%10)
		b.Commit(n + 1)
	case vec.Binary:
		var x [8]byte
		for i := range x {
			x[i] = byte(r >> (8 * i))
		}
		b.Bytes(x[:])
	case vec.Date:
		b.Int32(19723 + int32(r%366))
	case vec.Time:
		b.Int64(int64(r%86_400) * 1_000_000)
	case vec.Timestamp:
		t := g.time(row)
		if vec.Micros(f.Type) {
			t *= 1000
		}
		b.Int64(t)
	}
}
