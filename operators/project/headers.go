package project

import (
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// headerEdits applies SET_HEADER and REMOVE_HEADER to a column of headers; it
// is kept between batches for its buffers.
type headerEdits struct {
	row []arrowexec.Header
}

// apply gives the headers of the output rows. The edits come item by item; those
// of one row apply in that order, and read what the ones before have left.
func (h *headerEdits) apply(b *arrowexec.Batch, in *vec.Vec, edits []expr.HeaderEdit, sel vec.Sel) *vec.Vec {
	if len(edits) == 0 {
		if in == nil {
			return b.Scope.NullConst(vec.TypeHeaders, b.N)
		}
		return in
	}
	slices.SortStableFunc(edits, func(x, y expr.HeaderEdit) int { return int(x.Row) - int(y.Row) })
	if in != nil {
		in = b.Scope.Flat(in)
	}
	out := vec.NewBuilder(b.Scope, vec.TypeHeaders, b.N)
	at, k := 0, 0
	for row := range b.N {
		from := at
		for at < len(edits) && int(edits[at].Row) == row {
			at++
		}
		if sel != nil {
			if k == len(sel) || int(sel[k]) != row {
				out.Null()
				continue
			}
			k++
		}
		if from == at {
			if in == nil {
				out.Null()
			} else {
				out.AppendRow(in, row)
			}
			continue
		}
		h.load(in, row)
		for _, e := range edits[from:at] {
			h.edit(e)
		}
		for _, x := range h.row {
			out.Children[0].String(x.Key)
			if x.Value == nil {
				out.Children[1].Null()
			} else {
				out.Children[1].Bytes(x.Value)
			}
		}
		out.EndList()
	}
	return out.Finish()
}

func (h *headerEdits) load(in *vec.Vec, row int) {
	h.row = h.row[:0]
	if in == nil || in.IsNull(row) {
		return
	}
	from, to := in.Range(row)
	keys, values := in.Children[0], in.Children[1]
	for e := from; e < to; e++ {
		x := arrowexec.Header{Key: keys.StringAt(e)}
		if !values.IsNull(e) {
			x.Value = nonNil(values.BytesAt(e))
		}
		h.row = append(h.row, x)
	}
}

// edit removes all entries of the key; one that sets puts its value at the end.
func (h *headerEdits) edit(e expr.HeaderEdit) {
	h.row = slices.DeleteFunc(h.row, func(x arrowexec.Header) bool { return x.Key == vec.Text(e.Key) })
	if !e.Remove {
		v := e.Value
		h.row = append(h.row, arrowexec.Header{Key: vec.Text(e.Key), Value: v})
	}
}

// nonNil makes an empty value differ from a null one.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
