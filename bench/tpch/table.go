package tpch

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Table is a table in memory; its records are the caller's to release.
type Table struct {
	Name    string
	Schema  *arrow.Schema
	Records []arrow.Record
}

// Release gives the records back.
func (t *Table) Release() {
	for _, r := range t.Records {
		r.Release()
	}
}

// kind is how a column is held.
type kind uint8

const (
	key kind = iota
	money
	day
	text
	word // text of few values, dictionary-encoded
)

type column struct {
	name string
	kind kind
}

var moneyType = &arrow.Decimal128Type{Precision: 15, Scale: 2}

func (k kind) arrow() arrow.DataType {
	switch k {
	case money:
		return moneyType
	case day:
		return arrow.FixedWidthTypes.Date32
	case text:
		return arrow.BinaryTypes.String
	case word:
		return &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}
	}
	return arrow.PrimitiveTypes.Int64
}

// recordRows is the size of the records.
const recordRows = 1 << 16

// writer fills the records of a table row by row.
type writer struct {
	t     *Table
	b     *array.RecordBuilder
	at, n int
}

func newWriter(name string, cols ...column) *writer {
	var fields []arrow.Field
	for _, c := range cols {
		fields = append(fields, arrow.Field{Name: c.name, Type: c.kind.arrow()})
	}
	schema := arrow.NewSchema(fields, nil)
	return &writer{t: &Table{Name: name, Schema: schema}, b: array.NewRecordBuilder(memory.DefaultAllocator, schema)}
}

func (w *writer) next() array.Builder {
	w.at++
	return w.b.Field(w.at - 1)
}

func (w *writer) int(x int64)   { w.next().(*array.Int64Builder).Append(x) }
func (w *writer) day(x int32)   { w.next().(*array.Date32Builder).Append(arrow.Date32(x)) }
func (w *writer) text(s string) { w.next().(*array.StringBuilder).Append(s) }
func (w *writer) word(s string) {
	if err := w.next().(*array.BinaryDictionaryBuilder).AppendString(s); err != nil {
		panic(err)
	}
}

// cents appends a sum of money.
func (w *writer) cents(x int64) {
	w.next().(*array.Decimal128Builder).Append(decimal128.FromI64(x))
}

func (w *writer) end() {
	w.at = 0
	if w.n++; w.n%recordRows == 0 {
		w.t.Records = append(w.t.Records, w.b.NewRecord())
	}
}

func (w *writer) done() *Table {
	if w.n%recordRows != 0 || w.n == 0 {
		w.t.Records = append(w.t.Records, w.b.NewRecord())
	}
	w.b.Release()
	return w.t
}
