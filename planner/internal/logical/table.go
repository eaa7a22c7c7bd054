package logical

import "strings"

// Table keeps the rows of its input by their PRIMARY KEY: a later row of a key takes
// the place of the earlier one. Its rows are those of the table at the end, or,
// with Changes, every change as it comes: the old row taken back, then the new one.
type Table struct {
	Input   Node
	Name    string
	Keys    []int
	Deleted int // column that says that a row is a deletion, -1: none
	// NullKeys takes NULL for a key like any other: groups of an earlier statement.
	NullKeys bool
	Bounded  bool
	Changes  bool
	// Stamp is the column of the records' timestamps, and Time that of their event
	// times in Format where the source has one, for the times of deletions; -1: none.
	Stamp, Time int
	Format      string
}

// TableOf is the table whose rows, perhaps some columns of some of them, are those
// of a plan; nil: they are of something else.
func TableOf(n Node) *Table {
	switch n := n.(type) {
	case *Table:
		return n
	case *Filter, *Require, *Project, *Time:
		return TableOf(n.Inputs()[0])
	}
	return nil
}

// Fields are those of the input.
func (n *Table) Fields() []Field { return n.Input.Fields() }

// Inputs is the one input.
func (n *Table) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input.
func (n *Table) WithInputs(in []Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}

// KeyNames are the names of the PRIMARY KEY columns.
func (n *Table) KeyNames() []string {
	var out []string
	for _, k := range n.Keys {
		out = append(out, n.Input.Fields()[k].Name)
	}
	return out
}

// Explain names the table and its key.
func (n *Table) Explain() string {
	s := "Table " + n.Name + " by " + strings.Join(n.KeyNames(), ", ")
	if n.Changes {
		return s + ", as it changes"
	}
	return s + ", as it is at the end"
}

// Upserts turns the changes of a table's rows, taken back and added, into those of
// a table with the key in column Key: a row that is taken back and whose key is not
// added by the same record is a deletion. Without Deletes nothing is made of it:
// the rows of a stream.
type Upserts struct {
	Input   Node
	Key     int // column of the key, -1: every row has another one
	Time    int // column of the rows' times, -1: none
	Deletes bool
}

// Fields are those of the input.
func (n *Upserts) Fields() []Field { return n.Input.Fields() }

// Inputs is the one input.
func (n *Upserts) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input.
func (n *Upserts) WithInputs(in []Node) Node {
	c := *n
	c.Input = in[0]
	return &c
}

// Explain tells what becomes of rows that are taken back.
func (n *Upserts) Explain() string {
	if n.Deletes {
		return "Upserts: rows that are taken back are deleted"
	}
	return "Upserts: rows that are taken back are dropped"
}
