package sort

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// sorted are all rows in order.
type sorted struct {
	order []int32       // places
	rows  []int32       // the row of each place; nil: the place itself, or nobody asks
	cols  []*vec.Vec    // by row, for columns that are not moved
	moved []*vec.Vec    // by place
	texts []*vec.Shorts // by place
	// seq puts order in order; nil: it is. What it gives of inOrder is in order itself.
	seq     *sequence
	inOrder *vec.Vec
}

// sort sorts the rows kept.
func (s *Operator) sort(sc *vec.Scope) *sorted {
	if s.top < 0 && len(s.o.Keys) > 0 {
		if s.lent.n >= s.many {
			return s.clustered(sc, s.lent.parts, s.lent.n)
		}
		s.settle()
	}
	cols := s.rows.Columns()
	s.width = len(cols) - s.more // nothing came since they were restored
	if n := s.rows.Len(); s.top < 0 && len(s.o.Keys) > 0 && n >= s.many && !cols[s.at(0)].HasNulls() {
		return s.clustered(sc, []part{{cols: cols, n: n}}, n)
	}
	idx := s.cut(order(s.keys(cols), ascending(s.rows.Len())), s.rows.Weigh)
	return &sorted{order: idx, cols: cols[:s.width]}
}

// clustered sorts n rows that are moved together first.
func (s *Operator) clustered(sc *vec.Scope, parts []part, n int) *sorted {
	cols := parts[0].cols
	out := &sorted{cols: cols[:s.width], moved: make([]*vec.Vec, len(cols)), texts: make([]*vec.Shorts, s.width)}
	f := &numbers{key: s.o.Keys[0], col: s.at(0)}
	exact, still := f.key.exact(cols[f.col]), false // a key's column stays where it is
	for k := range s.o.Keys {
		still = still || !cols[s.at(k)].Scatters()
	}
	var keys []sortKey // by row
	if still {
		keys = s.keys(cols)
		f.array = keys[0].prefix
	}
	c := cluster(sc, f, parts, n)
	ask := s.rows.Weights != nil
	for i := range s.width {
		out.moved[i], out.texts[i] = c.move(sc, parts, i)
		ask = ask || out.moved[i] == nil && out.texts[i] == nil
	}
	if !still {
		for k, key := range s.o.Keys {
			at := s.at(k)
			if out.moved[at] == nil {
				out.moved[at], _ = c.move(sc, parts, at)
			}
			if k > 0 || !exact {
				keys = append(keys, newKey(key, out.moved[at])) // by place
			}
		}
	} else if exact {
		keys = keys[1:]
	}
	if ask || still && len(keys) > 0 {
		out.rows = c.rows(sc)
	}
	first := out.moved[f.col]
	out.seq = &sequence{c: c, f: f, first: first, keys: keys, sorter: sorter{out: c.to, named: len(keys) > 0}}
	if still {
		out.seq.rows = out.rows
	} else if out.seq.sorts = f.col < s.width && valued(first); out.seq.sorts {
		out.inOrder = first
	}
	for i := range s.width {
		if m := (column{out.moved[i], out.texts[i]}); m != (column{}) && m.v != out.inOrder {
			out.seq.ahead = append(out.seq.ahead, m)
		}
	}
	out.seq.until(min(int(s.o.Offset), n)) // cut looks at them
	out.order = s.cut(c.to, func(at int) int64 { return s.rows.Weigh(out.row(at)) })
	return out
}

func (o *sorted) row(at int) int {
	if o.rows != nil {
		return int(o.rows[at])
	}
	return at
}

// at is where the column of a key is among those of rows kept.
func (s *Operator) at(key int) int {
	own := s.width
	for _, k := range s.o.Keys[:key] {
		if _, ok := k.Expr.(*expr.Column); !ok {
			own++
		}
	}
	if c, ok := s.o.Keys[key].Expr.(*expr.Column); ok {
		return c.Index
	}
	return own
}

// batch gives a part of the sorted rows.
func (s *Operator) batch(sc *vec.Scope, last *arrowexec.Batch, from *sorted, at, to int) *arrowexec.Batch {
	cut := 0
	if from.seq != nil {
		cut = len(from.seq.out) - len(from.order) // by OFFSET
		from.seq.until(cut + to)
	}
	order := from.order[at:to]
	out := &arrowexec.Batch{Scope: sc, N: len(order), Seq: last.Seq, Watermark: arrowexec.NoWatermark, Now: last.Now,
		Ord: vec.Slice[int64](sc, len(order))}
	rows := order
	if from.rows != nil {
		rows = vec.Slice[int32](sc, len(order))
		for j, at := range order {
			rows[j] = from.rows[at]
		}
	}
	for c, v := range from.cols {
		switch {
		case from.inOrder != nil && from.moved[c] == from.inOrder:
			v = sc.Part(from.inOrder, cut+at, cut+to)
		case from.moved != nil && from.moved[c] != nil:
			v = sc.Take(from.moved[c], order, false)
		case from.texts != nil && from.texts[c] != nil:
			v = from.texts[c].Take(sc, order)
		default:
			v = sc.Take(v, rows, false)
		}
		out.Cols = append(out.Cols, v)
	}
	for j := range out.Ord {
		out.Ord[j] = last.Seq // the input has ended: who reads these rows sees them in this order
	}
	if s.rows.Weights != nil {
		out.Weights = vec.Slice[int64](sc, len(order))
		for j, i := range rows {
			out.Weights[j] = s.rows.Weights[i]
		}
	}
	return out
}
