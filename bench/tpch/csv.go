package tpch

import (
	"bufio"
	"errors"
	"os"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// WriteCSV writes the table as a CSV file with a header.
func (t *Table) WriteCSV(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	for i, c := range t.Schema.Fields() {
		if i > 0 {
			w.WriteByte(',')
		}
		w.WriteString(c.Name)
	}
	w.WriteByte('\n')
	for _, rec := range t.Records {
		for i := range int(rec.NumRows()) {
			for c, col := range rec.Columns() {
				if c > 0 {
					w.WriteByte(',')
				}
				writeCell(w, col, i)
			}
			w.WriteByte('\n')
		}
	}
	return w.Flush() // the first error of a write
}

func writeCell(w *bufio.Writer, col arrow.Array, i int) {
	if d, ok := col.(*array.Dictionary); ok {
		col, i = d.Dictionary(), d.GetValueIndex(i)
	}
	s := col.ValueStr(i)
	if d, ok := col.(*array.Decimal128); ok {
		s = d.Value(i).ToString(moneyType.Scale)
	}
	if strings.ContainsAny(s, ",\"\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	w.WriteString(s)
}
