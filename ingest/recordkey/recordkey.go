package recordkey

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/format/csv"
)

// Fields are the columns that a source fills from the key.
type Fields struct {
	Names []string
	JSON  bool
	// Primary says that they are a PRIMARY KEY, whose columns the payload may have as
	// well: then it gives them.
	Primary bool
}

// FieldsOf reads key.fields and key.format; declared are columns that the
// statement already found to come from the key.
func FieldsOf(p ingest.Props, declared []string) (Fields, error) {
	f := Fields{Names: slices.Clone(declared), Primary: true}
	if v, ok := p.Get("key.fields"); ok {
		f.Names, f.Primary = nil, false
		for _, n := range strings.Split(v, ",") {
			if n = strings.TrimSpace(n); n == "" {
				return f, ingest.Usage(fmt.Errorf(`key "key.fields" must be column names separated by commas, not %q`, v))
			}
			f.Names = append(f.Names, n)
		}
	}
	form, err := p.Enum("string", []string{"string", "json"}, "key.format")
	f.JSON = form == "json"
	return f, ingest.Usage(err)
}

// Extend adds the columns of the key that a schema lacks, as STRING.
func (f Fields) Extend(s *arrow.Schema) *arrow.Schema {
	if s == nil || len(f.Names) == 0 {
		return s
	}
	fields := slices.Clone(s.Fields())
	for _, n := range f.Names {
		if !slices.ContainsFunc(fields, func(x arrow.Field) bool { return strings.EqualFold(x.Name, n) }) {
			fields = append(fields, arrow.Field{Name: n, Type: vec.TypeString, Nullable: true})
		}
	}
	return arrow.NewSchema(fields, nil)
}

// Index gives the place of a column among the parts of the key; -1: it is none.
func (f Fields) Index(name string) int {
	return slices.IndexFunc(f.Names, func(n string) bool { return strings.EqualFold(n, name) })
}

// Columns turns keys into columns.
type Columns struct {
	f     Fields
	want  []arrow.Field
	part  []int // of each wanted column
	cols  []*csv.Column
	json  ingest.Decoder
	one   [1][]byte
	parts [][]byte
	text  []byte
}

// New makes a reader of the wanted columns, all of which are in f. jsonFormat is
// the format json, and used only if keys are JSON.
func New(f Fields, want []arrow.Field, jsonFormat ingest.Format) (*Columns, error) {
	c := &Columns{f: f, want: want}
	if f.JSON {
		if jsonFormat.NewDecoder == nil {
			return nil, ingest.Usage(errors.New("key.format=json needs the format json"))
		}
		d, err := jsonFormat.NewDecoder(ingest.NewProps(), arrow.NewSchema(want, nil), want)
		c.json = d
		return c, err
	}
	for _, w := range want {
		col, err := csv.NewColumn(w)
		if err != nil {
			return nil, fmt.Errorf("from the message key: %w", err)
		}
		c.cols = append(c.cols, col)
		c.part = append(c.part, f.Index(w.Name))
	}
	return c, nil
}

// Append appends one row to each builder, or gives the column to blame and the
// cause and appends nothing. A nil key is NULL in every column.
func (c *Columns) Append(key []byte, to []*vec.Builder) (field string, cause error) {
	if key == nil {
		for _, w := range c.want {
			if !w.Nullable {
				return w.Name, errors.New("NULL key in a NOT NULL column")
			}
		}
		for _, b := range to {
			b.Null()
		}
		return "", nil
	}
	n := 0
	if len(to) > 0 {
		n = to[0].N
	}
	if c.json != nil {
		c.one[0] = key
		rows := ingest.Rows{Cols: to, N: n, Bad: func(_ int, f string, err error) error { field, cause = f, err; return nil }}
		if err := c.json.Decode(c.one[:], &rows); err != nil {
			return "", err
		}
		return field, cause
	}
	c.split(key)
	if len(c.parts) != len(c.f.Names) {
		return "", fmt.Errorf("the message key has %d parts where key.fields names %d", len(c.parts), len(c.f.Names))
	}
	for i, col := range c.cols {
		s := c.parts[c.part[i]]
		var err error
		if len(s) == 0 && len(c.parts) > 1 && c.want[i].Nullable {
			to[i].Null() // an empty part is how a NULL one is written
		} else {
			err = col.Append(to[i], s)
		}
		if err != nil {
			for _, b := range to {
				b.Truncate(n)
			}
			return c.want[i].Name, fmt.Errorf("message key: %w", err)
		}
	}
	return "", nil
}

// split finds the parts of a key; a key of one column is taken as it is.
func (c *Columns) split(key []byte) {
	c.parts, c.text = c.parts[:0], c.text[:0]
	if len(c.f.Names) == 1 {
		c.parts = append(c.parts, key)
		return
	}
	if cap(c.text) < len(key) {
		c.text = make([]byte, 0, 2*len(key))
	}
	from := 0
	for i := 0; i < len(key); i++ {
		switch {
		case key[i] == '\\' && i+1 < len(key):
			i++
			c.text = append(c.text, key[i])
		case key[i] == '|':
			c.parts = append(c.parts, c.text[from:len(c.text):len(c.text)])
			from = len(c.text)
		default:
			c.text = append(c.text, key[i])
		}
	}
	c.parts = append(c.parts, c.text[from:])
}
