package hashagg

import (
	"cmp"
	"slices"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
)

// lives is what is known of groups beside their states where a group may end: it
// has no rows left, or its row was emitted and is no longer part of the result.
type lives struct {
	of      []life // by group
	births  int64
	records int64
	groups  int64 // that have rows
	rows    int64 // of all groups
	retract bool  // rows are taken back
	deletes bool  // rows of the result are deleted
	one     bool  // no keys: the group stays, whatever it has lost
	time    int   // call that is the event time, -1: none
	timed   bool  // groups know the time of what last changed them
	ledger  *arrowexec.Ledger
}

// life is one group.
type life struct {
	rows   int64 // that it has
	born   int64 // place in the order of arrival, from 1; 0: it has no rows
	shown  int64 // sequence number of its row's last emission; arrowexec.Added: none
	cause  int64 // event time of the last row that changed it
	record int64 // the last record that changed it
	owed   int64 // weight of rows whose record has not shown the group yet
}

// newLives is nil where groups stay and nothing is deleted.
func newLives(o *Options) *lives {
	if !o.Retract && (!o.Deletes || o.Mode == Final) {
		return nil
	}
	l := &lives{retract: o.Retract, deletes: o.Deletes, one: len(o.Spec.Keys) == 0, time: -1, ledger: o.Ledger}
	for i, c := range o.Spec.Calls {
		if k := vec.KindOf(c.Type); c.moves && (k == vec.Timestamp || k == vec.Int64) {
			l.time = i
			break
		}
	}
	return l
}

func (l *lives) grow(n int) {
	for len(l.of) < n {
		l.of = append(l.of, life{shown: arrowexec.Added})
	}
}

// ended tells that a group has no rows left.
func (l *lives) ended(id int32) bool { return l.retract && !l.one && l.of[id].rows == 0 }

// crowded tells that groups without rows, but for some that wait to be emitted, are so
// many that it pays to number the others anew, which costs a copy of their rows.
func (l *lives) crowded(waiting int) bool {
	n := int64(len(l.of)-waiting) - l.groups
	return l.retract && n > 1024 && n > l.groups && n > l.rows/16
}

// filter counts input rows that no emitted row will ever stand for.
func (l *lives) filter(weight int64) {
	if l.ledger != nil {
		l.ledger.Filtered += weight
	}
}

// record decides what the rows of one record do: what is by row. Its groups are
// shown once each, at the last of its rows, and those without rows are emptied there.
// The result is how many are shown.
func (l *lives) change(b *arrowexec.Batch, ids []int32, rows vec.Sel, show agg.Change, what []agg.Change) (shown int) {
	l.records++
	for _, i := range rows {
		g := &l.of[ids[i]]
		switch {
		case !b.Retracted(int(i)):
			if g.born == 0 {
				l.births++
				l.groups++
				g.born = l.births
			}
			g.rows++
			l.rows++
			what[i] = agg.Add
		case g.rows > 0:
			g.rows--
			l.rows--
			what[i] = agg.Take
		default: // takes back what was never there
			what[i] = 0
			l.filter(b.WeightOf(int(i)))
		}
	}
	for k := len(rows) - 1; k >= 0; k-- {
		i := rows[k]
		g := &l.of[ids[i]]
		if what[i] == 0 || g.record == l.records {
			continue
		}
		g.record = l.records
		what[i] |= show
		shown++
		if g.rows == 0 && !l.one {
			what[i] |= agg.Clear
			g.born = 0
			l.groups--
		}
	}
	return shown
}

// recordOf is the end of the rows from rows[from] on that one record has made.
func recordOf(b *arrowexec.Batch, rows vec.Sel, from int) (to int) {
	ord := b.OrdOf(int(rows[from]))
	for to = from + 1; to < len(rows) && b.OrdOf(int(rows[to])) == ord; to++ {
	}
	return to
}

// note keeps the time of what last changed each group.
func (l *lives) note(r *Rows, ids []int32, sel vec.Sel) {
	causes, t := l.causes(r)
	if causes == nil && t == nil {
		return
	}
	l.timed = true
	each(r.Batch.N, sel, func(i int) {
		switch {
		case causes != nil:
			l.of[ids[i]].cause = causes[i]
		case !t.IsNull(i):
			l.of[ids[i]].cause = t.Int64At(i)
		}
	})
}

// order lists the groups that have rows, by the arrival of the first after they
// last had none.
func (l *lives) order() []int32 {
	ids := make([]int32, 0, len(l.of))
	for id := range l.of {
		if l.one || l.of[id].born > 0 {
			ids = append(ids, int32(id))
		}
	}
	slices.SortFunc(ids, func(a, b int32) int { return cmp.Compare(l.of[a].born, l.of[b].born) })
	return ids
}

// fate is [Groups.Fate], where rows of groups that have ended count as filtered.
func (l *lives) fate(g *Groups) (filtered, held int64) {
	for id := range g.pending {
		n := g.Pending(int32(id))
		if l.ended(int32(id)) || id < len(g.dropped) && g.dropped[id] {
			filtered += n
		} else {
			held += n
		}
	}
	return filtered, held
}

// columns writes lives down, with a row for each group listed.
func (l *lives) columns(sc *vec.Scope, ids []int32) []*vec.Vec {
	var out [4][]int64
	cols := make([]*vec.Vec, len(out))
	for i := range out {
		cols[i] = sc.New(vec.TypeInt64, len(ids))
		out[i] = vec.Values[int64](cols[i])
	}
	for k, id := range ids {
		g := &l.of[id]
		out[0][k], out[1][k], out[2][k], out[3][k] = g.rows, g.born, g.shown, g.cause
	}
	return cols
}

// restore reads columns back; into is the group of each row, nil: its number.
func (l *lives) restore(cols []*vec.Vec, into []int32, groups int) {
	l.grow(groups)
	var in [4][]int64
	for i := range in {
		in[i] = vec.Values[int64](cols[i])
	}
	for k := range cols[0].Len {
		id := k
		if into != nil {
			id = int(into[k])
		}
		l.of[id] = life{rows: in[0][k], born: in[1][k], shown: in[2][k], cause: in[3][k]}
		l.births = max(l.births, in[1][k])
		l.rows += in[0][k]
		if in[1][k] > 0 {
			l.groups++
		}
	}
}

func (l *lives) bytes() int64 { return int64(cap(l.of)) * 48 }
