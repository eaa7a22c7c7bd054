package alike

import (
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/jsonscan"
)

// Payloads reads records that are a decoder's payloads as they stand.
type Payloads struct {
	runs  *Runs
	dec   ingest.AlikeDecoder
	rows  *ingest.Rows
	forms [Forms]payload
	at    int // the form of the present run
}

// payload is what payloads of a form have in common.
type payload struct {
	leaves  []ingest.Leaf
	unknown int // fields
}

// NewPayloads makes Payloads for a decoder.
func NewPayloads(dec ingest.AlikeDecoder) *Payloads {
	p := &Payloads{dec: dec}
	p.runs = New((*payloads)(p), jsonscan.NoEscapes)
	return p
}

// Begin is told of another buffer, and where its rows go.
func (p *Payloads) Begin(buf []byte, rows *ingest.Rows) {
	p.rows = rows
	p.runs.Begin(buf)
}

// Lines is [Runs.Lines]; each is a row.
func (p *Payloads) Lines(at, most int) (n, next, alone int) { return p.runs.Lines(at, most) }

// Place is [Runs.Place].
func (p *Payloads) Place(i int) (from, to int32) { return p.runs.Place(i) }

// Records is [Runs.Records]; each is a row.
func (p *Payloads) Records(from, to []int32, i, most int) (n, alone int) {
	return p.runs.Records(from, to, i, most)
}

// payloads is the Taker.
type payloads Payloads

func (p *payloads) Leaves(form int, record []byte) (leaves []ingest.Leaf, ok bool) {
	f := &p.forms[form]
	f.leaves, f.unknown, ok = p.dec.Leaves(record, f.leaves[:0])
	return f.leaves, ok
}

func (p *payloads) Open(form, n, size int) bool {
	p.at = form
	return p.dec.Open(p.rows, n, size)
}

func (p *payloads) Values(leaf int, buf []byte, from, to []int32) int {
	switch l := &p.forms[p.at].leaves[leaf]; {
	case l.Column >= 0:
		return p.dec.Column(l.Column, l.Text, buf, from, to)
	case !l.Text:
		return jsonscan.Scalars(buf, from, to)
	}
	return len(from)
}

func (p *payloads) Shut(n int) {
	p.dec.Shut(p.rows, n)
	p.rows.Unknown += int64(n * p.forms[p.at].unknown)
}
