package sort

import (
	"math/bits"
	"slices"
)

// packs sorts the numbers of one cluster with the places of their rows in their last bits:
// 8 bytes move for each row instead of 16, and equal numbers stay in the order of arrival
// without being looked at. Two digits, the lesser first, leave next to no row beside another
// of the same: sorting what one digit leaves by insertion cost twice as much, in branches
// that were guessed wrong.
type packs struct {
	list, spare []uint64
	low         uint // bits of a place
	minor       [1 << digit]int32
	major       [1 << digit]int32
}

// open readies for n rows whose numbers have some bits; ok is false when both do not fit.
func (p *packs) open(n int, number uint) (ok bool) {
	p.low = uint(bits.Len(uint(n - 1)))
	if p.low+number > 64 {
		return false
	}
	if cap(p.list) < n {
		p.list, p.spare = make([]uint64, n+n/4), make([]uint64, n+n/4)
	}
	p.list = p.list[:n]
	return true
}

// sort sorts packed numbers that are between two others.
func (p *packs) sort(list []uint64, least, most uint64) {
	if shift := p.digits(list, least, most); shift > 0 {
		p.runs(list, least, shift)
	}
}

// digits sorts packed numbers that are between two others by their two greatest digits; those
// that are alike when shifted, if that is not by 0, may stand in another order.
func (p *packs) digits(list []uint64, least, most uint64) (shift uint) {
	if len(list) <= insertion {
		insertPacked(list)
		return 0
	}
	n := uint(min(max(bits.Len(uint(len(list)))-2, 1), digit))
	shift = digitOf(most-least, int(2*n))
	mask := uint64(1)<<n - 1
	minor, major := &p.minor, &p.major
	clear(minor[:mask+1])
	clear(major[:mask+1])
	for _, x := range list {
		d := (x - least) >> shift
		minor[d&mask&(1<<digit-1)]++
		major[d>>n&(1<<digit-1)]++
	}
	total(minor[:mask+1])
	total(major[:mask+1])
	spare := p.spare[:len(list)]
	for _, x := range list {
		d := (x - least) >> shift & mask & (1<<digit - 1)
		spare[minor[d]] = x
		minor[d]++
	}
	for _, x := range spare {
		d := (x - least) >> shift >> n & (1<<digit - 1)
		list[major[d]] = x
		major[d]++
	}
	return shift
}

// runs sorts the runs of numbers that have both digits in common.
func (p *packs) runs(list []uint64, least uint64, shift uint) {
	before := (list[0] - least) >> shift
	for i := 1; i < len(list); i++ {
		d := (list[i] - least) >> shift
		if d != before {
			before = d
			continue
		}
		from := i - 1
		for i < len(list) && (list[i]-least)>>shift == d {
			i++
		}
		if run := list[from:i]; len(run) <= insertion {
			insertPacked(run)
		} else if least, most := slices.Min(run), slices.Max(run); least>>p.low != most>>p.low { // else they stand as they arrived
			p.sort(run, least, most)
		}
		if i < len(list) {
			before = (list[i] - least) >> shift
		}
	}
}

func insertPacked(list []uint64) {
	for i := 1; i < len(list); i++ {
		x, k := list[i], i
		for k > 0 && list[k-1] > x {
			list[k] = list[k-1]
			k--
		}
		list[k] = x
	}
}

// writePacked appends the rows of sorted numbers, whose places begin at from; those that are
// alike when shifted are sorted when one is met in a wrong place. One row in some hundreds
// is, so looking for them beforehand cost more than it found.
func (s *sorter) writePacked(p *packs, shift uint, from int32) {
	list := p.list
	out := s.out[s.n:][:len(list)]
	mask, before := uint64(1)<<p.low-1, uint64(0)
	for i := 0; i < len(list); i++ {
		x := list[i]
		if x < before {
			i = p.mend(list, i, shift)
			x = list[i]
		}
		out[i] = from + int32(x&mask)
		before = x
	}
	if s.named {
		for a := 0; a < len(list); {
			b := a + 1
			for b < len(list) && list[b]>>p.low == list[a]>>p.low {
				b++
			}
			if b > a+1 {
				s.ties = append(s.ties, tie{s.n + int32(a), s.n + int32(b)})
			}
			a = b
		}
	}
	s.n += int32(len(list))
}

// mend sorts the numbers that are alike when shifted of which one stands at a place, and
// gives where they begin.
func (p *packs) mend(list []uint64, at int, shift uint) int {
	d, from, to := list[at]>>shift, at, at+1
	for from > 0 && list[from-1]>>shift == d {
		from--
	}
	for to < len(list) && list[to]>>shift == d {
		to++
	}
	if run := list[from:to]; len(run) <= insertion {
		insertPacked(run)
	} else {
		p.sort(run, slices.Min(run), slices.Max(run))
	}
	return from
}
