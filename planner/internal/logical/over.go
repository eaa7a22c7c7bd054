package logical

import (
	"fmt"
	"strings"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/over"
)

// Over computes window functions. Its rows are those of the input, with one
// more column for each call, window by window.
type Over struct {
	Input   Node
	Windows []over.Window
	// Buffered says that the windows look at buffers; else at all rows.
	Buffered bool
	Out      []Field
}

// Fields are those of the input and the calls.
func (n *Over) Fields() []Field { return n.Out }

// Inputs is the one input.
func (n *Over) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input of the same columns.
func (n *Over) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }

// Explain names the calls, grouped by what they share.
func (n *Over) Explain() string {
	var windows []string
	for _, w := range n.Windows {
		var calls, by []string
		for _, c := range w.Calls {
			calls = append(calls, c.Name)
		}
		if w.Buffer > 0 {
			by = append(by, fmt.Sprintf("BUFFER %d ROWS", w.Buffer))
		}
		if len(w.Partition) > 0 {
			by = append(by, "PARTITION BY "+texts(w.Partition))
		}
		if len(w.Order) > 0 {
			var keys []string
			for _, k := range w.Order {
				key := k.Expr.String()
				if k.Desc {
					key += " DESC"
				}
				keys = append(keys, key)
			}
			by = append(by, "ORDER BY "+strings.Join(keys, ", "))
		}
		if w.First > 0 {
			by = append(by, fmt.Sprintf("FIRST %d ROWS", w.First))
		}
		if w.Expire > 0 {
			by = append(by, fmt.Sprintf("EXPIRE AFTER %d ms", w.Expire))
		}
		windows = append(windows, strings.Join(calls, ", ")+" ("+strings.Join(by, " ")+")")
	}
	return "Over " + strings.Join(windows, "; ")
}

// RowNumbers lists the columns of ROW_NUMBER of a node with one window over all rows
// whose other calls are ranks too: values that depend on no row behind.
func (n *Over) RowNumbers() (columns []int) {
	if n.Buffered || len(n.Windows) != 1 || n.Windows[0].Expire > 0 {
		return nil
	}
	for i, c := range n.Windows[0].Calls {
		switch c.Kind {
		case over.RowNumber:
			columns = append(columns, len(n.Input.Fields())+i)
		case over.Rank, over.DenseRank:
		default:
			return nil
		}
	}
	return columns
}

// KeepFirst makes a copy that gives the first rows of each partition only.
func (n *Over) KeepFirst(rows int64) *Over {
	c := *n
	c.Windows = []over.Window{n.Windows[0]}
	c.Windows[0].First = rows
	return &c
}

func texts(list []expr.Expr) string {
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = e.String()
	}
	return strings.Join(out, ", ")
}

// InTime brings the rows of an input that does not end in the order of Keys, of
// which the first rises with event time, as far as the watermark has come.
type InTime struct {
	Input Node
	Keys  []SortKey
	Time  int // column _event_time
}

// Fields are those of the input.
func (n *InTime) Fields() []Field { return n.Input.Fields() }

// Inputs is the one input.
func (n *InTime) Inputs() []Node { return []Node{n.Input} }

// WithInputs makes a copy with another input of the same columns.
func (n *InTime) WithInputs(in []Node) Node { c := *n; c.Input = in[0]; return &c }

// Explain names the keys.
func (n *InTime) Explain() string {
	keys := make([]string, len(n.Keys))
	for i, k := range n.Keys {
		if keys[i] = k.Expr.String(); k.Desc {
			keys[i] += " DESC"
		}
	}
	return "InTime " + strings.Join(keys, ", ")
}
