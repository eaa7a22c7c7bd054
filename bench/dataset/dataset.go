package dataset

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Kind is how a column's cells are held and written.
type Kind uint8

// The kinds.
const (
	Int     Kind = iota // Cell.I
	Decimal             // Cell.I ten-thousandths; a DOUBLE, written with Column.Scale decimals
	Text                // Cell.S
	ISOTime             // Cell.I ms since the epoch, written as text
	Exact               // Cell.I ten-thousandths; a DECIMAL(18,4)
)

// Column is one column of a dataset.
type Column struct {
	Name  string
	Kind  Kind
	Scale int // of Decimal and Exact: 1 to 4
}

// Cell is one value; its column says which field holds it.
type Cell struct {
	I    int64
	S    string
	Null bool
}

// Float is the value of a Decimal: the double nearest to it, which is what
// reading its text gives.
func (c Cell) Float() float64 { return float64(c.I) / 1e4 }

// Options size a dataset.
type Options struct {
	Rows int64
	Seed uint64
	Keys int // distinct values of the key column; 0: the dataset's own number
}

// Dataset is a generator.
type Dataset struct {
	Name, About string
	Columns     []Column
	Keys        int    // distinct keys when Options do not say
	Format      string // the form it usually has
	Delimiter   byte   // of its CSV form
	NoHeader    bool   // its CSV form has no header
	rows        func(r *rand.Rand, o Options) func(i int64, row []Cell)
	// objects makes the writer of JSON, of datasets that write it in a way of their
	// own; it draws from r, so that other forms do not depend on it.
	objects func(d *Dataset, r *rand.Rand) func(dst []byte, row []Cell) []byte
}

// All are the datasets.
func All() []*Dataset {
	return []*Dataset{trades(), orders(), quotes(), stations(), bids(), keyed(), desks(), fills(), mixed(), shuffled(), nested()}
}

// Find gives a dataset by name.
func Find(name string) (*Dataset, error) {
	var names []string
	for _, d := range All() {
		if d.Name == name {
			return d, nil
		}
		names = append(names, d.Name)
	}
	return nil, fmt.Errorf("there is no dataset %q; datasets: %s", name, strings.Join(names, ", "))
}

// Nested tells that some of its columns stand in objects, which only JSON has.
func (d *Dataset) Nested() bool {
	return slices.ContainsFunc(d.Columns, func(c Column) bool { return strings.Contains(c.Name, ".") })
}

// Index is the place of a column; it must exist.
func (d *Dataset) Index(name string) int {
	for i, c := range d.Columns {
		if c.Name == name {
			return i
		}
	}
	panic("dataset " + d.Name + " has no column " + name)
}

// Each generates the rows. The row is overwritten by the next one.
func (d *Dataset) Each(o Options, f func(row []Cell) error) error {
	if o.Keys <= 0 {
		o.Keys = d.Keys
	}
	next := d.rows(rand.New(rand.NewPCG(o.Seed, 0x76656c6f)), o)
	row := make([]Cell, len(d.Columns))
	for i := range o.Rows {
		next(i, row)
		if err := f(row); err != nil {
			return err
		}
	}
	return nil
}

// names makes the n values of a text column, each of the given width or longer.
func names(prefix string, n, width int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%0*d", prefix, width, i)
	}
	return out
}
