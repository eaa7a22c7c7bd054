package json

import (
	"errors"
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/ingest"
)

// KeyLayout tells how a file holds its records; a file source sets it to
// "document" for paths that end in .json.
const KeyLayout = "json.layout"

const keyValidate = "json.validate"

// Format is the format "json".
func Format() ingest.Format {
	return ingest.Format{
		Name: "json",
		Keys: []ingest.Key{
			{Name: "json.decimal", Of: ingest.Writing, Default: "number", Doc: "how DECIMAL is written: number (all digits kept) or string"},
			{Name: keyValidate, Of: ingest.Reading, Default: "strict", Doc: "how much of a record is checked: strict (all of it) or touched (nothing behind the last column that the query reads: quicker where that stands near the beginning; a key repeated there does not count)"},
			{Name: KeyLayout, Of: ingest.Reading, Default: "lines", Doc: "how a file holds records: lines (one object a line) or document (an array of objects, one object, or several in a row); .json files are documents"},
		},
		Check: func(p ingest.Props) error {
			_, err := p.Enum("number", []string{"number", "string"}, "json.decimal")
			_, verr := p.Enum("strict", []string{"strict", "touched"}, keyValidate)
			return errors.Join(err, verr)
		},
		NewInferrer: func(ingest.Props) (ingest.Inferrer, error) { return &Inferrer{}, nil },
		NewDecoder: func(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
			d, err := decoderOf(p, declared, want)
			if err != nil {
				return nil, err
			}
			if d.touched { // records are never read many at once
				return struct{ ingest.Decoder }{d}, nil
			}
			return d, nil
		},
		NewStream: func(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.StreamDecoder, error) {
			layout, err := p.Enum("lines", []string{"lines", "document"}, KeyLayout)
			if err != nil {
				return nil, err
			}
			d, err := decoderOf(p, declared, want)
			if err != nil {
				return nil, err
			}
			if layout == "document" {
				return &Document{d: d}, nil
			}
			return newLines(d), nil
		},
		NewEncoder: func(p ingest.Props, out ingest.Output) (ingest.Encoder, error) {
			form, err := p.Enum("number", []string{"number", "string"}, "json.decimal")
			if err != nil {
				return nil, err
			}
			return NewEncoder(out.Fields, form == "string"), nil
		},
	}
}

func decoderOf(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (*Decoder, error) {
	validate, err := p.Enum("strict", []string{"strict", "touched"}, keyValidate)
	if err != nil {
		return nil, err
	}
	d, err := NewDecoder(declared, want)
	if err != nil {
		return nil, err
	}
	d.touched = validate == "touched"
	return d, nil
}
