package hashagg

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/operators/group"
)

// team are the operators of all pipelines of a run. While groups are few each keeps those of
// its own rows, and they are merged at the end. Once they are many, and nearly as many as
// rows, to make most of them in every pipeline and then merge them costs more than several
// goroutines gain: from then on rows are dealt out by the hash of their keys, and each operator
// keeps the groups that are its own. What it had made before goes to the owners as well, so that
// in the end no two have the same group.
type team struct {
	ctx  context.Context
	ops  []*Op
	keys *group.Deal
	many atomic.Bool // from now on rows are dealt out
	// open are the pipelines that still read, and what was sent and is not worked on yet.
	open  atomic.Int64
	over  chan struct{} // closed when there are none
	sizes []size        // of the groups of each, for the limit of all
}

type size struct{ keys, bytes atomic.Int64 }

// member is what an operator of a team has.
type member struct {
	team    *team
	place   int
	in      chan parcel // nil until there is a team
	dealing bool
	rows    int64 // read so far, until it deals
	own     Rows
}

// parcel is what operators of a team send each other: rows of a batch, or groups from the
// time before rows were dealt out.
type parcel struct {
	rows  *Rows
	sel   vec.Sel
	early *early
	ids   []int32
}

// early are the groups that an operator had when rows began to be dealt out. Several read
// them, and reading keys needs memory of the table.
type early struct {
	mu sync.Mutex
	g  *Groups
}

// ahead is how many parcels wait for an operator at most; each holds the memory of a batch.
const ahead = 4

// manyGroups tells that groups are many, and rows not much more, so that rows are dealt out. The
// fewer there are the nearer to rows they have to be: of 75,000 keys at random the 16,384th comes
// with row 18,400. Merging as many would be nothing where each of them has many rows.
func manyGroups(groups, rows int64) bool {
	const least, twice, most = 1 << 14, 1 << 17, 4
	return groups >= least && rows <= groups+groups*min(groups, (most-1)*twice)/twice
}

// Team tells the operator of the others, if their rows can be dealt out.
func (p *Op) Team(ctx context.Context, all []arrowexec.Operator) {
	if p.o.Mode != Final || p.lives != nil || !group.Deals(typesOf(p.o.Spec.Keys)) {
		return
	}
	for i := range p.g.states {
		if p.g.lead[i] && !agg.AnyOrder(p.g.states[i]) {
			return
		}
	}
	t := &team{ctx: ctx, keys: group.NewDeal(len(all)), over: make(chan struct{}), sizes: make([]size, len(all))}
	t.open.Store(int64(len(all)))
	for i, o := range all {
		o := o.(*Op)
		o.member = member{team: t, place: i, in: make(chan parcel, ahead)}
		t.ops = append(t.ops, o)
	}
}

// deal adds rows, or gives them to the operators that keep their groups.
func (p *Op) deal(r *Rows) error {
	t := p.team
	if !p.dealing && !t.many.Load() {
		p.g.Update(r, r.Sel)
		p.rows += int64(r.Sel.Count(r.Batch.N))
		if p.o.many(int64(p.g.Len()), p.rows) {
			t.many.Store(true)
		}
		return nil
	}
	if err := p.begin(); err != nil {
		return err
	}
	if err := p.work(); err != nil {
		return err
	}
	b := r.Batch
	parts := t.keys.Split(b.Scope, r.Keys, b.N, r.Sel)
	r.mark(p.o.Spec)
	for k := range parts { // the next operator first, so that not all send to the same
		to := (p.place + 1 + k) % len(parts)
		if to == p.place || len(parts[to]) == 0 {
			continue
		}
		b.Scope.Share(1)
		if err := p.hand(t.ops[to], parcel{rows: r, sel: parts[to]}); err != nil {
			b.Scope.Close()
			return err
		}
	}
	p.g.Update(r, parts[p.place])
	return nil
}

// begin makes the operator keep only groups of its own from now on.
func (p *Op) begin() error {
	if p.dealing {
		return nil
	}
	p.dealing = true
	was := &early{g: p.g}
	p.g = newDealt(p.o.Spec)
	lists := was.g.Table.Split(p.team.keys)
	for k := range lists {
		if to := (p.place + 1 + k) % len(lists); to != p.place { // also without groups: it begins as well then
			if err := p.hand(p.team.ops[to], parcel{early: was, ids: lists[to]}); err != nil {
				return err
			}
		}
	}
	was.giveTo(p.g, lists[p.place])
	return nil
}

func (e *early) giveTo(g *Groups, ids []int32) {
	e.mu.Lock()
	defer e.mu.Unlock()
	g.MergeSome(e.g, ids)
}

// hand gives a parcel to another operator, and works on what comes meanwhile.
func (p *Op) hand(to *Op, x parcel) error {
	p.team.open.Add(1)
	for {
		select {
		case to.in <- x:
			return nil
		case y := <-p.in:
			if err := p.handle(y); err != nil {
				return err
			}
		case <-p.team.ctx.Done():
			return p.team.ctx.Err()
		}
	}
}

// work works on what has come.
func (p *Op) work() error {
	for {
		select {
		case x := <-p.in:
			if err := p.handle(x); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

func (p *Op) handle(x parcel) error {
	if x.rows != nil {
		defer x.rows.Batch.Scope.Close()
	}
	if err := p.begin(); err != nil {
		return err
	}
	if x.early != nil {
		x.early.giveTo(p.g, x.ids)
	} else {
		sc := x.rows.Batch.Scope.Pool().Open()
		defer sc.Close()
		p.g.Update(x.rows.In(p.o.Spec, sc, &p.own), x.sel)
	}
	p.team.done()
	return p.full()
}

func (t *team) done() {
	if t.open.Add(-1) == 0 {
		close(t.over)
	}
}

// Finish works on what other operators send until none has anything left.
func (p *Op) Finish() error {
	t := p.team
	if t == nil {
		return nil
	}
	t.done()
	for {
		select {
		case x := <-p.in:
			if err := p.handle(x); err != nil {
				return err
			}
		case <-t.over:
			return nil
		case <-t.ctx.Done():
			return t.ctx.Err()
		}
	}
}

// Close lets go of what nobody has worked on.
func (p *Op) Close() {
	for p.in != nil {
		select {
		case x := <-p.in:
			if x.rows != nil {
				x.rows.Batch.Scope.Close()
			}
		default:
			return
		}
	}
}

// size notes what the groups of one operator take, and gives that of all.
func (t *team) size(place int, own arrowexec.State) (all arrowexec.State) {
	t.sizes[place].keys.Store(own.Keys)
	t.sizes[place].bytes.Store(own.Bytes)
	for i := range t.sizes {
		all.Keys += t.sizes[i].keys.Load()
		all.Bytes += t.sizes[i].bytes.Load()
	}
	return all
}
