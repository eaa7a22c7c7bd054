package sort

import (
	"bytes"
	"slices"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// sortKey is one ORDER BY item over rows that are at hand: a plain column, and a
// number for each row that orders most of them.
type sortKey struct {
	col        *vec.Vec
	desc       bool
	nullsFirst bool
	exact      bool
	prefix     []uint64
}

func newKey(k Key, col *vec.Vec) sortKey {
	s := sortKey{col: col, desc: k.Desc, nullsFirst: k.NullsFirst, prefix: make([]uint64, col.Len)}
	s.exact = k.Prefix(col, s.prefix)
	return s
}

// Prefix fills out, as long as a plain column, with a number for each row, smaller
// for one that comes before another, in so far as numbers differ; those of NULLs are
// undefined. exact tells that rows of one number are equal.
func (k Key) Prefix(col *vec.Vec, out []uint64) (exact bool) {
	if col.Kind != vec.Null {
		exact = prefixes(col, out)
	}
	if k.Desc {
		for i, p := range out {
			out[i] = ^p
		}
	}
	return exact
}

// exact tells that rows of one number are equal.
func (k Key) exact(col *vec.Vec) bool { return k.Prefix(&vec.Vec{Type: col.Type, Kind: col.Kind}, nil) }

// compare orders rows i and j by one key.
func (k *sortKey) compare(i, j int32) int {
	if k.col.HasNulls() {
		x, y := k.col.IsNull(int(i)), k.col.IsNull(int(j))
		switch {
		case x && y:
			return 0
		case x != y:
			if x == k.nullsFirst {
				return -1
			}
			return 1
		}
	}
	switch a, b := k.prefix[i], k.prefix[j]; {
	case a < b:
		return -1
	case a > b:
		return 1
	case k.exact:
		return 0
	}
	c := 0
	if kind := k.col.Kind; kind == vec.String || kind == vec.Binary { // most of what is not exact: a tenth of a sort
		c = bytes.Compare(k.col.BytesAt(int(i)), k.col.BytesAt(int(j)))
	} else {
		c = expr.CompareRows(k.col, int(i), k.col, int(j))
	}
	if k.desc {
		return -c
	}
	return c
}

func compareAll(keys []sortKey, i, j int32) int {
	for k := range keys {
		if c := keys[k].compare(i, j); c != 0 {
			return c
		}
	}
	return int(i) - int(j) // stable: rows stand in the order of arrival
}

const radixFrom = 256 // fewer rows sort faster by comparison

// order gives the rows of idx, which is ascending, in the order of the keys,
// ties by number.
func order(keys []sortKey, idx []int32) []int32 {
	if len(keys) == 0 {
		return idx
	}
	if len(idx) < radixFrom {
		slices.SortFunc(idx, func(i, j int32) int { return compareAll(keys, i, j) })
		return idx
	}
	first := &keys[0]
	var nulls []int32
	rest := idx
	if first.col.HasNulls() {
		rest = make([]int32, 0, len(idx))
		for _, i := range idx {
			if first.col.IsNull(int(i)) {
				nulls = append(nulls, i)
			} else {
				rest = append(rest, i)
			}
		}
		nulls = order(keys[1:], nulls)
	}
	finish := keys
	if first.exact {
		finish = keys[1:]
	}
	rest, ties := radix(first.prefix, rest, len(finish) > 0)
	for _, t := range ties {
		slices.SortFunc(rest[t.from:t.to], func(i, j int32) int { return compareAll(finish, i, j) })
	}
	if first.nullsFirst {
		return append(nulls, rest...)
	}
	return append(rest, nulls...)
}

// Order gives the rows 0 … n-1 of plain columns, one for each key, in the order
// of the keys, ties by number. The keys' expressions are not evaluated.
func Order(cols []*vec.Vec, by []Key, n int) []int32 {
	keys := make([]sortKey, len(by))
	for k := range keys {
		keys[k] = newKey(by[k], cols[k])
	}
	return order(keys, ascending(n))
}
