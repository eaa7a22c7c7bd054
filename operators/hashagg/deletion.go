package hashagg

import (
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// sendLive is [Output.Send] where groups may end and rows of the result be deleted.
// pass has what is known of the rows beforehand: some have vanished. times are the
// event times of deletions, by row; nil: those that the groups have noted.
func (p *Op) sendLive(b *arrowexec.Batch, failed []Failed, ids []int32, own []int64, pass []byte, some bool, times []int64, always bool, emit arrowexec.Emit) error {
	l, g := p.lives, p.g
	b.Sel, b.Retracts, b.Causes = nil, nil, nil
	b.Weights = vec.Slice[int64](b.Scope, b.N)
	p.out.judgeOthers(b, failed, pass, some)
	out := vec.Slice[int32](b.Scope, b.N)[:0]
	var bad, gone []int32
	for i, id := range ids[:b.N] {
		if own != nil {
			g.pending[id] += own[i]
		}
		x := &l.of[id]
		switch {
		case pass[i] == passed:
			b.Weights[i] = g.settle(id)
			out = append(out, int32(i))
			x.shown = b.OrdOf(i)
		case pass[i] == broken:
			b.Weights[i] = g.settle(id)
			bad = append(bad, int32(i))
		case l.deletes && x.shown != arrowexec.Added:
			b.Weights[i] = g.settle(id)
			out = append(out, int32(i))
			if gone == nil {
				gone = vec.Slice[int32](b.Scope, b.N)[:0]
				retracts := vec.Slice[int64](b.Scope, b.N)
				for k := range retracts {
					retracts[k] = arrowexec.Added
				}
				b.Retracts = retracts
			}
			gone = append(gone, int32(i))
			b.Retracts[i] = x.shown
			x.shown = arrowexec.Added
		case pass[i] == vanished:
			b.Weights[i] = 0
			x.shown = arrowexec.Added
			l.filter(g.settle(id))
		default:
			b.Weights[i] = 0
			g.drop(id)
		}
	}
	if err := p.out.report(b, failed, bad); err != nil {
		return err
	}
	if len(gone) > 0 {
		p.blank(b, ids, gone, times)
	}
	if len(out) < b.N {
		b.Sel = vec.Sel(out)
	}
	if len(out) == 0 && !always {
		return nil
	}
	return emit(b)
}

// blank leaves to rows that delete the keys and what the planner has added: what
// the aggregates of a group without rows are is nothing to compute with. The time of
// a deletion is that of its cause, also where only the batch has it.
func (p *Op) blank(b *arrowexec.Batch, ids, rows []int32, times []int64) {
	l, keys := p.lives, len(p.o.Spec.Keys)
	for i := range p.o.Spec.Calls {
		if p.o.Spec.Calls[i].back != nil {
			continue
		}
		valid := b.Scope.SetValid(b.Cols[keys+i])
		for _, k := range rows {
			valid.Clear(int(k))
		}
	}
	if times == nil && !l.timed {
		return
	}
	if times == nil {
		times = vec.Slice[int64](b.Scope, b.N)
		for k, id := range ids[:b.N] {
			times[k] = l.of[id].cause
		}
	}
	b.Causes = times
	if l.time < 0 {
		return
	}
	col := b.Cols[keys+l.time]
	x := vec.Values[int64](col)
	for _, k := range rows {
		x[k] = times[k]
		if col.Valid != nil {
			col.Valid.Set(int(k))
		}
	}
}

// delete judges rows that HAVING rejects anew where a row of their group was emitted
// before: they take that back. What it was nobody asks of groups of windows, so that
// [arrowexec.Batch.Retracts] names the row that does.
func (o *Output) delete(b *arrowexec.Batch, gs []*Groups, ids []int32, pass []byte) {
	var gone []int32
	for i, id := range ids[:b.N] {
		switch g := gs[i]; {
		case pass[i] == passed:
			g.show(id, true)
		case pass[i] == rejected && g.shows(id):
			g.show(id, false)
			pass[i] = deleted
			gone = append(gone, int32(i))
		}
	}
	if len(gone) == 0 {
		return
	}
	b.Retracts = vec.Slice[int64](b.Scope, b.N)
	for i := range b.Retracts {
		b.Retracts[i] = arrowexec.Added
	}
	for _, i := range gone {
		b.Retracts[i] = b.OrdOf(int(i))
	}
	o.Blank(b, gone)
}

// shows tells that a row of the group stands emitted.
func (g *Groups) shows(id int32) bool { return int(id) < len(g.shown) && g.shown[id] }

func (g *Groups) show(id int32, is bool) {
	for len(g.shown) <= int(id) {
		g.shown = append(g.shown, false)
	}
	g.shown[id] = is
}

// Blank leaves to rows of a batch of groups that delete the keys and what the planner
// has added, and sets the time that the planner has asked for to that of their cause.
func (s *Spec) Blank(b *arrowexec.Batch, rows []int32, times []int64) {
	keys, set := len(s.Keys), false
	for i, c := range s.Calls {
		col := b.Cols[keys+i]
		switch {
		case c.back == nil:
			valid := b.Scope.SetValid(col)
			for _, k := range rows {
				valid.Clear(int(k))
			}
		case c.moves && times != nil && !set:
			set = true
			x := vec.Values[int64](col)
			for _, k := range rows {
				x[k] = times[k]
				if col.Valid != nil {
					col.Valid.Set(int(k))
				}
			}
		}
	}
}
