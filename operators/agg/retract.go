package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// Change is what a row does to its group, in this order; a row may do several of
// these things, or none.
type Change uint8

const (
	Add   Change = 1 << iota // it is added
	Take                     // it is taken back
	Show                     // the group's value after it is appended
	Clear                    // the group has no rows left: it is emptied
)

// sign is 1 for a row that is added, -1 for one that is taken back, else 0.
func (c Change) sign() int64 { return int64(c&Add) - int64(c&Take>>1) }

// Changes are rows that change their groups, one after the other.
type Changes struct {
	Batch  *arrowexec.Batch
	Groups []int32  // by row
	Rows   vec.Sel  // never nil
	What   []Change // by row
}

// Retractor is a State that takes rows back. A group of which all rows were taken
// back is as one that never had any.
type Retractor interface {
	State
	// Change does what is asked with each row, and appends the values asked for to
	// out; fail is as in Emit, with the index among the values. A row that is taken
	// back has the arguments with which it was added, and Batch.Retracts has the
	// sequence number that it had then.
	Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail)
}

// Retracting gives a state that can take rows back for the aggregate whose state
// inner makes; types are those of its arguments. Counts, sums, means and statistics
// are changed in place. What cannot be undone keeps the rows of its groups.
func Retracting(inner func() State, types []arrow.DataType) Retractor {
	s := inner()
	switch s := s.(type) {
	case *bools:
		return &boolCounts{or: s.or}
	case *floats[float32]:
		if s.sum() {
			return &exactFloats[float32]{what: s.what}
		}
	case *floats[float64]:
		if s.sum() {
			return &exactFloats[float64]{what: s.what}
		}
	case *moments:
		return newExactMoments(s)
	case *distinct:
		switch of := Retracting(s.make, s.types).(type) {
		case *replay:
			if _, is := of.inner.(*ends); of.from != nil && !is { // the least of values is that of different ones
				return of
			}
		case *keeper: // it may matter which of equal rows came first
		default:
			return newDistinctCounts(of, s.types)
		}
	case *keeper:
		s.find = newFinder()
		return s
	}
	r, ok := s.(Retractor)
	if n, is := s.(interface{ sum() bool }); ok && (!is || n.sum()) {
		return r
	}
	return newReplay(s, types)
}

// undoer is a state of one argument that takes a value back as it added it, for
// those whose loops need not be their own.
type undoer interface {
	// change adds the value of a row, or takes it back: by is 1 or -1.
	change(g int32, v *vec.Vec, row int, by int64)
	clear(g int32)
	// show appends the group's value, the k-th of those asked for.
	show(g int32, k int, out *vec.Builder, fail Fail)
}

// changeEach is Change of an undoer.
func changeEach(s undoer, c *Changes, v *vec.Vec, out *vec.Builder, fail Fail) {
	shown := 0
	for _, i := range c.Rows {
		g, w := c.Groups[i], c.What[i]
		if by := w.sign(); by != 0 && !v.IsNull(int(i)) {
			s.change(g, v, int(i), by)
		}
		if w&Show != 0 {
			s.show(g, shown, out, fail)
			shown++
		}
		if w&Clear != 0 {
			s.clear(g)
		}
	}
}

// Change counts rows, or values.
func (c *count) Change(ch *Changes, args []*vec.Vec, out *vec.Builder, _ Fail) {
	var valid vec.Bitmap
	none := false
	if len(args) > 0 {
		v := args[0]
		if valid = v.Valid; v.Const || v.Kind == vec.Null {
			none, valid = v.IsNull(0), nil
		}
	}
	n := c.n
	for _, i := range ch.Rows {
		g, w := ch.Groups[i], ch.What[i]
		if !none && (valid == nil || valid.Get(int(i))) {
			n[g] += w.sign()
		}
		if w&Show != 0 {
			out.Int64(n[g])
		}
		if w&Clear != 0 {
			n[g] = 0
		}
	}
}

// Change adds to SUM and AVG, or subtracts.
func (f *integers[T]) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	v := plain(c.Batch, args[0])
	x, valid, shown := vec.Values[T](v), v.Valid, 0
	none := v.Kind == vec.Null
	for _, i := range c.Rows {
		a, w := f.acc.at(c.Groups[i]), c.What[i]
		if w&(Add|Take) != 0 && !none && (valid == nil || valid.Get(int(i))) {
			if w&Add != 0 {
				a.n++
				a.add(int64(x[i]))
			} else {
				a.sub(int64(x[i]))
			}
		}
		if w&Show != 0 {
			f.emit(a, shown, out, fail)
			shown++
		}
		if w&Clear != 0 {
			*a = emptyInt
		}
	}
}

// Change adds to SUM and AVG, or subtracts.
func (f *decimals) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	v := plain(c.Batch, args[0])
	x, valid, shown := vec.Values[decimal128.Num](v), v.Valid, 0
	for _, i := range c.Rows {
		g, w := c.Groups[i], c.What[i]
		a := &f.acc[g]
		if w&(Add|Take) != 0 && (valid == nil || valid.Get(int(i))) {
			if w&Add != 0 {
				a.take(x[i])
			} else {
				a.sub(x[i])
			}
		}
		if w&Show != 0 {
			f.emit(g, shown, out, fail)
			shown++
		}
		if w&Clear != 0 {
			*a = decAcc{}
		}
	}
}

// Added gives a state that does not see that rows are taken back: the last value
// that came, which stays until there is a later one.
func Added(s State) Retractor { return &forward{State: s, what: Add} }

// Moved gives a state that takes a row back as it takes one that is added: the
// greatest time of all that happened to a group.
func Moved(s State) Retractor { return &forward{State: s, what: Add | Take} }

// forward adds the rows of some changes to a state, which takes nothing back.
type forward struct {
	State
	what Change
	run  []int32
}

// Change passes rows on in runs, up to the next value that is asked for.
func (f *forward) Change(c *Changes, args []*vec.Vec, out *vec.Builder, fail Fail) {
	f.run = f.run[:0]
	shown := 0
	failed := func(_ int, err error) { fail(shown, err) }
	pass := func() {
		if len(f.run) > 0 {
			f.State.Update(c.Batch, c.Groups, args, vec.Sel(f.run))
			f.run = f.run[:0]
		}
	}
	for _, i := range c.Rows {
		w := c.What[i]
		if w&f.what != 0 {
			f.run = append(f.run, i)
		}
		if w&(Show|Clear) == 0 {
			continue
		}
		pass()
		if w&Show != 0 {
			f.State.Emit(c.Groups[i:i+1], out, failed)
			shown++
		}
		if w&Clear != 0 && f.what != Add {
			f.State.Reset(c.Groups[i : i+1])
		}
	}
	pass()
}

func (f *forward) Merge(other State, into []int32) { f.State.Merge(other.(*forward).State, into) }

func (f *forward) Bytes() int64 { return f.State.Bytes() + int64(cap(f.run))*4 }
