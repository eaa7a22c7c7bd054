package avro

import (
	"math"
	"unicode/utf8"

	"github.com/velostream/velo/arrowexec/vec"
)

// block reads the head of a block of array elements or map entries: how many
// there are, and how many bytes they take if the writer says so, else -1. least
// is what one takes at least. Who reads the elements checks the bytes too: skipping goes by
// them, and a record must not mean one thing with a column and another without.
func (d *decoder) block(r *reader, buf []byte, i, least int) (n, size, next int) {
	x, i := d.long(r, buf, i)
	if i < 0 {
		return 0, 0, i
	}
	size = -1
	if x < 0 {
		if x == math.MinInt64 {
			return 0, 0, d.fail(r, errLength)
		}
		x = -x
		var bytes int64
		if bytes, i = d.long(r, buf, i); i < 0 {
			return 0, 0, i
		}
		if bytes < 0 || bytes > int64(len(buf)-i) {
			return 0, 0, d.fail(r, errBlock)
		}
		size = int(bytes)
	}
	if least > 0 {
		if x > int64((len(buf)-i)/least) {
			return 0, 0, d.fail(r, errCut)
		}
	} else if d.empty += int(min(x, maxEmpty+1)); d.empty > maxEmpty {
		return 0, 0, d.fail(r, errEmpty)
	}
	return int(x), size, i
}

func (d *decoder) list(r *reader, b *vec.Builder, buf []byte, i int) int {
	elem := b.Children[0]
	for {
		n, size, at := d.block(r, buf, i, r.node.items.least)
		if at < 0 {
			return at
		}
		if i = at; n == 0 {
			b.EndList()
			return i
		}
		for range n {
			if i = d.read(r.elem, elem, buf, i); i < 0 {
				return i
			}
		}
		if size >= 0 && i != at+size {
			return d.fail(r, errBlock)
		}
	}
}

// mapping reads a MAP; of a key that repeats the last value counts.
func (d *decoder) mapping(r *reader, b *vec.Builder, buf []byte, i int) int {
	k, v := b.Children[0], b.Children[1]
	from, mark := k.N, d.keys.Mark()
	next := d.entries(r, k, v, buf, i, nil)
	if next >= 0 {
		if drop := d.keys.Repeated(mark); drop != nil { // read again without those that a later one replaces
			k.Truncate(from)
			v.Truncate(from)
			d.keys.Pop(mark)
			next = d.entries(r, k, v, buf, i, drop)
		}
	}
	d.keys.Pop(mark)
	if next >= 0 {
		b.EndList()
	}
	return next
}

func (d *decoder) entries(r *reader, k, v *vec.Builder, buf []byte, i int, drop []bool) int {
	for at := 0; ; {
		n, bytes, next := d.block(r, buf, i, 1)
		if next < 0 || n == 0 {
			return next
		}
		i = next
		end := next + bytes
		for range n {
			size, next := d.length(r, buf, i)
			if next < 0 {
				return next
			}
			key := buf[next : next+size]
			if !utf8.Valid(key) {
				return d.fail(r, errUTF8)
			}
			i = next + size
			d.keys.Push(key)
			if drop != nil && drop[at] {
				i = d.skip(r.node.items, buf, i)
			} else {
				k.Bytes(key)
				i = d.read(r.elem, v, buf, i)
			}
			if i < 0 {
				return i
			}
			at++
		}
		if bytes >= 0 && i != end {
			return d.fail(r, errBlock)
		}
	}
}

// skip steps over a value.
func (d *decoder) skip(n *node, buf []byte, i int) int {
	if n.exact >= 0 {
		if len(buf)-i < n.exact {
			return d.fail(nil, errCut)
		}
		return i + n.exact
	}
	switch n.kind {
	case kInt, kLong, kEnum:
		_, i = d.long(nil, buf, i)
		return i
	case kBytes, kString:
		size, at := d.length(nil, buf, i)
		if at < 0 {
			return at
		}
		return at + size
	case kUnion:
		x, at := d.long(nil, buf, i)
		switch {
		case at < 0:
			return at
		case uint64(x) >= uint64(len(n.branches)):
			return d.fail(nil, errUnion)
		}
		return d.skip(n.branches[x], buf, at)
	case kRecord:
		for _, f := range n.fields {
			if i = d.skip(f.node, buf, i); i < 0 {
				return i
			}
		}
		return i
	}
	least := n.items.least
	if n.kind == kMap {
		least = 1
	}
	for {
		count, size, at := d.block(nil, buf, i, least)
		if at < 0 || count == 0 {
			return at
		}
		if i = at; size >= 0 {
			i += size
			continue
		}
		for range count {
			if n.kind == kMap {
				size, at := d.length(nil, buf, i)
				if at < 0 {
					return at
				}
				i = at + size
			}
			if i = d.skip(n.items, buf, i); i < 0 {
				return i
			}
		}
	}
}
