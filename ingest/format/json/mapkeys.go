package json

import (
	"bytes"

	"github.com/zeebo/xxh3"
)

// mapKeys holds the keys of the MAPs being read, those of inner ones behind
// those of outer ones, to find the ones that repeat.
type mapKeys struct {
	text  []byte
	ends  []int
	table []int32
}

func (m *mapKeys) push(key []byte) {
	m.text = append(m.text, key...)
	m.ends = append(m.ends, len(m.text))
}

func (m *mapKeys) pop(n, text int) { m.ends, m.text = m.ends[:n], m.text[:text] }

func (m *mapKeys) at(n int) []byte {
	from := 0
	if n > 0 {
		from = m.ends[n-1]
	}
	return m.text[from:m.ends[n]]
}

// repeated marks the keys from base on that occur again later; nil when none
// does, which is the rule.
func (m *mapKeys) repeated(base int) []bool {
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
