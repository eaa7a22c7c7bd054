package window

import (
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
	"github.com/velostream/velo/operators/hashagg"
)

// shared is what windows made of panes have in common.
//
// A key has one number in all panes, so that merging is adding arrays. Of the
// multiples of the size just one, B, is in (start, end] of a window: the window is
// the panes [start, B), a suffix of those before B, and the panes [B, end), a
// prefix of those after. The prefix grows by a pane as windows close. Of the
// suffixes a stack holds some, each begun half as far from the window as the one
// below: a window costs about log2(size/advance)/2 merged panes and as many
// suffixes are in memory. Nothing is taken back out of a sum, and which panes are
// added in which order depends on the rows only.
type shared struct {
	keys  *group.Table
	refs  []int32 // by key: panes that have it
	live  int     // keys that a pane has
	owed  []int64 // by key: input rows of absorbed panes in no emitted row
	used  []int64 // by key: the turn whose row took them last
	turn  int64   // windows closed
	same  []int32 // 0, 1, 2 …
	spec  *hashagg.Spec
	fixed bool // states are of fixed size: suffixes and prefix are kept

	prefix *node
	block  int64 // the prefix is of the panes [block, until)
	until  int64
	suffix []*node // of the panes [from, base), the nearest last
	base   int64
	spare  []*node

	sorting, sorted []uint64 // scratch, as pending
	pending         []int64
	into            []int32
}

// node is the groups of some panes, by number of the key.
type node struct {
	from  int64
	g     *hashagg.Groups
	first []int64 // by key: when its first row came; never: it has none
	sub   []int32
}

const never = math.MaxInt64

func newShared(o *Options) *shared {
	return &shared{keys: group.New(o.Spec.Types()[:len(o.Spec.Keys)]), spec: o.Spec, fixed: hashagg.NewNumbered(o.Spec).Fixed(), block: math.MinInt64, base: math.MinInt64}
}

// number gives the keys of a table their numbers here, valid until the next call.
func (s *shared) number(t *group.Table) []int32 {
	into := s.keys.MergeTo(s.into[:0], t)
	s.into = into
	for n := s.keys.Len(); len(s.refs) < n; {
		s.same = append(s.same, int32(len(s.refs)))
		s.refs, s.owed, s.used = append(s.refs, 0), append(s.owed, 0), append(s.used, 0)
	}
	return into
}

// absorb takes a pane over, as part of the one that is known if there is one.
func (s *shared) absorb(p, known *holder) {
	into := s.number(p.g.Table) // valid until the next call
	if s.prefix != nil && p.start >= s.block && p.start < s.until {
		s.prefix.merge(s, p.g, into)
	}
	for len(s.suffix) > 0 && s.suffix[len(s.suffix)-1].from <= p.start && p.start < s.base {
		s.pop()
	}
	at := s.same[:len(into)]
	s.pending = s.pending[:0]
	for k := range into {
		s.pending = append(s.pending, p.g.Take(int32(k)))
	}
	if known == nil {
		known = p
		p.absorbed, p.into = true, append(p.into[:0], into...)
		p.owed = slices.Grow(p.owed[:0], len(into))[:len(into)]
		clear(p.owed)
		for _, id := range into {
			s.ref(id)
		}
	} else {
		at = known.g.Merge(p.g)
		for k, local := range at {
			if int(local) == len(known.into) {
				known.into, known.owed = append(known.into, into[k]), append(known.owed, owed{})
				s.ref(into[k])
			}
		}
	}
	for k, local := range at {
		id, x := into[k], &known.owed[local]
		if x.turn <= s.used[id] {
			x.n = 0
		}
		x.n, x.turn = x.n+s.pending[k], s.turn
		s.owed[id] += s.pending[k]
	}
}

func (s *shared) ref(id int32) {
	if s.refs[id] == 0 {
		s.live++
	}
	s.refs[id]++
}

// giveBack lets the groups of a pane have their pending rows.
func (s *shared) giveBack(p *holder) {
	for k, x := range p.owed {
		if x.turn > s.used[p.into[k]] {
			p.g.Owe(int32(k), x.n)
		}
	}
}

// takeOver undoes giveBack.
func (s *shared) takeOver(p *holder) {
	for k := range p.owed {
		p.g.Take(int32(k))
	}
}

// drop ends an absorbed pane.
func (s *shared) drop(p *holder) {
	s.giveBack(p)
	for k, id := range p.into {
		if s.refs[id]--; s.refs[id] == 0 {
			s.live--
		}
		s.owed[id] -= p.g.Pending(int32(k))
	}
	p.absorbed, p.into, p.owed = false, p.into[:0], p.owed[:0]
}

// held is how many rows of absorbed panes no emitted row stands for.
func (s *shared) held() (n int64) {
	for _, x := range s.owed {
		n += x
	}
	return n
}

// window gives the groups of a window, which the caller releases.
func (s *shared) window(panes []*holder, w bounds, sh shape) *node {
	from, to := firstPane(panes, w.start), firstPane(panes, w.end)
	if !s.fixed { // suffixes would keep the rows again and again
		n := s.node()
		for _, p := range panes[from:to] {
			n.merge(s, p.g, p.into)
		}
		return n
	}
	base := w.start
	if sh.kind != Cumulate {
		base = floor(w.end, sh.size)
	}
	mid := firstPane(panes, base)
	n := s.tail(panes[from:mid], base)
	if mid == to {
		return n
	}
	if s.block != base || s.prefix == nil {
		s.release(s.prefix)
		s.prefix, s.block, s.until = s.node(), base, base
	}
	for _, p := range panes[mid:to] {
		if p.start >= s.until {
			s.prefix.merge(s, p.g, p.into)
		}
	}
	s.until = w.end
	n.add(s, s.prefix)
	return n
}

// tail is the groups of panes that end at base.
func (s *shared) tail(panes []*holder, base int64) *node {
	if s.base != base {
		for len(s.suffix) > 0 {
			s.pop()
		}
		s.base = base
	}
	if len(panes) == 0 {
		return s.node()
	}
	for len(s.suffix) > 0 && s.suffix[len(s.suffix)-1].from < panes[0].start {
		s.pop()
	}
	end := len(panes)
	if k := len(s.suffix); k > 0 {
		end = firstPane(panes, s.suffix[k-1].from)
	}
	for end > 0 {
		n := s.node()
		if k := len(s.suffix); k > 0 {
			n.add(s, s.suffix[k-1])
		}
		half := end / 2
		for i := end - 1; i >= half; i-- {
			n.merge(s, panes[i].g, panes[i].into)
		}
		n.from, end = panes[half].start, half
		s.suffix = append(s.suffix, n)
	}
	k := len(s.suffix) - 1 // needed by this window alone
	n := s.suffix[k]
	s.suffix = s.suffix[:k]
	return n
}

func (s *shared) pop() {
	k := len(s.suffix) - 1
	s.release(s.suffix[k])
	s.suffix = s.suffix[:k]
}

// node gives an empty node.
func (s *shared) node() *node {
	if k := len(s.spare); k > 0 {
		n := s.spare[k-1]
		s.spare = s.spare[:k-1]
		return n
	}
	return &node{g: hashagg.NewNumbered(s.spec)}
}

func (s *shared) release(n *node) {
	if n == nil {
		return
	}
	n.g.Forget(s.same[:len(n.first)])
	for id := range n.first {
		n.first[id] = never
	}
	s.spare = append(s.spare, n)
}

func (n *node) grow(to int) {
	if len(n.first) >= to {
		return
	}
	for len(n.first) < to {
		n.first, n.sub = append(n.first, never), append(n.sub, 0)
	}
	n.g.GrowTo(to)
}

// merge adds groups, group k as key into[k].
func (n *node) merge(s *shared, g *hashagg.Groups, into []int32) {
	n.grow(s.keys.Len())
	n.g.MergeStates(g, into)
	for k, id := range into {
		if stamp, sub := g.Table.Arrival(int32(k)); stamp < n.first[id] || stamp == n.first[id] && sub < n.sub[id] {
			n.first[id], n.sub[id] = stamp, sub
		}
	}
}

// add adds another node.
func (n *node) add(s *shared, o *node) {
	n.grow(s.keys.Len())
	n.g.MergeStates(o.g, s.same[:len(o.first)])
	for id, stamp := range o.first {
		if stamp < n.first[id] || stamp == n.first[id] && o.sub[id] < n.sub[id] {
			n.first[id], n.sub[id] = stamp, o.sub[id]
		}
	}
}

// compact renumbers the keys when most have no pane any more.
func (s *shared) compact(panes []*holder) {
	if s.keys.Len() < 1024 || s.keys.Len() < 2*s.live {
		return
	}
	for len(s.suffix) > 0 {
		s.pop()
	}
	s.prefix, s.spare, s.block, s.base = nil, nil, math.MinInt64, math.MinInt64
	var ids []int32
	to := make([]int32, len(s.refs))
	for id, n := range s.refs {
		if n > 0 {
			to[id] = int32(len(ids))
			s.refs[len(ids)], s.owed[len(ids)], s.used[len(ids)] = n, s.owed[id], s.used[id]
			ids = append(ids, int32(id))
		}
	}
	n := len(ids)
	s.refs, s.owed, s.used, s.same = s.refs[:n], s.owed[:n], s.used[:n], s.same[:n]
	rekey(s.keys, ids)
	for _, p := range panes {
		for k, id := range p.into {
			p.into[k] = to[id]
		}
	}
}

// rekey keeps the keys listed only, in that order.
func rekey(t *group.Table, ids []int32) {
	pool := vec.NewPool(nil, false)
	sc := pool.Open()
	cols := t.Snapshot(sc, ids)
	t.Reset()
	t.Restore(sc, cols)
	sc.Close()
	pool.Close()
}

func (s *shared) bytes() int64 {
	n := s.keys.Bytes() + int64(cap(s.refs)+cap(s.same))*4 + int64(cap(s.owed)+cap(s.used)+cap(s.sorting)+cap(s.sorted))*8
	each := func(x *node) { n += x.g.Bytes() + int64(cap(x.first))*8 + int64(cap(x.sub))*4 }
	for _, x := range s.suffix {
		each(x)
	}
	for _, x := range s.spare {
		each(x)
	}
	if s.prefix != nil {
		each(s.prefix)
	}
	return n
}
