package main

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
)

// batch is how many records velo decodes at once.
const batch = 4096

// tradeFields are the columns of trades, the time read from its text.
func tradeFields() []arrow.Field {
	f := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	return []arrow.Field{
		f("trade_id", vec.TypeInt64), f("symbol", vec.TypeString), f("price", vec.TypeFloat64), f("quantity", vec.TypeInt64),
		f("side", vec.TypeString), f("trader", vec.TypeString), f("timestamp", vec.TypeInt64), f("event_time", vec.TypeTimestamp),
	}
}

// columns runs decoders of velo as a source does: new columns for each batch, of
// memory from a pool.
type columns struct {
	fields []arrow.Field
	pool   *vec.Pool
	rows   ingest.Rows
}

func newColumns(fields []arrow.Field) *columns {
	c := &columns{fields: fields, pool: vec.NewPool(nil, false)}
	c.rows.Bad = func(_ int, _ string, err error) error { return err }
	for range fields {
		c.rows.Cols = append(c.rows.Cols, &vec.Builder{})
	}
	return c
}

// fill makes one batch; sums, if not nil, gets its values.
func (c *columns) fill(n int, sums *Sums, decode func(*ingest.Rows) error) error {
	sc := c.pool.Open()
	defer sc.Close()
	for i, f := range c.fields {
		c.rows.Cols[i].Init(sc, f.Type, n)
	}
	c.rows.N, c.rows.Kept = 0, c.rows.Kept[:0]
	if err := decode(&c.rows); err != nil {
		return err
	}
	for _, b := range c.rows.Cols {
		if v := b.Finish(); sums != nil {
			sums.column(v)
		}
	}
	if sums != nil {
		sums.Rows += c.rows.N
	}
	return nil
}

// column adds all values of a column.
func (s *Sums) column(v *vec.Vec) {
	for r := range v.Len {
		switch {
		case v.IsNull(r): // a library leaves zero in its struct
		case v.Kind == vec.String:
			s.Text(v.StringAt(r))
		case v.Kind == vec.Float64:
			s.Floats += vec.Values[float64](v)[r]
		default:
			s.Ints += vec.Values[int64](v)[r]
		}
	}
}
