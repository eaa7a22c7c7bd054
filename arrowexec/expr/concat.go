package expr

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

func concatOverloads() []Overload {
	mixed := func(a []arrow.DataType, _ []*Const) (arrow.DataType, error) {
		for _, t := range a {
			if vec.KindOf(t) == vec.Binary {
				return nil, fmt.Errorf("operator || does not take STRING and BYTES; CAST one of them")
			}
		}
		return vec.TypeString, nil
	}
	str := Param{Kind: vec.String}
	return []Overload{
		chained(over(concat, vec.TypeString, vec.String, vec.String)),
		chained(over(concat, vec.TypeBinary, vec.Binary, vec.Binary)),
		{Args: []Param{str, {Any: true}}, Type: mixed, Kernel: concat},
		{Args: []Param{{Any: true}, str}, Type: mixed, Kernel: concat},
	}
}

func chained(o Overload) Overload {
	o.chained = true
	return o
}

func concat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	if v := concatTexts(c, t, args, sel); v != nil {
		return v
	}
	r := NewStringResult(c, t, 0)
	for _, a := range args {
		if a.Kind.HasOffsets() && !a.Const && !isNested(a.Kind) && sel == nil {
			r.Room(int(a.Offsets[n]-a.Offsets[0]) + cap(r.Data))
		}
	}
	one := func(i int) {
		for _, a := range args {
			if a.Kind == vec.String || a.Kind == vec.Binary {
				b := a.BytesAt(i)
				r.Room(len(b))
				r.Data = append(r.Data, b...)
			} else {
				r.Room(64)
				r.Data = text.AppendValue(r.Data, a, i)
			}
		}
		r.End(i)
	}
	eachRow(n, sel, one)
	return r.Finish()
}

// concatTexts is for texts alone, none of which is in a dictionary: their size is
// known before, and they are copied by loops without a call for each. nil: there is
// another argument, or too much of them.
func concatTexts(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	size := 0
	for _, a := range args {
		if a.Kind != vec.String && a.Kind != vec.Binary || a.Dict != nil {
			return nil
		}
		switch {
		case a.Const:
			size += sel.Count(c.Batch.N) * int(a.Offsets[1]-a.Offsets[0])
		case sel == nil:
			size += int(a.Offsets[c.Batch.N] - a.Offsets[0])
		default:
			for _, i := range sel {
				size += int(a.Offsets[i+1] - a.Offsets[i])
			}
		}
	}
	if size > vec.MaxData/2 {
		return nil
	}
	out := c.Scope.New(t, c.Batch.N)
	const spare = 16 // what a text may overwrite behind its end
	data := c.Scope.Bytes(size + spare)[:size+spare]
	type part struct {
		off  []int32
		data []byte
		mask int // 0 for a constant, whose place is always 0
	}
	var few [4]part
	parts := few[:0]
	for _, a := range args {
		parts = append(parts, part{a.Offsets, a.Data, mask(a)})
	}
	off, to, next := out.Offsets, 0, 0
	off[0] = 0
	n := sel.Count(c.Batch.N)
	for k := range n {
		i := k
		if sel != nil {
			i = int(sel[k])
		}
		for ; next < i; next++ {
			off[next+1] = int32(to)
		}
		for p := range parts {
			a := &parts[p]
			at := i & a.mask
			from := int(a.off[at])
			size := int(a.off[at+1]) - from
			vec.CopyText(data, to, a.data, from, size)
			to += size
		}
		next++
		off[next] = int32(to)
	}
	for ; next < out.Len; next++ {
		off[next+1] = int32(to)
	}
	out.Data = data[:to]
	return out
}
