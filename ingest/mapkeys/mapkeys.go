package mapkeys

import (
	"bytes"

	"github.com/zeebo/xxh3"
)

// Keys holds the keys of the MAPs being read, those of inner ones behind
// those of outer ones, to find the ones that repeat.
type Keys struct {
	text  []byte
	ends  []int
	table []int32
}

// Push adds a copy of a key.
func (m *Keys) Push(key []byte) {
	m.text = append(m.text, key...)
	m.ends = append(m.ends, len(m.text))
}

// Mark is where a MAP's keys begin, for [Keys.Repeated] and [Keys.Pop].
type Mark struct{ n, text int }

// Mark tells where the next key will stand.
func (m *Keys) Mark() Mark { return Mark{len(m.ends), len(m.text)} }

// Pop forgets the keys since a mark.
func (m *Keys) Pop(at Mark) { m.ends, m.text = m.ends[:at.n], m.text[:at.text] }

func (m *Keys) at(n int) []byte {
	from := 0
	if n > 0 {
		from = m.ends[n-1]
	}
	return m.text[from:m.ends[n]]
}

// Repeated marks the keys since a mark that occur again later; nil when none
// does, which is the rule.
func (m *Keys) Repeated(at Mark) []bool {
	base := at.n
	n := len(m.ends) - base
	var drop []bool
	mark := func(i int) {
		if drop == nil {
			drop = make([]bool, n)
		}
		drop[i] = true
	}
	const few = 16
	if n <= few {
		for i := range n {
			for j := i + 1; j < n; j++ {
				if bytes.Equal(m.at(base+i), m.at(base+j)) {
					mark(i)
					break
				}
			}
		}
		return drop
	}
	size := 1
	for size < 2*n {
		size *= 2
	}
	if cap(m.table) < size {
		m.table = make([]int32, size)
	}
	m.table = m.table[:size]
	clear(m.table)
next:
	for i := n - 1; i >= 0; i-- { // from the last on: what is found is replaced
		key := m.at(base + i)
		h := xxh3.Hash(key)
		for ; ; h++ {
			e := &m.table[h&uint64(size-1)]
			if *e == 0 {
				*e = int32(i + 1)
				continue next
			}
			if bytes.Equal(m.at(base+int(*e)-1), key) {
				mark(i)
				continue next
			}
		}
	}
	return drop
}
