package dataset

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

const recordRows = 65536

// Schema is the Arrow schema of some columns.
func (d *Dataset) Schema(columns []Column) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range columns {
		var t arrow.DataType = arrow.PrimitiveTypes.Int64
		switch c.Kind {
		case Decimal:
			t = arrow.PrimitiveTypes.Float64
		case Text, ISOTime:
			t = arrow.BinaryTypes.String
		case Exact:
			t = &arrow.Decimal128Type{Precision: 18, Scale: 4}
		}
		fields = append(fields, arrow.Field{Name: c.Name, Type: t, Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

// Records generates the named columns (none named: all) as records in memory.
func (d *Dataset) Records(o Options, only []string, each func([]Cell)) (*arrow.Schema, []arrow.Record, error) {
	columns := d.Columns
	if len(only) > 0 {
		columns = nil
		for _, name := range only {
			columns = append(columns, d.Columns[d.Index(name)])
		}
	}
	var list []arrow.Record
	err := d.records(o, columns, each, func(r arrow.Record) error {
		list = append(list, r)
		return nil
	})
	return d.Schema(columns), list, err
}

func (d *Dataset) records(o Options, columns []Column, each func([]Cell), emit func(arrow.Record) error) error {
	b := array.NewRecordBuilder(memory.NewGoAllocator(), d.Schema(columns))
	defer b.Release()
	at := make([]int, len(columns))
	for i, c := range columns {
		at[i] = d.Index(c.Name)
	}
	var n int
	var text []byte
	err := d.Each(o, func(row []Cell) error {
		if each != nil {
			each(row)
		}
		for i, c := range columns {
			v := row[at[i]]
			if v.Null {
				b.Field(i).AppendNull()
				continue
			}
			switch f := b.Field(i).(type) {
			case *array.Float64Builder:
				f.Append(v.Float())
			case *array.Decimal128Builder:
				f.Append(decimal128.FromI64(v.I))
			case *array.StringBuilder:
				text = c.append(text[:0], v)
				f.BinaryBuilder.Append(text)
			case *array.Int64Builder:
				f.Append(v.I)
			}
		}
		if n++; n == recordRows {
			n = 0
			return emit(b.NewRecord())
		}
		return nil
	})
	if err != nil || n == 0 {
		return err
	}
	return emit(b.NewRecord())
}
