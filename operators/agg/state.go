package agg

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// State is the state of one aggregate for groups 0 … n-1.
//
// Update and its kin get, for every row i of the selection, the group groups[i]
// and the arguments args[k] at row i (any layout: constants stand for all rows,
// dictionaries are spelt out by the caller). NULL arguments are the aggregate's
// business. The batch gives the order of the rows ([arrowexec.Batch.OrdOf]), for
// aggregates in which order matters, so that merging shows nothing.
type State interface {
	// Grow makes room for groups below n; new ones are empty.
	Grow(n int)
	// Update adds rows.
	Update(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel)
	// UpdateEach adds rows one after the other and appends the value of each
	// row's group after that row to out: EMIT CHANGES. fail is as in Emit, with
	// the index among the selected rows.
	UpdateEach(b *arrowexec.Batch, groups []int32, args []*vec.Vec, sel vec.Sel, out *vec.Builder, fail Fail)
	// Merge adds the groups of other, a state of the same aggregate: its group k
	// becomes part of group into[k]. Where [AnyOrder] holds -1 leaves a group out.
	Merge(other State, into []int32)
	// Emit appends the value of each group listed. A value that cannot be given
	// (a sum beyond BIGINT) is appended as NULL and reported to fail.
	Emit(groups []int32, out *vec.Builder, fail Fail)
	// Reset empties the groups listed, for reuse.
	Reset(groups []int32)
	// Snapshot gives the state as columns with a row for each group listed, in
	// memory of the scope; Restore fills a fresh state, whose group k becomes
	// row k.
	Snapshot(s *vec.Scope, groups []int32) []*vec.Vec
	Restore(cols []*vec.Vec)
	// Bytes is the memory that the state takes.
	Bytes() int64
}

// Sharer is a State that can read its values from the state of another
// aggregate over the same rows and arguments: SUM, AVG, MIN and COUNT of one
// column then cost one pass and one memory access.
type Sharer interface {
	State
	// Share makes the state a view of lead, if it can, and tells whether it did.
	// A view is only asked to Emit.
	Share(lead State) bool
}

// Fixed tells that a state takes the same room for a group whatever number of
// rows it has seen: one that keeps rows or values does not.
func Fixed(s State) bool {
	switch s.(type) {
	case *keeper, *distinct:
		return false
	}
	return true
}

// Fail reports that the value of the k-th row appended cannot be given.
type Fail func(k int, err error)

// Func is an aggregate function.
type Func struct {
	Name      string // upper case
	Aliases   []string
	Signature string
	Doc       string
	Example   string // a query over VALUES that is run as a test
	Result    string
	// Ordered tells that the order of rows matters (ORDER BY inside is allowed).
	Ordered bool
	// Star allows COUNT(*): no arguments.
	Star bool
	// Internal ones are made by the planner: they are not listed.
	Internal  bool
	Overloads []Overload
}

// Overload is one combination of argument types of an aggregate; see
// expr.Overload, whose fields mean the same.
type Overload struct {
	Args     []Param
	Optional int
	// Type gives the result's type; Consts are the constant arguments as one-row
	// columns, nil for others.
	Type func(args []arrow.DataType, consts []*vec.Vec) (arrow.DataType, error)
	// New makes an empty state.
	New func(args []arrow.DataType, consts []*vec.Vec) State
}

// Param is what an overload accepts for one argument: a kind, or Any.
type Param struct {
	Kind vec.Kind
	Any  bool
}
