package csv

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/ingest"
)

// Format is comma-separated text.
func Format() ingest.Format { return format("csv", ',') }

// TSV is the same with tabs.
func TSV() ingest.Format { return format("tsv", '\t') }

func format(name string, delim byte) ingest.Format {
	def := ","
	if delim == '\t' {
		def = "tab"
	}
	return ingest.Format{
		Name: name,
		Keys: []ingest.Key{
			{Name: "csv.delimiter", Default: def, Doc: "the character between fields, one ASCII character or the word tab"},
			{Name: "delimiter", Default: def, Doc: "the same as csv.delimiter"},
			{Name: "csv.header", Default: "true", Doc: "files begin with a line of column names; false needs declared columns"},
			{Name: "csv.quote", Default: `"`, Doc: "the character around fields that hold delimiters or newlines; empty for none"},
			{Name: "csv.null", Default: "", Doc: "an unquoted text that is NULL, besides the empty one"},
		},
		Check: func(p ingest.Props) error {
			_, err := dialectOf(p, delim)
			return err
		},
		NewFileInferrer: func(p ingest.Props) (ingest.Inferrer, error) {
			d, err := dialectOf(p, delim)
			if err != nil {
				return nil, err
			}
			if !d.header {
				return nil, ingest.Usage(fmt.Errorf("%s without a header (csv.header=false) needs declared columns: add columns='a BIGINT, b STRING'", name))
			}
			return newInferrer(d), nil
		},
		NewDecoder: func(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.Decoder, error) {
			d, err := dialectOf(p, delim)
			if err != nil {
				return nil, err
			}
			c, err := newDecoder(d, declared, want)
			if err != nil {
				return nil, err
			}
			for _, col := range c.cols {
				if col.err != nil {
					return nil, col.err
				}
			}
			c.positional()
			return payloads{c}, nil
		},
		NewStream: func(p ingest.Props, declared *arrow.Schema, want []arrow.Field) (ingest.StreamDecoder, error) {
			d, err := dialectOf(p, delim)
			if err != nil {
				return nil, err
			}
			return newDecoder(d, declared, want)
		},
		NewEncoder: func(p ingest.Props, out ingest.Output) (ingest.Encoder, error) {
			d, err := dialectOf(p, delim)
			if err != nil {
				return nil, err
			}
			return newEncoder(d, out), nil
		},
	}
}

// dialect is what the keys choose.
type dialect struct {
	delim  byte
	quote  byte // 0: none
	header bool
	null   string
}

func dialectOf(p ingest.Props, delim byte) (dialect, error) {
	d := dialect{delim: delim, quote: '"'}
	var err error
	if v, ok := p.Get("csv.delimiter", "delimiter"); ok {
		switch {
		case v == "tab" || v == `\t`:
			d.delim = '\t'
		case len(v) == 1 && v[0] < 0x80 && v[0] != '\n' && v[0] != '\r' && v[0] != 0:
			d.delim = v[0]
		default:
			return d, ingest.Usage(fmt.Errorf(`key "csv.delimiter" must be one ASCII character or the word tab, not %q`, v))
		}
	}
	if v, ok := p.Get("csv.quote"); ok {
		switch {
		case v == "":
			d.quote = 0
		case len(v) == 1 && v[0] < 0x80 && v[0] != '\n' && v[0] != '\r' && v[0] != 0:
			d.quote = v[0]
		default:
			return d, ingest.Usage(fmt.Errorf(`key "csv.quote" must be one ASCII character or empty, not %q`, v))
		}
	}
	if d.quote == d.delim {
		return d, ingest.Usage(fmt.Errorf("csv.quote and csv.delimiter are both %q", d.quote))
	}
	if d.header, err = p.Bool(true, "csv.header"); err != nil {
		return d, ingest.Usage(err)
	}
	d.null = p.String("", "csv.null")
	return d, nil
}
