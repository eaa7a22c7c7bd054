package over

import "github.com/velostream/velo/arrowexec/expr"

// ahead is how a call looks at rows that follow: LEAD and frames that end
// FOLLOWING. Such a call is computed for a row once enough rows follow it in the
// buffer, the row is about to leave the buffer, it expires, or the input ends.
// UNBOUNDED FOLLOWING ends with the buffer and waits for nothing.
type ahead struct {
	waits bool
	rows  int64     // that must follow
	each  expr.Expr // says so for each row; nil: rows
	back  bool      // each counts backwards
	some  expr.Expr // only rows count in which it is not NULL; nil: all
	frame *Frame    // a RANGE frame, behind whose bound a row must stand; nil: rows count
	asked entries
	// next is, by partition, the first position that was not asked for yet, unless
	// the buffer is mixed.
	next []int32
}

func newAhead(c *Call) ahead {
	a := ahead{}
	switch c.Kind {
	case Lag, Lead:
		a.rows, a.back = 1, c.Kind == Lag
		if len(c.Args) > 1 && c.Args[1] != nil {
			a.each = c.Args[1]
			if k, ok := a.each.(*expr.Const); ok {
				if a.each, a.rows = nil, 0; !k.IsNull() {
					a.rows = k.One.Int64At(0)
				}
			}
		}
		if a.back {
			a.rows = -a.rows
		}
		if c.IgnoreNulls {
			a.some = c.Args[0]
		}
		a.waits = a.each != nil || a.rows > 0
	case FirstValue, LastValue, NthValue, Aggregate:
		if c.Frame.End.Kind != Following {
			break
		}
		a.rows = c.Frame.End.Rows
		if a.waits = a.rows > 0; c.Frame.Range {
			a.frame, a.waits = &c.Frame, true
		}
	}
	return a
}

func (a *ahead) grow(n int) {
	for a.waits && len(a.next) < n {
		a.next = append(a.next, 0)
	}
}

// move follows a partition whose positions went down by some.
func (a *ahead) move(g, by int32) {
	if a.waits {
		a.next[g] -= by
	}
}

// restart begins anew with the first row of a partition.
func (a *ahead) restart(g, begin int32) {
	if a.waits {
		a.next[g] = begin
	}
}

// enough tells whether enough rows follow the one at a position.
func (w *buffers) enough(a *ahead, pos, begin, end int32) bool {
	r := int(w.row[pos])
	if a.frame != nil {
		first, past := w.peers(pos, begin, end)
		key := w.column(a.frame.Key)
		if key.IsNull(r) {
			return true // its peers are its frame
		}
		w.v.row = w.row
		return w.v.rangeBound(a.frame, key, w.column(a.frame.End.At), spot{pos, begin, end, first, past}, true, -1) < end
	}
	k := a.rows
	if a.each != nil {
		n := w.column(a.each)
		if n.IsNull(r) {
			return true
		}
		if k = n.Int64At(r); a.back {
			k = -k
		}
	}
	if a.some == nil || k <= 0 {
		return int64(end-1-pos) >= k
	}
	col := w.column(a.some)
	for p := pos + 1; p < end && k > 0; p++ {
		if !col.IsNull(int(w.row[p])) {
			k--
		}
	}
	return k <= 0
}

// look asks for a call's values in all rows of a partition that need not wait any
// more; in all at once when they are let go.
func (w *buffers) look(h *held, c *bufferedCall, g int32, letGo bool) {
	begin, end := w.begin[g], w.end[g]
	full := end-begin == w.size
	if w.mixed[g] {
		oldest := w.oldest(begin, end)
		for p := begin; p < end; p++ {
			if c.at[w.row[p]] < 0 && (letGo || full && p == oldest || w.enough(&c.ahead, p, begin, end)) {
				w.askAhead(h, c, p, g)
			}
		}
		return
	}
	p := max(c.next[g], begin)
	for ; p < end; p++ {
		if c.at[w.row[p]] >= 0 {
			continue
		}
		if !letGo && !(full && p == begin) && !w.enough(&c.ahead, p, begin, end) {
			break
		}
		w.askAhead(h, c, p, g)
	}
	c.next[g] = p
}

func (w *buffers) askAhead(h *held, c *bufferedCall, pos, g int32) {
	first, past := w.peers(pos, w.begin[g], w.end[g])
	r := w.row[pos]
	c.at[r] = int32(c.values.Len() + len(c.asked.pos))
	c.asked.add(pos, w.begin[g], w.end[g], first, past, g)
	h.computed(r)
}

// letGo asks for everything that the rows of a partition wait for.
func (w *buffers) letGo(h *held, g int32) {
	if w.begin[g] == w.end[g] {
		return
	}
	for _, c := range w.calls {
		if c.waits {
			w.look(h, c, g, true)
		}
	}
}
