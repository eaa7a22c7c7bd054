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
		over(concat, vec.TypeString, vec.String, vec.String),
		over(concat, vec.TypeBinary, vec.Binary, vec.Binary),
		{Args: []Param{str, {Any: true}}, Type: mixed, Kernel: concat},
		{Args: []Param{{Any: true}, str}, Type: mixed, Kernel: concat},
	}
}

func concat(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
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
