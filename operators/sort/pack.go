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
	if len(list) <= insertion {
		insertPacked(list)
		return
	}
	n := uint(min(bits.Len(uint(len(list))), digit))
	shift, mask := digitOf(most-least, int(2*n)), uint64(1)<<n-1
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
	if shift > 0 {
		p.runs(list, least, shift)
	}
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

// writePacked appends sorted rows, whose places begin at from.
func (s *sorter) writePacked(list []uint64, low uint, from int32) {
	out := s.out[s.n:][:len(list)]
	mask := uint64(1)<<low - 1
	for i, x := range list {
		out[i] = from + int32(x&mask)
	}
	if s.named {
		for a := 0; a < len(list); {
			b := a + 1
			for b < len(list) && list[b]>>low == list[a]>>low {
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
