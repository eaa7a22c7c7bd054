package bind

import (
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// Relation is what a name in FROM stands for.
type Relation struct {
	Node    logical.Node // Scan, Edge, or any plan
	Name    string       // for messages
	Bounded bool
	Time    TimeSpec
	// Stream says that it is no table: what joins it needs a time bound.
	Stream bool
	// Joined says that its rows are pairs: they have no key of their own.
	Joined bool
	// System are system columns that it gives when they are named.
	System []string
	// Unknown says that the columns are not known: nothing is checked.
	Unknown bool
	// Restamped says that its rows have other times (AS _event_time) than the input
	// that its watermark is of.
	Restamped bool
	// Below is how far the watermarks of its inputs stay behind.
	Below Behind
}

// TimeSpec is the event-time configuration of a source.
type TimeSpec struct {
	Field  string // event.time.field, "" for the record's timestamp
	Format string
	Delay  time.Duration
	Idle   time.Duration
	// Lateness and late rows, as the source says; a statement may say otherwise.
	Lateness      time.Duration
	LateStrategy  string
	LateRetention *time.Duration // nil: not given
}

// Relations resolves what stands in FROM. A resolver reports its own errors and
// then returns nil.
type Relations interface {
	Named(n *ast.NamedSource) *Relation
	URI(u *ast.URISource) *Relation
}

// Settings are what the surroundings of a query decide.
type Settings struct {
	// GroupFinal makes GROUP BY without EMIT final: in query, not in replay.
	GroupFinal bool
	// BatchChanges is 'emit.changes'='batch'.
	BatchChanges bool
	// NeedTime and NeedHeaders ask for the output record's time and headers, and
	// NeedKey for its key: when the sink, or a later statement, takes them.
	NeedTime, NeedHeaders, NeedKey bool
	// Lateness and the late strategy of the statement's own WITH win over the
	// source's; nil and "": not given.
	Lateness      *time.Duration
	LateStrategy  string
	LateRetention *time.Duration
	JSONKey       bool // key.format = json
	KeepNoHeaders bool // 'headers'='none'
	// KeepNull leaves items without a type as they are, for an INSERT whose target
	// gives them one; elsewhere they are STRING.
	KeepNull bool
	// KeepFilters leaves the condition of WHERE above joins.
	KeepFilters bool
	// Advise warns about what is legal and likely not meant.
	Advise bool
}

// Binder binds the queries of one statement.
type Binder struct {
	Source    string // file name, for places
	Errs      *diag.List
	Funcs     *expr.Registry
	Aggs      map[string]*agg.Func
	Relations Relations
	Settings  Settings

	ctes     []*cte
	mentions map[string]bool
	// member says that the next query is a member of a set operation.
	member bool
	// related says that the next query's rows are those of a relation: AS _key and AS
	// _event_time make system columns of it.
	related bool
	// roles are the items that the first member of a set operation has for these, by
	// place; nil: none.
	roles []string
	// outer are the queries around a subquery, outermost first.
	outer   []*level
	answers int // subqueries so far
}

type cte struct {
	def   *ast.CTE
	busy  bool
	read  bool
	depth int // queries around it where it was written
}

// Bound is a bound query. The first Visible fields of Node are its columns; Key,
// Headers and Time are fields of the output record, -1 for none.
type Bound struct {
	Node               logical.Node
	Visible            int
	Key, Headers, Time int
	Bounded            bool
	stream             bool
	Windowed, Grouped  bool
	Mode               logical.Mode
	timeSpec           TimeSpec
	Typeless           []bool   // by column: its type is not known; nil: all are
	KeyColumns         []string // what the key is made of, for explain
	KeyGiven           bool     // by AS _key
	System             []string // system columns that the outermost SELECT can name
	Restamped          bool     // as of a Relation
	Below              Behind   // as of a Relation
	roles              []string // of items, by place: "_key", "_event_time"; nil: none has one
}

func (b *Binder) errorf(kind diag.Kind, at ast.Pos, format string, args ...any) {
	b.Errs.Add(diag.Errorf(kind, b.Source, at, format, args...))
}

func (b *Binder) errorHint(kind diag.Kind, at ast.Pos, hint, format string, args ...any) {
	d := diag.Errorf(kind, b.Source, at, format, args...)
	d.Hint = hint
	b.Errs.Add(d)
}

func (b *Binder) warnf(kind diag.Kind, at ast.Pos, format string, args ...any) {
	b.Errs.Add(diag.Warnf(kind, b.Source, at, format, args...))
}

func (b *Binder) refuse(at ast.Pos, what, hint string) {
	b.errorHint(diag.Refused, at, hint, "%s is not supported yet", what)
}

// timed reports whether the rows of the statement's sources need their event time
// though no event.time.field is configured: what is above them may be windows,
// bounds of joins, or the retention of DISTINCT, which a query does not have.
func (b *Binder) timed() bool {
	for _, m := range []string{"_event_time", "#window", "#within", "#twap", "#expire"} {
		if b.mentions[m] {
			return true
		}
	}
	return b.Settings.NeedTime || b.mentions["#distinct"] && !b.Settings.GroupFinal
}

// Statement notes which system columns and header functions a statement uses
// before its query is bound.
func (b *Binder) Statement(q *ast.Query) {
	b.mentions = map[string]bool{}
	ast.Inspect(q, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.Select:
			if x.Window != nil {
				b.mentions["#window"] = true
			}
			if x.Distinct {
				b.mentions["#distinct"] = true
			}
		case *ast.SetOp:
			if !x.All {
				b.mentions["#distinct"] = true
			}
		case *ast.Join:
			if x.Within != nil {
				b.mentions["#within"] = true
			}
		case *ast.Name:
			for _, p := range x.Parts {
				b.mentions[strings.ToLower(p.Name)] = true
			}
		case *ast.Call:
			switch x.Name {
			case "HEADER", "HAS_HEADER", "HEADER_KEYS", "SET_HEADER", "REMOVE_HEADER":
				b.mentions["_headers"] = true
			case "TIMESTAMP":
				b.mentions["_timestamp"] = true
			case "TWAP":
				b.mentions["#twap"] = true
			}
			if x.Over != nil && x.Over.ExpireAfter != nil {
				b.mentions["#expire"] = true
			}
		}
		return true
	})
}
