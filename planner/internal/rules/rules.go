package rules

import (
	"slices"

	"github.com/velostream/velo/planner/internal/logical"
)

// Facts are what a rule may rely on.
type Facts struct {
	Bounded bool // the query's inputs end
	// Unmarked says that nobody looks at watermarks: filters may then stand below
	// the step that makes them.
	Unmarked bool
	// Seeks tells whether a source can leave out records by their position; nil:
	// none can.
	Seeks func(source string) bool
	// Rows tells about how many rows a source has, negative when it is not known;
	// nil: rows must come as their inputs do.
	Rows func(source string) int64
}

// Rule rewrites a plan. The root keeps its fields.
type Rule struct {
	Name, Doc string
	apply     func(n logical.Node, f Facts) logical.Node
}

// All are the rules in their order.
func All() []Rule {
	return []Rule{
		{"constant_folding", "computes what consists of constants, and drops what constants decide", foldConstants},
		{"filter_pushdown", "filters before projections, unions, groups and joins instead of after them", pushFilters},
		{"first_of_partitions", "keeps below a bound on ROW_NUMBER only the first rows of each partition, without sorting all", keepFirsts},
		{"join_order", "joins three inputs and more in an order that makes few rows, and puts the rows back into order", orderJoins},
		{"sort_elimination", "leaves out sorts whose order nobody can see", dropSorts},
		{"projection_merging", "makes one projection of two", mergeProjections},
		{"key_filters", "drops rows below aggregates and joins whose keys the side of a join that was read first does not have", filterByKeys},
		{"seek", "reads only the offsets, partitions and times that a filter leaves", seek},
		{"common_subexpressions", "computes once what stands several times in a projection, its filter or an aggregate", shareCommon},
	}
}

// ColumnPruning and FilterPushdown are rules that others carry out too: column
// pruning is logical.Use, and the binder puts conditions below joins.
const (
	ColumnPruning  = "column_pruning"
	FilterPushdown = "filter_pushdown"
)

// Names are the names of all rules that can be switched off.
func Names() []string {
	out := []string{ColumnPruning}
	for _, r := range All() {
		out = append(out, r.Name)
	}
	return out
}

// Apply runs the rules that are not switched off, and names those that changed
// the plan.
func Apply(n logical.Node, f Facts, off []string) (logical.Node, []string) {
	var did []string
	before := logical.Tree(n)
	for _, r := range All() {
		if slices.Contains(off, r.Name) {
			continue
		}
		n = r.apply(n, f)
		if tree := logical.Tree(n); tree != before {
			did, before = append(did, r.Name), tree
		}
	}
	return n, did
}

// inputs rewrites the inputs of a node and copies it when one of them changed.
func inputs(n logical.Node, f func(logical.Node) logical.Node) logical.Node {
	old := n.Inputs()
	if len(old) == 0 {
		return n
	}
	next := make([]logical.Node, len(old))
	changed := false
	for i, in := range old {
		next[i] = f(in)
		changed = changed || next[i] != in
	}
	if !changed {
		return n
	}
	return n.WithInputs(next)
}
