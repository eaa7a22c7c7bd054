package render

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	gotable "github.com/jedib0t/go-pretty/v6/table"
	gotext "github.com/jedib0t/go-pretty/v6/text"
	"github.com/velostream/velo/arrowexec"
)

const (
	blockRows   = 2000 // rows that share their widths; memory is bounded by it
	leastWidth  = 6    // columns are not cut below it
	betweenCols = 3    // " │ "
)

// tableSink prints an aligned table. The widths are those of the first block of
// rows; later blocks keep them where they suffice.
type tableSink struct {
	*buffer
	o      Options
	fields []arrow.Field
	rows   [][]string
	nulls  [][]bool
	widths []int
	headed bool
	closed bool
}

func newTable(w *buffer, fields []arrow.Field, o Options) *tableSink {
	return &tableSink{buffer: w, o: o, fields: fields}
}

// Write keeps the text of the rows until a block is full.
func (t *tableSink) Write(_ context.Context, b *arrowexec.Batch) error {
	var err error
	n := 0
	each(b, func(row int) {
		cells, nulls := make([]string, len(t.fields)), make([]bool, len(t.fields))
		for i := range t.fields {
			cells[i], nulls[i] = cell(b.Cols[i], row), b.Cols[i].IsNull(row)
		}
		t.rows, t.nulls = append(t.rows, cells), append(t.nulls, nulls)
		n++
		if len(t.rows) >= blockRows && err == nil {
			t.print()
			err = t.flush()
		}
	})
	if err != nil {
		return err
	}
	if t.o.Live && n > 0 {
		t.print()
	}
	return t.wrote(n)
}

// Flush prints the rows that wait.
func (t *tableSink) Flush(context.Context) error {
	if len(t.rows) > 0 {
		t.print()
	}
	return t.flush()
}

// Close prints what is left, and the header of a table without rows.
func (t *tableSink) Close(_ context.Context, commit bool) error {
	if t.closed {
		return nil
	}
	t.closed = true
	if len(t.rows) > 0 || commit && !t.headed {
		t.print()
	}
	return t.flush()
}

// print moves the rows of a block to the buffer.
func (t *tableSink) print() {
	names := make([]string, len(t.fields))
	for i, f := range t.fields {
		names[i] = visible(f.Name)
	}
	t.measure(names)
	w := gotable.NewWriter()
	w.SetStyle(plain)
	w.SuppressTrailingSpaces()
	cut := t.o.Terminal && t.o.Width > 0
	configs := make([]gotable.ColumnConfig, len(t.fields))
	for i, f := range t.fields {
		align := gotext.AlignLeft
		if rightAligned(f.Type) {
			align = gotext.AlignRight
		}
		configs[i] = gotable.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align, WidthMin: t.widths[i]}
	}
	w.SetColumnConfigs(configs)
	shown := func(s string, i int) string {
		if cut && gotext.StringWidth(s) > t.widths[i] {
			return gotext.Trim(s, t.widths[i]-1) + "…"
		}
		return s
	}
	if !t.headed {
		t.headed = true
		row := make(gotable.Row, len(names))
		for i, n := range names {
			row[i] = shown(n, i)
			if t.o.Color {
				row[i] = "\x1b[1m" + row[i].(string) + "\x1b[0m"
			}
		}
		w.AppendHeader(row)
	}
	for k, cells := range t.rows {
		row := make(gotable.Row, len(cells))
		for i, c := range cells {
			s := shown(c, i)
			if t.nulls[k][i] && t.o.Color {
				s = "\x1b[2m" + s + "\x1b[0m"
			}
			row[i] = s
		}
		w.AppendRow(row)
	}
	t.rows, t.nulls = t.rows[:0], t.nulls[:0]
	t.buf = append(append(t.buf, w.Render()...), '\n')
}

// measure finds the widths of the columns in the first block, and makes the
// widest ones narrower until a row fits the terminal.
func (t *tableSink) measure(names []string) {
	if t.widths != nil {
		return
	}
	t.widths = make([]int, len(names))
	sum := betweenCols*len(names) - 1
	for i, n := range names {
		t.widths[i] = gotext.StringWidth(n)
		for _, r := range t.rows {
			t.widths[i] = max(t.widths[i], gotext.StringWidth(r[i]))
		}
		sum += t.widths[i]
	}
	if !t.o.Terminal || t.o.Width <= 0 {
		return
	}
	for sum > t.o.Width {
		widest := 0
		for i, w := range t.widths {
			if w > t.widths[widest] {
				widest = i
			}
		}
		if t.widths[widest] <= leastWidth {
			return
		}
		t.widths[widest]--
		sum--
	}
}

// plain is a table without a frame: nothing has to follow its last row.
var plain = gotable.Style{
	Name: "velo",
	Box: gotable.BoxStyle{
		MiddleHorizontal: "─", MiddleSeparator: "┼", MiddleVertical: "│", PaddingLeft: " ", PaddingRight: " ",
		UnfinishedRow: " …", BottomSeparator: "┴", TopSeparator: "┬", EmptySeparator: " ",
	},
	Format:  gotable.FormatOptions{Header: gotext.FormatDefault, Row: gotext.FormatDefault, Footer: gotext.FormatDefault},
	Options: gotable.Options{SeparateColumns: true, SeparateHeader: true},
}
