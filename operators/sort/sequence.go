package sort

import (
	"math"
	"slices"

	"github.com/velostream/velo/arrowexec/vec"
)

// sequence puts the places of clusters in the order of the keys, one cluster after another
// as their rows are asked for, so that what was sorted is still in the cache when its rows
// are given out.
type sequence struct {
	c     *clusters
	f     *numbers
	first *vec.Vec  // the first key's column by place, where it was moved
	keys  []sortKey // for rows of equal numbers
	rows  []int32   // the row of each place, where the keys are by row; nil: by place
	// sorts is set where the first key's column goes out and its values can be made of their
	// numbers: it is sorted where it stands, which costs a third of gathering it.
	sorts bool
	ahead []column

	sorter
	p    packs
	list []entry
	next int // cluster
	room []int64
}

// column is one that is gathered, moved one way or the other.
type column struct {
	v *vec.Vec
	t *vec.Shorts
}

// until puts the places before n in order.
func (s *sequence) until(n int) {
	for ; int(s.n) < n; s.next++ {
		if from, to := int(s.n), int(s.c.ends[s.next]); to > from {
			s.cluster(from, to)
		}
	}
}

func (s *sequence) cluster(from, to int) {
	for _, c := range s.ahead { // it is on its way while its numbers are sorted
		if c.v != nil {
			c.v.Prefetch(from, to)
		} else {
			c.t.Prefetch(from, to)
		}
	}
	c, p := s.c, &s.p
	least := c.least + uint64(s.next)<<c.shift
	packed := p.open(to-from, c.shift)
	if packed {
		c.stretches(s.f, s.first, from, to, func(at int, x []uint64) {
			out, low := p.list[at-from:][:len(x)], p.low
			for i, x := range x {
				out[i] = (x-least)<<low | uint64(at-from+i)
			}
		})
		s.writePacked(p, p.digits(p.list, 0, 1<<(c.shift+p.low)-1), int32(from))
	} else {
		s.list = slices.Grow(s.list[:0], to-from)[:to-from]
		c.stretches(s.f, s.first, from, to, func(at int, x []uint64) {
			out := s.list[at-from:][:len(x)]
			for i, x := range x {
				out[i] = entry{x, int32(at + i)}
			}
		})
		s.part(s.list)
	}
	for _, t := range s.ties {
		slices.SortFunc(s.out[t.from:t.to], func(i, j int32) int {
			if s.rows != nil {
				i, j = s.rows[i], s.rows[j]
			}
			return compareAll(s.keys, i, j)
		})
	}
	s.ties = s.ties[:0]
	if s.sorts && !(packed && s.values(least, from, to)) {
		s.room = slices.Grow(s.room[:0], to-from)[:to-from]
		values := vec.Values[int64](s.first)
		for i, at := range s.out[from:to] {
			s.room[i] = values[at]
		}
		copy(values[from:to], s.room)
	}
}

// valued tells that values are numbers of 64 bits turned round.
func valued(v *vec.Vec) bool {
	switch v.Kind {
	case vec.Int64, vec.Time, vec.Timestamp, vec.Float64:
		return true
	}
	return false
}

// values writes the values of sorted numbers over those of the cluster; ok is false when
// they are not all told by their numbers, as those of −0 and NaN are not.
func (s *sequence) values(least uint64, from, to int) (ok bool) {
	list, low := s.p.list, s.p.low
	lo, hi := list[0]>>low+least, list[len(list)-1]>>low+least
	turn := uint64(1) << 63
	if s.f.key.Desc {
		lo, hi, turn = ^hi, ^lo, ^turn
	}
	if s.first.Kind == vec.Float64 {
		switch zero := uint64(1) << 63; {
		case lo > zero && hi < math.MaxUint64:
		case hi < zero: // all bits of numbers below 0 are turned
			turn ^= math.MaxUint64 >> 1
		default:
			return false
		}
	}
	out := vec.Values[int64](s.first)[from:to]
	for i, x := range list {
		out[i] = int64((x>>low + least) ^ turn)
	}
	return true
}
