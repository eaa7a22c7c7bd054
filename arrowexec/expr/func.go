package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// Func is a scalar function: a name with overloads and what the documentation
// says of it. Operators are functions too; their names are their symbols.
type Func struct {
	Name      string   // upper case
	Aliases   []string // upper case
	Family    string   // Math, String, Time, Conditional, JSON, Array, Headers, Operator …
	Signature string   // "ROUND(x [, digits])"
	Doc       string   // one sentence
	Example   string   // an expression that is run as a test
	Result    string   // text of the example's result
	Volatile  bool     // never folded: RANDOM, NOW
	Overloads []Overload
	// With gives the function for arguments where it depends on what they are, not on
	// their types alone; nil: it does not.
	With func(args []Expr) *Func
}

// Overload is one combination of argument types.
type Overload struct {
	// Args are the kinds of the arguments; an argument matches when it has the
	// kind or widens to it implicitly (see [NewCall]). Any matches
	// everything. With Variadic the last repeats, also zero times.
	Args     []Param
	Optional int // how many of the last Args may be missing
	Variadic bool
	// Type gives the result's type from the argument types, or an error that the
	// binder shows at the call. Constant arguments are given by value, others nil.
	Type func(args []arrow.DataType, consts []*Const) (arrow.DataType, error)
	// NullCall calls the kernel also for rows with NULL arguments. Otherwise the
	// function is strict: such rows are NULL without being computed.
	NullCall bool
	// Prepare runs once at plan time with the constant arguments (nil for others)
	// and gives the kernel, for compiled patterns and the like. Exactly one of
	// Prepare and Kernel is set. An error is a statement error at the call.
	Prepare func(args []arrow.DataType, consts []*Const) (Kernel, error)
	Kernel  Kernel
	// Total tells that no row fails, given the constant arguments (nil for others);
	// a planner may then compute the function for rows that it would not have to.
	// Nil: a row may fail.
	Total func(consts []*Const) bool

	total bool // computes any bits without failing: NULL rows need no care
	// chained says that a call of the overload as an argument of another may be spelt
	// as the arguments of one: the kernel takes any number.
	chained bool
	// plainIntegers says that the kernel takes BIGINT for a DECIMAL without digits behind
	// the point: integers need not be brought to 128 bits.
	plainIntegers bool
}

// Kernel computes the selected rows of a function. Arguments have c.Batch.N rows
// and may be constants; dictionaries were spelt out. For a strict function sel
// holds only rows whose arguments are all valid, and the engine sets the NULLs
// of the result afterwards, in addition to those that the kernel sets; the
// kernel then only fills values. The result is a new column of type t with
// c.Batch.N rows, or a constant; strings are made with [StringResult].
type Kernel func(c *Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec

// Param is what an overload accepts for one argument.
type Param struct {
	Kind vec.Kind
	Any  bool // any type, unconverted
}

// Lazy functions (COALESCE, IF, CASE, AND, OR) are no Funcs: they evaluate only
// what they need and are expressions of their own in this package.

// Registry is a set of functions. It is built once by whoever opens an engine
// and is read-only afterwards.
type Registry struct {
	byName map[string]*Func
	all    []*Func
}

// NewRegistry makes a registry of functions; a name given twice is an error.
func NewRegistry(funcs ...*Func) (*Registry, error) {
	r := &Registry{byName: map[string]*Func{}}
	for _, f := range funcs {
		if err := r.Add(f); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Add adds a function before the registry is used.
func (r *Registry) Add(f *Func) error {
	for _, n := range append([]string{f.Name}, f.Aliases...) {
		n = strings.ToUpper(n)
		if r.byName[n] != nil {
			return fmt.Errorf("function %s is registered twice", n)
		}
		r.byName[n] = f
	}
	r.all = append(r.all, f)
	return nil
}

// Lookup finds a function by name, in any case.
func (r *Registry) Lookup(name string) (*Func, bool) {
	f, ok := r.byName[strings.ToUpper(name)]
	return f, ok
}

// Funcs lists all functions by name.
func (r *Registry) Funcs() []*Func {
	out := slices.Clone(r.all)
	slices.SortFunc(out, func(a, b *Func) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Names lists all names and aliases.
func (r *Registry) Names() []string {
	var out []string
	for n := range r.byName {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}
