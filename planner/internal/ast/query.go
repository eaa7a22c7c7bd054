package ast

// Query is a SELECT, VALUES or set operation with what belongs to the whole.
// It is a statement, a subquery, a derived table, a CTE, or a parenthesised
// member of a set operation. Emit, LateRows, Into and With stand only in the
// outermost query of a statement; the parser refuses them elsewhere.
type Query struct {
	Place
	CTEs    []*CTE
	Body    QueryBody
	OrderBy []*OrderItem
	// Limit is LIMIT n, nil for none and for LIMIT ALL; Offset is OFFSET m.
	Limit    *IntLit
	Offset   *IntLit
	Emit     *Emit
	LateRows *Ident // LATE ROWS INTO sink
	Into     *Ident // never set in CREATE … AS and INSERT
	// With is the list at the end of the statement. A list that stands directly
	// after a source belongs to that source (NamedSource.With), also when the
	// statement ends there.
	With *Options
}

// QueryBody is *Select, *Values, *SetOp, or *Query for a parenthesised member
// with ORDER BY, LIMIT or CTEs of its own.
type QueryBody interface {
	Node
	queryBody()
}

// CTE is one `name [(columns)] AS (query)` of WITH.
type CTE struct {
	Place
	Name    Ident
	Columns []Ident
	Query   *Query
}

// SetKind is the kind of a set operation.
type SetKind uint8

// The kinds.
const (
	Union SetKind = iota
	Intersect
	Except
)

func (k SetKind) String() string { return [...]string{"UNION", "INTERSECT", "EXCEPT"}[k] }

// SetOp is left UNION|INTERSECT|EXCEPT [ALL] right; its place is the operator.
type SetOp struct {
	Place
	Kind  SetKind
	All   bool
	Left  QueryBody
	Right QueryBody
}

// Values is VALUES (…), (…); all rows have the same length.
type Values struct {
	Place
	Rows [][]Expr
}

// Select is one SELECT block.
type Select struct {
	Place
	Distinct bool
	Items    []*SelectItem
	From     Source // nil without FROM
	Where    Expr
	GroupBy  []Expr // ordinals are *IntLit
	// HasGroupBy is also true when GroupBy is empty: of GROUP BY (), and of GROUP BY
	// TUMBLE(…) alone, when the window says InGroupBy.
	HasGroupBy bool
	Window     *Window
	Having     Expr
}

// SelectItem is one item of the SELECT list: an expression, or `*`.
type SelectItem struct {
	Place
	Expr  Expr // nil for a star
	Alias *Ident
	// PrimaryKey marks the item as a part of the output record's key.
	PrimaryKey bool
	Star       *Star
}

// Star is `*` or `t.*`, with EXCEPT (columns).
type Star struct {
	Place
	Qualifier []Ident
	Except    []Ident
}

// OrderItem is one item of ORDER BY.
type OrderItem struct {
	Place
	Expr Expr
	Desc bool
	// Nulls says where NULLs go; NullsDefault is last for ASC, first for DESC.
	Nulls NullsOrder
}

// NullsOrder is NULLS FIRST|LAST.
type NullsOrder uint8

// The orders.
const (
	NullsDefault NullsOrder = iota
	NullsFirst
	NullsLast
)

// NullsAreFirst resolves the default.
func (o *OrderItem) NullsAreFirst() bool {
	return o.Nulls == NullsFirst || o.Nulls == NullsDefault && o.Desc
}

// EmitMode is CHANGES or FINAL.
type EmitMode uint8

// The modes.
const (
	EmitChanges EmitMode = iota
	EmitFinal
)

func (m EmitMode) String() string { return [...]string{"CHANGES", "FINAL"}[m] }

// Emit is EMIT CHANGES [EVERY duration] or EMIT FINAL.
type Emit struct {
	Place
	Mode  EmitMode
	Every *Duration
}

// Source is what stands in FROM: *NamedSource, *URISource, *DerivedTable,
// *Unnest, *Join.
type Source interface {
	Node
	source()
}

// Alias is `[AS] name [(columns)]` of a source.
type Alias struct {
	Name    Ident
	Columns []Ident
}

// NamedSource is a source, table, stream or CTE by name. A dotted name has
// several parts.
type NamedSource struct {
	Place
	Name  []Ident
	Alias *Alias
	With  *Options
}

// URISource is a quoted path or URI.
type URISource struct {
	Place
	URI   string
	Alias *Alias
	With  *Options
}

// DerivedTable is (query) in FROM; (VALUES …) is one whose body is *Values.
type DerivedTable struct {
	Place
	Query *Query
	Alias *Alias
}

// Unnest is UNNEST(a[, b …]) in FROM; its arguments may name sources to its
// left.
type Unnest struct {
	Place
	Args  []Expr
	Alias *Alias
}

// JoinKind is the kind of a join.
type JoinKind uint8

// The kinds.
const (
	InnerJoin JoinKind = iota
	LeftJoin
	RightJoin
	FullJoin
	CrossJoin
)

func (k JoinKind) String() string {
	return [...]string{"INNER", "LEFT", "RIGHT", "FULL", "CROSS"}[k]
}

// Join joins two sources; its place is the word JOIN, or the comma.
type Join struct {
	Place
	Kind  JoinKind
	AsOf  bool // ASOF [LEFT] JOIN
	Comma bool // FROM a, b: Kind is CrossJoin
	Left  Source
	Right Source
	// One of On and Using is set, except for a CrossJoin.
	On     Expr
	Using  []Ident
	Within *Duration
}

func (*Select) queryBody() {}
func (*Values) queryBody() {}
func (*SetOp) queryBody()  {}
func (*Query) queryBody()  {}

func (*NamedSource) source()  {}
func (*URISource) source()    {}
func (*DerivedTable) source() {}
func (*Unnest) source()       {}
func (*Join) source()         {}
