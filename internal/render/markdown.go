package render

import (
	"context"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
)

// markdown writes a table as GitHub's Markdown has it, row by row.
type markdown struct {
	*buffer
	fields []arrow.Field
	begun  bool
	closed bool
}

func newMarkdown(w *buffer, fields []arrow.Field) *markdown {
	return &markdown{buffer: w, fields: fields}
}

var inMarkdown = strings.NewReplacer("|", `\|`, `\`, `\\`, "<", "&lt;", "&", "&amp;")

func (m *markdown) begin() {
	if m.begun {
		return
	}
	m.begun = true
	m.buf = append(m.buf, '|')
	for _, f := range m.fields {
		m.buf = append(m.buf, " "+inMarkdown.Replace(visible(f.Name))+" |"...)
	}
	m.buf = append(m.buf, "\n|"...)
	for _, f := range m.fields {
		rule := " --- |"
		if rightAligned(f.Type) {
			rule = " ---: |"
		}
		m.buf = append(m.buf, rule...)
	}
	m.buf = append(m.buf, '\n')
}

// Write prints the rows of a batch.
func (m *markdown) Write(_ context.Context, b *arrowexec.Batch) error {
	m.begin()
	n := 0
	each(b, func(row int) {
		m.buf = append(m.buf, '|')
		for i := range m.fields {
			m.buf = append(m.buf, " "+inMarkdown.Replace(cell(b.Cols[i], row))+" |"...)
		}
		m.buf = append(m.buf, '\n')
		n++
	})
	return m.wrote(n)
}

// Close prints the header of a table that had no rows.
func (m *markdown) Close(_ context.Context, commit bool) error {
	if m.closed {
		return nil
	}
	m.closed = true
	if commit {
		m.begin()
	}
	return m.flush()
}
