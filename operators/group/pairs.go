package group

import "github.com/velostream/velo/arrowexec/vec"

// pairs numbers pairs of a number up to one column and one of the next. While the
// first has been 0 only, as in COUNT(DISTINCT x) of the only group, a pair has the
// number of its second, and there is no table: that is a third of the time of a
// million different texts.
type pairs struct {
	n     int
	many  bool  // the first has been something else than 0
	table *ints // made when that is so, and kept
}

// assign writes the numbers of pairs to left, whose count, with those of the rows
// at hand, is given.
func (p *pairs) assign(sc *vec.Scope, left, right []int32, lefts, rights int, sel vec.Sel) {
	if !p.many && lefts <= 1 {
		copySel(left, right, sel)
		p.n = rights
		return
	}
	if !p.many {
		p.spell()
	}
	both := vec.Slice[int64](sc, len(right))
	if sel == nil {
		left = left[:len(right)]
		for i, r := range right {
			both[i] = int64(left[i])<<32 | int64(r)
		}
	} else {
		for _, i := range sel {
			both[i] = int64(left[i])<<32 | int64(right[i])
		}
	}
	p.table.assign(both, sel, left)
	p.n = len(p.table.keys)
}

// spell makes the table of the pairs there are.
func (p *pairs) spell() {
	p.many = true
	if p.table == nil {
		p.table = newInts()
	}
	for right := range p.n {
		p.table.find(int64(right))
	}
}

func copySel(dst, src []int32, sel vec.Sel) {
	if sel == nil {
		copy(dst, src)
		return
	}
	for _, i := range sel {
		dst[i] = src[i]
	}
}

// split gives the numbers of which pairs are: left in place, and right.
func (p *pairs) split(left, right []int32) {
	if !p.many {
		copy(right, left)
		clear(left)
		return
	}
	for i, id := range left {
		k := p.table.keys[id]
		left[i], right[i] = int32(k>>32), int32(k)
	}
}

// get gives the number of a pair of known numbers, -1 when it is not known.
func (p *pairs) get(left, right int32) int32 {
	if !p.many {
		return right
	}
	return p.table.get(int64(left)<<32 | int64(right))
}

func (p *pairs) reset() {
	p.n, p.many = 0, false
	if p.table != nil {
		p.table.reset()
	}
}

func (p *pairs) bytes() int64 {
	if p.table == nil {
		return 0
	}
	return p.table.bytes()
}
