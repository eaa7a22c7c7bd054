package vec

// Weave makes one column of several of one type: row i is the next one of parts[next[i]]. What
// next says is said by to once more: row k of parts[p] becomes row to[p][k].
func (s *Scope) Weave(parts []*Vec, next []uint16, to [][]int32) *Vec {
	n := len(next)
	fixed, texts := true, true
	for _, v := range parts {
		fixed = fixed && v.Scatters()
		texts = texts && (v.Kind == String || v.Kind == Binary) && !v.Const && v.Dict == nil && v.Valid == nil
	}
	switch {
	case fixed:
		out := s.vec()
		*out = Vec{Type: parts[0].Type, Kind: parts[0].Kind, Len: n, Buf: s.Bytes(n * parts[0].Kind.Width())}
		for p, v := range parts {
			Scatter(out, v, to[p])
		}
		return out
	case texts:
		return s.weaveTexts(parts, next, to)
	}
	all := NewBuilder(s, parts[0].Type, n)
	at, from := Slice[int32](s, n), int32(0)
	for p, v := range parts {
		all.AppendSel(v, nil)
		for k, row := range to[p] {
			at[row] = from + int32(k)
		}
		from += int32(len(to[p]))
	}
	return s.Flat(s.Take(all.Finish(), at, false))
}

// weaveTexts writes down where each text stands and how long it is before it copies the first:
// they are copied in the order of rows, because of a short one more is written than it has.
func (s *Scope) weaveTexts(parts []*Vec, next []uint16, to [][]int32) *Vec {
	n, total := len(next), 0
	off, at := Slice[int32](s, n+1), Slice[int32](s, n)
	data := make([][]byte, len(parts))
	for p, v := range parts {
		from, ends := v.Offsets[0], v.Offsets[1:][:len(to[p])]
		first := from
		for k, row := range to[p] {
			at[row], off[row+1] = from, ends[k]-from
			from = ends[k]
		}
		total += int(from - first)
		data[p] = v.Data
	}
	if total > s.pool.maxData {
		panic(&TooMuch{Limit: s.pool.maxData})
	}
	out := s.vec()
	*out = Vec{Type: parts[0].Type, Kind: parts[0].Kind, Len: n, Offsets: off, Data: s.Bytes(total + short)[:total]}
	dst, end := out.Data[:total+short], 0
	off[0] = 0
	for i, p := range next {
		size := int(off[i+1])
		CopyText(dst, end, data[p], int(at[i]), size)
		end += size
		off[i+1] = int32(end)
	}
	return out
}
