package sort

import "math/bits"

// entry is a row with its number: they move together, so that no digit after the
// first looks a number up at its row's place.
type entry struct {
	key uint64
	row int32
}

// tie is a run of rows whose numbers are equal.
type tie struct{ from, to int32 }

const (
	digit     = 11 // bits of a digit at most
	insertion = 24 // fewer rows are sorted by insertion
)

// sorter sorts rows by numbers, greatest digit first. The first digit scatters the
// rows over parts that fit the cache, where the others, of as many bits as a part has
// rows to tell apart, cost little: 3 million doubles take 25 ns a row, least digit
// first 60 (each of six digits went over all rows and read their numbers in no order).
type sorter struct {
	out   []int32
	n     int32 // of out that are written
	ties  []tie
	named bool // ties are listed
	spare []entry
}

// radix gives rows in the order of their numbers, ties as they stand, and, if asked,
// where rows of equal numbers are.
func radix(number []uint64, rows []int32, named bool) ([]int32, []tie) {
	if len(rows) == 0 {
		return rows, nil
	}
	s := &sorter{out: make([]int32, len(rows)), named: named}
	least, most := number[rows[0]], number[rows[0]]
	for _, r := range rows {
		least, most = min(least, number[r]), max(most, number[r])
	}
	list := make([]entry, len(rows))
	shift := digitOf(most-least, digit)
	var ends [1 << digit]int32
	for _, r := range rows {
		ends[(number[r]-least)>>shift]++
	}
	total(ends[:])
	for _, r := range rows {
		x := number[r]
		d := (x - least) >> shift
		list[ends[d]] = entry{x, r}
		ends[d]++
	}
	from := int32(0)
	for _, to := range ends {
		if to > from {
			s.part(list[from:to])
		}
		from = to
	}
	return s.out, s.ties
}

// digitOf is by how much numbers up to most are shifted to leave n bits.
func digitOf(most uint64, n int) uint { return uint(max(bits.Len64(most)-n, 0)) }

// total makes the places where they begin of how many rows digits have.
func total(count []int32) {
	at := int32(0)
	for d, n := range count {
		count[d] = at
		at += n
	}
}

// part sorts rows that share a digit, and writes them.
func (s *sorter) part(list []entry) {
	if len(list) <= insertion {
		insert(list)
		s.write(list)
		return
	}
	least, most := list[0].key, list[0].key
	for i := range list {
		least, most = min(least, list[i].key), max(most, list[i].key)
	}
	if least == most {
		s.write(list)
		return
	}
	if len(s.spare) < len(list) {
		s.spare = make([]entry, len(list)+len(list)/4)
	}
	var ends [1 << digit]int32
	n := min(bits.Len(uint(len(list)))-1, digit)
	shift := digitOf(most-least, n)
	count := ends[:1<<n]
	for i := range list {
		count[(list[i].key-least)>>shift]++
	}
	worst := int32(0)
	for _, n := range count {
		worst = max(worst, n)
	}
	total(count)
	to := s.spare[:len(list)]
	for _, x := range list {
		d := (x.key - least) >> shift
		to[count[d]] = x
		count[d]++
	}
	if worst <= insertion { // no row is far from its place
		insert(to)
		s.write(to)
		return
	}
	copy(list, to)
	from := int32(0)
	for _, to := range count {
		if to > from {
			s.part(list[from:to])
		}
		from = to
	}
}

// insert sorts rows by insertion.
func insert(list []entry) {
	for i := 1; i < len(list); i++ {
		x, k := list[i], i
		for k > 0 && list[k-1].key > x.key {
			list[k] = list[k-1]
			k--
		}
		list[k] = x
	}
}

// write appends sorted rows.
func (s *sorter) write(list []entry) {
	out := s.out[s.n:][:len(list)]
	for i := range list {
		out[i] = list[i].row
	}
	if s.named {
		for from := 0; from < len(list); {
			to := from + 1
			for to < len(list) && list[to].key == list[from].key {
				to++
			}
			if to > from+1 {
				s.ties = append(s.ties, tie{s.n + int32(from), s.n + int32(to)})
			}
			from = to
		}
	}
	s.n += int32(len(list))
}
