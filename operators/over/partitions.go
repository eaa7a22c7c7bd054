package over

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/operators/group"
)

// partitions numbers the partitions of all windows with one PARTITION BY.
type partitions struct {
	text  string
	by    []expr.Expr
	table *group.Table
	ids   []int32 // of the rows of the batch that were kept
	queue queue   // of the rows held
}

func (p *Buffered) partitioned(by []expr.Expr) *partitions {
	text := ""
	var types []arrow.DataType
	for _, e := range by {
		text += "|" + e.String()
		types = append(types, e.Type())
	}
	for _, q := range p.parts {
		if q.text == text {
			return q
		}
	}
	q := &partitions{text: text, by: by, table: group.New(types)}
	p.parts = append(p.parts, q)
	return q
}

// assign numbers the partition of each selected row.
func (q *partitions) assign(b *arrowexec.Batch, keys []*vec.Vec, sel vec.Sel) {
	n := sel.Count(b.N)
	if b.Rows() == 0 {
		n = 0
	}
	if cap(q.ids) < n {
		q.ids = make([]int32, n, 2*n)
	}
	q.ids = q.ids[:n]
	if n == 0 {
		return
	}
	if sel == nil {
		q.table.Assign(b, keys, nil, q.ids)
		return
	}
	ids := vec.Slice[int32](b.Scope, b.N)
	q.table.Assign(b, keys, sel, ids)
	for k, i := range sel {
		q.ids[k] = ids[i]
	}
}
