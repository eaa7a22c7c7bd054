package ast

// Expr is an expression:
//
//	names and literals  *Name *NullLit *BoolLit *IntLit *DecimalLit *DoubleLit
//	                    *StringLit *BytesLit *TypedLit *IntervalLit *DurationLit
//	operators           *Unary *Binary *Is *IsDistinct *Between *Like *In
//	                    *Quantified *Cast *AtTimeZone *Index *Field
//	constructs          *Case *Extract *Call *ArrayExpr *MapExpr *StructExpr
//	                    *RowExpr *Subquery *Exists
//	errors              *BadExpr
type Expr interface {
	Node
	expr()
}

// Name is a column by its dotted path: `c`, `t.c`, `t.s.f`. What follows a
// subscript or a parenthesis is a Field instead. Unquoted words that are
// functions without parentheses (CURRENT_DATE …) are Calls.
type Name struct {
	Place // of the first part
	Parts []Ident
}

// UnaryOp is a prefix operator.
type UnaryOp string

// The prefix operators.
const (
	Neg  UnaryOp = "-"
	Plus UnaryOp = "+"
	Not  UnaryOp = "NOT"
)

// Unary is op X. A minus before a numeric literal is part of the literal.
type Unary struct {
	Place // of the operator
	Op    UnaryOp
	X     Expr
}

// BinaryOp is an infix operator.
type BinaryOp string

// The infix operators. `!=` is read as `<>`.
const (
	Or     BinaryOp = "OR"
	And    BinaryOp = "AND"
	Eq     BinaryOp = "="
	Ne     BinaryOp = "<>"
	Lt     BinaryOp = "<"
	Le     BinaryOp = "<="
	Gt     BinaryOp = ">"
	Ge     BinaryOp = ">="
	Concat BinaryOp = "||"
	Add    BinaryOp = "+"
	Sub    BinaryOp = "-"
	Mul    BinaryOp = "*"
	Div    BinaryOp = "/"
	IntDiv BinaryOp = "//"
	Mod    BinaryOp = "%"

	LikeOp     BinaryOp = "LIKE" // these of a Quantified alone
	NotLikeOp  BinaryOp = "NOT LIKE"
	ILikeOp    BinaryOp = "ILIKE"
	NotILikeOp BinaryOp = "NOT ILIKE"
)

// IsComparison reports whether the operator is one of = <> < <= > >=.
func (o BinaryOp) IsComparison() bool {
	switch o {
	case Eq, Ne, Lt, Le, Gt, Ge:
		return true
	}
	return false
}

// Binary is Left op Right. Comparisons may have a *RowExpr on both sides.
type Binary struct {
	Place // of the operator
	Op    BinaryOp
	Left  Expr
	Right Expr
}

// IsKind is what IS tests.
type IsKind string

// The tests.
const (
	IsNull    IsKind = "NULL"
	IsTrue    IsKind = "TRUE"
	IsFalse   IsKind = "FALSE"
	IsUnknown IsKind = "UNKNOWN"
)

// Is is X IS [NOT] NULL|TRUE|FALSE|UNKNOWN; ISNULL and NOTNULL are not read.
type Is struct {
	Place // of IS
	X     Expr
	Not   bool
	Kind  IsKind
}

// IsDistinct is Left IS [NOT] DISTINCT FROM Right.
type IsDistinct struct {
	Place // of IS
	Left  Expr
	Not   bool
	Right Expr
}

// Between is X [NOT] BETWEEN [SYMMETRIC] Low AND High.
type Between struct {
	Place     // of BETWEEN
	X         Expr
	Not       bool
	Symmetric bool
	Low       Expr
	High      Expr
}

// Like is X [NOT] LIKE|ILIKE Pattern [ESCAPE Escape]. Without ESCAPE, Escape is
// nil and the escape character is `\`.
type Like struct {
	Place   // of LIKE
	X       Expr
	Not     bool
	Fold    bool // ILIKE
	Pattern Expr
	Escape  Expr
}

// In is X [NOT] IN (list) or X [NOT] IN (query); one of List and Query is set.
// X and the items of List may be *RowExpr.
type In struct {
	Place // of IN
	X     Expr
	Not   bool
	List  []Expr
	Query *Query
}

// Quantified is Left op ANY|ALL (query), or op ANY|ALL (array). SOME is ANY.
type Quantified struct {
	Place // of the operator
	Left  Expr
	Op    BinaryOp
	All   bool
	Query *Query
	Array Expr
}

// Exists is EXISTS (query); NOT EXISTS is a Unary around it.
type Exists struct {
	Place
	Query *Query
}

// Subquery is a scalar (query).
type Subquery struct {
	Place
	Query *Query
}

// RowExpr is (a, b, …), two or more values, or ROW(a, …); it stands only in
// comparisons and in IN.
type RowExpr struct {
	Place
	Items []Expr
}

// Case is CASE [operand] WHEN … THEN … [ELSE …] END.
type Case struct {
	Place
	Operand Expr
	Whens   []When
	Else    Expr
}

// When is one branch of a Case.
type When struct {
	Place
	Cond   Expr
	Result Expr
}

// Cast is CAST(X AS T), TRY_CAST(X AS T) or X::T.
type Cast struct {
	Place // of CAST, TRY_CAST, or ::
	X     Expr
	Type  *TypeName
	Try   bool
}

// Extract is EXTRACT(Unit FROM X); Unit is in upper case, as written otherwise.
type Extract struct {
	Place
	Unit    string
	UnitPos Pos
	X       Expr
}

// AtTimeZone is X AT TIME ZONE Zone.
type AtTimeZone struct {
	Place // of AT
	X     Expr
	Zone  Expr
}

// Index is X[I].
type Index struct {
	Place // of [
	X     Expr
	Index Expr
}

// Field is X.name where X is not a plain path, as in m['k'].a or (s).a.
type Field struct {
	Place // of the name
	X     Expr
	Name  Ident
}

// ArrayExpr is ARRAY[…].
type ArrayExpr struct {
	Place
	Items []Expr
}

// MapExpr is MAP[k, v, …].
type MapExpr struct {
	Place
	Entries []MapEntry
}

// MapEntry is one key and its value.
type MapEntry struct{ Key, Value Expr }

// StructExpr is STRUCT(a AS x, b, …).
type StructExpr struct {
	Place
	Fields []StructItem
}

// StructItem is one field; without Alias it is named as a SELECT item would be.
type StructItem struct {
	Expr  Expr
	Alias *Ident
}

// NullTreatment is IGNORE NULLS or RESPECT NULLS.
type NullTreatment uint8

// The treatments.
const (
	NullsUnset NullTreatment = iota
	RespectNulls
	IgnoreNulls
)

// Call is a function call. SUBSTRING(s FROM a FOR b) is SUBSTRING(s, a, b),
// POSITION(a IN s) is POSITION(a, s), TRIM(LEADING c FROM s) is LTRIM(s, c) and
// so on; CURRENT_DATE and its like have no arguments. Units may be bare words
// (DATE_TRUNC(day, t)): they are Names, which the binder reads by function.
// Window functions and TIME_BUCKET may have *DurationLit arguments.
type Call struct {
	Place        // of the name
	Name  string // in upper case
	Args  []Expr
	// Star is COUNT(*); Args is then empty.
	Star     bool
	Distinct bool
	OrderBy  []*OrderItem // inside the parentheses
	// WithinGroup is WITHIN GROUP (ORDER BY …).
	WithinGroup []*OrderItem
	Filter      Expr // FILTER (WHERE …)
	Nulls       NullTreatment
	Over        *Over
}

// BadExpr stands for an expression with an error that was reported, such as a
// literal out of range. Nothing more is to be said about it.
type BadExpr struct{ Place }

func (*Name) expr()       {}
func (*Unary) expr()      {}
func (*Binary) expr()     {}
func (*Is) expr()         {}
func (*IsDistinct) expr() {}
func (*Between) expr()    {}
func (*Like) expr()       {}
func (*In) expr()         {}
func (*Quantified) expr() {}
func (*Exists) expr()     {}
func (*Subquery) expr()   {}
func (*RowExpr) expr()    {}
func (*Case) expr()       {}
func (*Cast) expr()       {}
func (*Extract) expr()    {}
func (*AtTimeZone) expr() {}
func (*Index) expr()      {}
func (*Field) expr()      {}
func (*ArrayExpr) expr()  {}
func (*MapExpr) expr()    {}
func (*StructExpr) expr() {}
func (*Call) expr()       {}
func (*BadExpr) expr()    {}
