package hashagg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// Change adds rows and takes them back, by row of ids and what, and gives the rows
// of groups that are asked for; shown is how many, and which groups they are of.
func (g *Groups) Change(r *Rows, ids []int32, rows vec.Sel, what []agg.Change, shown []int32) *Columns {
	b := r.Batch
	c := &Columns{N: len(shown), Cols: g.keys(b.Scope, shown)}
	fail := c.fail()
	ch := agg.Changes{Batch: b, Groups: ids, Rows: rows, What: what}
	for i, s := range g.states {
		out := vec.NewBuilder(b.Scope, g.spec.Calls[i].Type, len(shown))
		c.call = &g.spec.Calls[i]
		ch.What = what
		if c.call.Filter != nil {
			ch.What = narrow(b.Scope, what, rows, r.filtered(g.spec, i, rows))
		}
		s.(agg.Retractor).Change(&ch, r.args[i], out, fail)
		c.Cols = append(c.Cols, out.Finish())
	}
	return c
}

// narrow is what rows do to a call whose FILTER lets some of them pass.
func narrow(sc *vec.Scope, what []agg.Change, rows, pass vec.Sel) []agg.Change {
	if pass == nil {
		return what
	}
	out := vec.Slice[agg.Change](sc, len(what))
	for _, i := range rows {
		out[i] = what[i] &^ (agg.Add | agg.Take)
	}
	for _, i := range pass {
		out[i] = what[i]
	}
	return out
}

// update adds rows in the modes that do not emit each change.
func (p *Op) update(r *Rows, sel vec.Sel) []int32 {
	l := p.lives
	if l == nil {
		return p.g.Update(r, sel)
	}
	if !l.retract {
		ids := p.g.Update(r, sel)
		l.grow(p.g.Len())
		l.note(r, ids, sel)
		return ids
	}
	b := r.Batch
	if sel == nil {
		sel = all(b)
	}
	ids := p.g.Assign(r, sel)
	l.grow(p.g.Len())
	what := vec.Slice[agg.Change](b.Scope, b.N)
	for from := 0; from < len(sel); {
		to := recordOf(b, sel, from)
		l.change(b, ids, sel[from:to], 0, what)
		from = to
	}
	for _, i := range sel {
		if what[i] != 0 {
			p.g.pending[ids[i]] += b.WeightOf(int(i))
		}
		if what[i]&agg.Clear != 0 && p.o.Mode == Final {
			l.filter(p.g.settle(ids[i]))
		}
	}
	l.note(r, ids, sel)
	p.g.Change(r, ids, sel, what, nil)
	return ids
}

// retract is EMIT CHANGES of rows that may be taken back: each group that a record
// touches is given once.
func (p *Op) retract(r *Rows, emit arrowexec.Emit) error {
	b, l, rows := r.Batch, p.lives, r.Sel
	if rows == nil {
		rows = all(b)
	}
	ids := p.g.Assign(r, rows)
	l.grow(p.g.Len())
	what := vec.Slice[agg.Change](b.Scope, b.N)
	for from, first := 0, true; first || from < len(rows); first = false {
		to, shown := from, 0
		for to < len(rows) && shown < maxRows {
			end := recordOf(b, rows, to)
			shown += l.change(b, ids, rows[to:end], agg.Show, what)
			to = end
		}
		watermark := b.Watermark
		if to < len(rows) && b.Marks != nil {
			watermark = b.Marks[rows[to]]
		}
		if err := p.show(r, ids, rows[from:to], what, shown, watermark, to == len(rows), emit); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// show changes the states by rows and emits the groups that they show.
func (p *Op) show(r *Rows, ids []int32, rows vec.Sel, what []agg.Change, shown int, watermark int64, last bool, emit arrowexec.Emit) error {
	b, l := r.Batch, p.lives
	sc := b.Scope
	groups, at, own, ords := vec.Slice[int32](sc, shown), vec.Slice[int32](sc, shown), vec.Slice[int64](sc, shown), vec.Slice[int64](sc, shown)
	pass := sc.Zeroed(shown)
	k, some := 0, false
	for _, i := range rows {
		if what[i] == 0 {
			continue
		}
		g := &l.of[ids[i]]
		g.owed += b.WeightOf(int(i))
		if what[i]&agg.Show == 0 {
			continue
		}
		groups[k], at[k], own[k], ords[k] = ids[i], i, g.owed, b.OrdOf(int(i))
		g.owed = 0
		if what[i]&agg.Clear != 0 {
			pass[k], some = vanished, true
		}
		k++
	}
	c := p.g.Change(r, ids, rows, what, groups)
	out := b.With(c.Cols, nil)
	out.N, out.Origin, out.Ord, out.Watermark = shown, nil, ords, watermark
	if b.Marks != nil {
		out.Marks = vec.Slice[int64](sc, shown)
		for k, i := range at {
			out.Marks[k] = b.Marks[i]
		}
	}
	return p.sendLive(out, c.Failed, groups, own, pass, some, l.times(r, at), last, emit)
}

// times are the event times of what caused rows, where a deletion may need them.
func (l *lives) times(r *Rows, rows vec.Sel) []int64 {
	causes, t := l.causes(r)
	if causes == nil && t == nil {
		return nil
	}
	if rows == nil {
		rows = all(r.Batch)
	}
	out := vec.Slice[int64](r.Batch.Scope, len(rows))
	for k, i := range rows {
		switch {
		case causes != nil:
			out[k] = causes[i]
		case t.IsNull(int(i)):
			out[k] = 0
		default:
			out[k] = t.Int64At(int(i))
		}
	}
	return out
}

// causes are the event times of what caused the rows of a batch, as the batch knows
// them or as its event time column; neither where no deletion needs them.
func (l *lives) causes(r *Rows) ([]int64, *vec.Vec) {
	switch {
	case !l.deletes:
		return nil, nil
	case r.Batch.Causes != nil:
		return r.Batch.Causes, nil
	case l.time < 0:
		return nil, nil
	}
	return nil, r.args[l.time][0]
}
