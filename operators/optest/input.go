package optest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Input is what an operator is given. A value is nil for NULL, else int (any
// integer or time kind), float64, bool, string, []byte, decimal128.Num,
// arrow.MonthDayNanoInterval, or []any for a nested type (a MAP's entries are
// key, value, key, value …).
type Input struct {
	Types []arrow.DataType
	Rows  [][]any
	// Marks are the watermarks before each row, and After the one behind the last;
	// nil Marks: a run without event time.
	Marks []int64
	After int64
	// Now is the clock at each row; nil: zero. A batch has that of its last row.
	Now []int64
	// Ords, Retracts and Weights are those of the rows of a table's changes; nil: input
	// rows, that are added. Rows of one number come in one batch.
	Ords, Retracts, Weights []int64
	// Ends tells after which row which partition ended.
	Ends map[int]int32
}

// Row is one row that came out.
type Row struct {
	Values []any
	Ord    int64
	Weight int64
	Mark   int64 // the watermark before the row; 0 without event time
	// Retracted rows are taken back; they were added by the row of number Since.
	Retracted bool
	Since     int64
}

func (r Row) String() string {
	var sb strings.Builder
	for i, v := range r.Values {
		if i > 0 {
			sb.WriteByte('|')
		}
		sb.WriteString(text(v))
	}
	fmt.Fprintf(&sb, " @%d *%d ~%d", r.Ord, r.Weight, r.Mark)
	if r.Retracted {
		fmt.Fprintf(&sb, " -%d", r.Since)
	}
	return sb.String()
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return "x" + string(v)
	case []any:
		var sb strings.Builder
		for i, e := range v {
			if i > 0 {
				sb.WriteByte(',')
			}
			sb.WriteString(text(e))
		}
		return "[" + sb.String() + "]"
	}
	return fmt.Sprint(v)
}

// Lines gives rows as text, values only.
func Lines(rows []Row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		s := r.String()
		out[i] = s[:strings.LastIndex(s, " @")]
	}
	return out
}

// AppendValue appends a value of [Input] to a builder.
func AppendValue(b *vec.Builder, v any) {
	if v == nil {
		b.Null()
		return
	}
	switch b.Kind {
	case vec.Null:
		b.Null()
	case vec.Bool:
		b.Bool(v.(bool))
	case vec.Int8:
		vec.Append(b, int8(integer(v)))
	case vec.Int16:
		vec.Append(b, int16(integer(v)))
	case vec.Int32, vec.Date:
		b.Int32(int32(integer(v)))
	case vec.Int64, vec.Time, vec.Timestamp:
		b.Int64(integer(v))
	case vec.Float32:
		vec.Append(b, float32(v.(float64)))
	case vec.Float64:
		b.Float64(v.(float64))
	case vec.Decimal:
		b.Decimal(v.(decimal128.Num))
	case vec.Interval:
		vec.Append(b, v.(arrow.MonthDayNanoInterval))
	case vec.String:
		b.String(v.(string))
	case vec.Binary:
		b.Bytes(v.([]byte))
	case vec.List, vec.Map:
		for i, e := range v.([]any) {
			AppendValue(b.Children[i%len(b.Children)], e)
		}
		b.EndList()
	case vec.Struct:
		for i, e := range v.([]any) {
			AppendValue(b.Children[i], e)
		}
		b.EndStruct()
	}
}

func integer(v any) int64 {
	if i, ok := v.(int64); ok {
		return i
	}
	return int64(v.(int))
}

// ValueAt reads a row of a column in any layout as a value of [Input]; integers
// and times come as int.
func ValueAt(v *vec.Vec, row int) any {
	if v.IsNull(row) {
		return nil
	}
	i := v.At(row)
	if v.Dict != nil {
		v = v.Dict
	}
	switch v.Kind {
	case vec.Bool:
		return v.BoolAt(i)
	case vec.Float32:
		return float64(vec.Values[float32](v)[i])
	case vec.Float64:
		return vec.Values[float64](v)[i]
	case vec.Decimal:
		return vec.Values[decimal128.Num](v)[i]
	case vec.Interval:
		return vec.Values[arrow.MonthDayNanoInterval](v)[i]
	case vec.String:
		return string(v.BytesAt(i))
	case vec.Binary:
		return append([]byte{}, v.BytesAt(i)...)
	case vec.List, vec.Map:
		out := []any{}
		from, to := v.Range(i)
		for e := from; e < to; e++ {
			for _, c := range v.Children {
				out = append(out, ValueAt(c, e))
			}
		}
		return out
	case vec.Struct:
		out := []any{}
		for _, c := range v.Children {
			out = append(out, ValueAt(c, i))
		}
		return out
	}
	return int(v.Int64At(i))
}

// Column makes a plain column of values in a scope.
func Column(s *vec.Scope, t arrow.DataType, values ...any) *vec.Vec {
	b := vec.NewBuilder(s, t, len(values))
	for _, v := range values {
		AppendValue(b, v)
	}
	return b.Finish()
}

// collect copies the rows of a batch and checks its shape.
func collect(t testing.TB, b *arrowexec.Batch, out []Row) []Row {
	t.Helper()
	for c, v := range b.Cols {
		if v.Len != b.N {
			t.Fatalf("column %d of an emitted batch has %d rows, the batch has %d", c, v.Len, b.N)
		}
	}
	each := func(i int) {
		r := Row{Ord: b.OrdOf(i), Weight: b.WeightOf(i)}
		if b.Marks != nil {
			r.Mark = b.Marks[i]
		}
		if b.Retracted(i) {
			r.Retracted, r.Since = true, b.Retracts[i]
		}
		for _, v := range b.Cols {
			r.Values = append(r.Values, ValueAt(v, i))
		}
		out = append(out, r)
	}
	last := int32(-1)
	if b.Sel == nil {
		for i := range b.N {
			each(i)
		}
	}
	for _, i := range b.Sel {
		if i <= last || int(i) >= b.N {
			t.Fatalf("selection is not ascending or leaves the batch: %v of %d rows", b.Sel, b.N)
		}
		last = i
		each(int(i))
	}
	return out
}
