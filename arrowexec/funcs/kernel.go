package funcs

import (
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// maxValue is the size that one text or bytes value may have: 64 MiB.
const maxValue = 64 << 20

var errValueSize = errors.New("the result is over 64 MiB, the limit of one value; make the arguments smaller")

// rows lists the selected rows of a batch of n.
func rows(n int, sel vec.Sel) iter.Seq[int] {
	return func(yield func(int) bool) {
		if sel == nil {
			for i := 0; i < n; i++ {
				if !yield(i) {
					return
				}
			}
			return
		}
		for _, i := range sel {
			if !yield(int(i)) {
				return
			}
		}
	}
}

// column reads a plain or constant column of fixed-width values by row.
type column[T vec.Fixed] struct {
	v    []T
	step int // 0 for a constant
}

func columnOf[T vec.Fixed](v *vec.Vec) column[T] {
	c := column[T]{v: vec.Values[T](v), step: 1}
	if v.Const {
		c.step = 0
	}
	return c
}

func (c column[T]) at(i int) T { return c.v[i*c.step] }

// texts reads a plain or constant STRING or BYTES column by row.
type texts struct {
	off  []int32
	data []byte
	step int
}

func textsOf(v *vec.Vec) texts {
	t := texts{off: v.Offsets, data: v.Data, step: 1}
	if v.Const {
		t.step = 0
	}
	return t
}

func (t texts) at(i int) []byte {
	i *= t.step
	a, b := t.off[i], t.off[i+1]
	return t.data[a:b:b]
}

// bytesOf is what the selected rows hold together: the first guess of a
// result's size.
func (t texts) bytesOf(n int) int {
	if t.step == 0 {
		return min(n*int(t.off[1]-t.off[0]), 1<<20)
	}
	return int(t.off[len(t.off)-1] - t.off[0])
}

// overflow and unreadable are causes of class overflow and cast; every other
// error is of class expression.
type (
	overflow   string
	unreadable string
)

func (e overflow) Error() string   { return string(e) }
func (e unreadable) Error() string { return string(e) }

func classOf(err error) string {
	switch err.(type) {
	case overflow:
		return "overflow"
	case unreadable:
		return "cast"
	}
	return "expression"
}

// bad fails a row of a fixed-width result.
func bad(c *expr.Ctx, v *vec.Vec, i int, err error) {
	c.Fail(i, classOf(err), err)
	setNull(c, v, i)
}

func setNull(c *expr.Ctx, v *vec.Vec, i int) { c.Scope.SetValid(v).Clear(i) }

// textOut makes a STRING or BYTES column in row order: append to data what
// belongs to row i, then end(i), or null(i), or fail(i). Rows left out are empty.
type textOut struct {
	c     *expr.Ctx
	v     *vec.Vec
	data  []byte
	start int // of the row under way
	next  int // first row without an offset
}

func newText(c *expr.Ctx, t arrow.DataType, size int) *textOut {
	n := c.Batch.N
	o := &textOut{c: c, v: c.Scope.New(t, n)}
	o.v.Offsets[0] = 0
	o.data = c.Scope.Bytes(max(size, 16))[:0]
	return o
}

// room makes place for n more bytes in memory of the scope.
func (o *textOut) room(n int) {
	if cap(o.data)-len(o.data) < n {
		o.data = o.c.Scope.Grow(o.data, n)
	}
}

func (o *textOut) append(b []byte) {
	if cap(o.data)-len(o.data) < len(b) {
		o.data = o.c.Scope.Grow(o.data, len(b))
	}
	o.data = append(o.data, b...)
}

func (o *textOut) fill(i int) {
	off := o.v.Offsets
	for ; o.next < i; o.next++ {
		off[o.next+1] = int32(o.start)
	}
}

func (o *textOut) end(i int) {
	if len(o.data)-o.start > maxValue {
		o.fail(i, errValueSize)
		return
	}
	if len(o.data) > vec.MaxData {
		o.fail(i, fmt.Errorf("the results of one batch are over %d bytes; lower the batch size", vec.MaxData))
		return
	}
	o.fill(i)
	o.start = len(o.data)
	o.v.Offsets[i+1] = int32(o.start)
	o.next = i + 1
}

func (o *textOut) put(i int, b []byte) {
	o.append(b)
	o.end(i)
}

func (o *textOut) null(i int) {
	o.data = o.data[:o.start]
	setNull(o.c, o.v, i)
}

func (o *textOut) fail(i int, err error) {
	o.c.Fail(i, classOf(err), err)
	o.null(i)
}

func (o *textOut) done() *vec.Vec {
	o.fill(o.v.Len)
	o.v.Data = o.data
	return o.v
}

// listOut makes a nested column in row order with a builder; rows left out are
// NULL.
type listOut struct {
	c *expr.Ctx
	b *vec.Builder
}

func newList(c *expr.Ctx, t arrow.DataType) *listOut {
	return &listOut{c: c, b: vec.NewBuilder(c.Scope, t, c.Batch.N)}
}

// row readies the builder for row i: the rows before it that were left out
// become NULL.
func (o *listOut) row(i int) *vec.Builder {
	for o.b.N < i {
		o.b.Null()
	}
	return o.b
}

func (o *listOut) done() *vec.Vec {
	o.row(o.c.Batch.N)
	return o.b.Finish()
}

// newBool makes a BOOLEAN result with all rows FALSE.
func newBool(c *expr.Ctx) (*vec.Vec, vec.Bitmap) {
	v := c.Scope.New(vec.TypeBool, c.Batch.N)
	clear(v.Buf)
	return v, v.Bits()
}

// mapped computes a fixed-width value from one of another.
func mapped[A, B vec.Fixed](f func(A) B) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		dst, a := vec.Values[B](out), columnOf[A](args[0])
		if sel == nil {
			for i := range dst {
				dst[i] = f(a.at(i))
			}
			return out
		}
		for _, i := range sel {
			dst[i] = f(a.at(int(i)))
		}
		return out
	}
}

// tried is mapped for what may fail.
func tried[A, B vec.Fixed](f func(A) (B, error)) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		dst, a := vec.Values[B](out), columnOf[A](args[0])
		for i := range rows(len(dst), sel) {
			x, err := f(a.at(i))
			if err != nil {
				bad(c, out, i, err)
				continue
			}
			dst[i] = x
		}
		return out
	}
}

// tried2 is tried for two arguments.
func tried2[A, B, R vec.Fixed](f func(A, B) (R, error)) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out := c.Scope.New(t, c.Batch.N)
		dst, a, b := vec.Values[R](out), columnOf[A](args[0]), columnOf[B](args[1])
		for i := range rows(len(dst), sel) {
			x, err := f(a.at(i), b.at(i))
			if err != nil {
				bad(c, out, i, err)
				continue
			}
			dst[i] = x
		}
		return out
	}
}
