package ast

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Binding powers, as in the parser.
const (
	precLowest  = 0
	precNot     = 30
	precCompare = 40
	precAt      = 75
	precUnary   = 80
	precPrimary = 100
)

var binaryPrec = map[BinaryOp]int{Or: 10, And: 20, Eq: precCompare, Ne: precCompare, Lt: precCompare, Le: precCompare,
	Gt: precCompare, Ge: precCompare, Concat: 50, Add: 60, Sub: 60, Mul: 70, Div: 70, IntDiv: 70, Mod: 70}

// precOf is how tightly an expression binds as a whole.
func precOf(e Expr) int {
	switch x := e.(type) {
	case *Binary:
		return binaryPrec[x.Op]
	case *Unary:
		if x.Op == Not {
			return precNot
		}
		return precUnary
	case *Is, *IsDistinct, *Between, *Like, *In, *Quantified:
		return precCompare
	case *AtTimeZone:
		return precAt
	}
	return precPrimary
}

// expr writes e, in parentheses if it binds looser than min.
func (w *writer) expr(e Expr, min int) {
	if precOf(e) < min {
		w.s("(")
		w.expr(e, precLowest)
		w.s(")")
		return
	}
	switch x := e.(type) {
	case *Unary:
		w.unary(x)
	case *Binary:
		p := binaryPrec[x.Op]
		left := p
		if p == precCompare {
			left = p + 1 // comparisons do not chain
		}
		w.expr(x.Left, left)
		w.s(" ", string(x.Op), " ")
		w.expr(x.Right, p+1)
	case *Is:
		w.expr(x.X, precCompare+1)
		w.s(" IS ", not(x.Not), string(x.Kind))
	case *IsDistinct:
		w.expr(x.Left, precCompare+1)
		w.s(" IS ", not(x.Not), "DISTINCT FROM ")
		w.expr(x.Right, precCompare+1)
	case *Between:
		w.expr(x.X, precCompare+1)
		w.s(" ", not(x.Not), "BETWEEN ")
		if x.Symmetric {
			w.s("SYMMETRIC ")
		}
		w.expr(x.Low, precCompare+1)
		w.s(" AND ")
		w.expr(x.High, precCompare+1)
	case *Like:
		w.like(x)
	case *In:
		w.expr(x.X, precCompare+1)
		w.s(" ", not(x.Not), "IN (")
		w.items(x.List)
		w.node(x.Query)
		w.s(")")
	case *Quantified:
		w.expr(x.Left, precCompare+1)
		w.s(" ", string(x.Op))
		w.s(map[bool]string{true: " ALL (", false: " ANY ("}[x.All])
		w.node(x.Query)
		if x.Array != nil {
			w.expr(x.Array, precLowest)
		}
		w.s(")")
	case *AtTimeZone:
		w.expr(x.X, precAt)
		w.s(" AT TIME ZONE ")
		w.expr(x.Zone, precAt+1)
	default:
		w.operand(e)
	}
}

func not(b bool) string {
	if b {
		return "NOT "
	}
	return ""
}

func (w *writer) items(list []Expr) {
	w.list(len(list), func(i int) { w.expr(list[i], precLowest) })
}

func (w *writer) unary(x *Unary) {
	if x.Op == Not {
		w.s("NOT ")
		w.expr(x.X, precNot)
		return
	}
	w.s(string(x.Op))
	// A sign before a digit or another sign would be read differently.
	switch x.X.(type) {
	case *Name, *Call, *Case, *Subquery, *BoolLit, *NullLit:
		w.expr(x.X, precUnary)
	default:
		w.s("(")
		w.expr(x.X, precLowest)
		w.s(")")
	}
}

func (w *writer) like(x *Like) {
	w.expr(x.X, precCompare+1)
	w.s(" ", not(x.Not))
	if x.Fold {
		w.s("I")
	}
	w.s("LIKE ")
	w.expr(x.Pattern, precCompare+1)
	if x.Escape != nil {
		w.s(" ESCAPE ")
		w.expr(x.Escape, precCompare+1)
	}
}

// base writes what a subscript, a field or a cast applies to.
func (w *writer) base(e Expr, field bool) {
	switch e.(type) {
	case *Name:
		if !field { // (a).b is not a.b
			w.expr(e, precPrimary)
			return
		}
	case *Index, *Field, *Call, *Case, *Extract, *StringLit, *NullLit, *BoolLit, *ArrayExpr, *MapExpr, *StructExpr,
		*Subquery, *Exists, *TypedLit, *BytesLit, *Cast:
		w.expr(e, precPrimary)
		return
	case *IntLit, *DecimalLit, *DoubleLit:
		if !field {
			w.expr(e, precPrimary)
			return
		}
	}
	w.s("(")
	w.expr(e, precLowest)
	w.s(")")
}

// operand writes what is no operator.
func (w *writer) operand(e Expr) {
	switch x := e.(type) {
	case *Name:
		w.path(x.Parts)
	case *Exists:
		w.s("EXISTS (")
		w.node(x.Query)
		w.s(")")
	case *Subquery:
		w.s("(")
		w.node(x.Query)
		w.s(")")
	case *RowExpr:
		w.s(map[bool]string{true: "ROW(", false: "("}[len(x.Items) == 1])
		w.items(x.Items)
		w.s(")")
	case *Case:
		w.caseExpr(x)
	case *Cast:
		w.s(map[bool]string{true: "TRY_CAST(", false: "CAST("}[x.Try])
		w.expr(x.X, precLowest)
		w.s(" AS ")
		w.typeName(x.Type)
		w.s(")")
	case *Extract:
		w.s("EXTRACT(", extractUnit(x.Unit), " FROM ")
		w.expr(x.X, precLowest)
		w.s(")")
	case *Index:
		w.base(x.X, false)
		w.s("[")
		w.expr(x.Index, precLowest)
		w.s("]")
	case *Field:
		w.base(x.X, true)
		w.s(".")
		w.ident(x.Name)
	case *ArrayExpr:
		w.s("ARRAY[")
		w.items(x.Items)
		w.s("]")
	case *MapExpr:
		w.s("MAP[")
		w.list(len(x.Entries), func(i int) {
			w.expr(x.Entries[i].Key, precLowest)
			w.s(", ")
			w.expr(x.Entries[i].Value, precLowest)
		})
		w.s("]")
	case *StructExpr:
		w.s("STRUCT(")
		w.list(len(x.Fields), func(i int) {
			w.expr(x.Fields[i].Expr, precLowest)
			w.as(x.Fields[i].Alias)
		})
		w.s(")")
	case *Call:
		w.call(x)
	case *BadExpr:
		w.s("<error>")
	default:
		w.literal(e)
	}
}

func extractUnit(u string) string {
	if isPlain(u) {
		return u
	}
	return Quote(u)
}

func (w *writer) as(alias *Ident) {
	if alias != nil {
		w.s(" AS ")
		w.ident(*alias)
	}
}

func (w *writer) caseExpr(x *Case) {
	w.s("CASE")
	if x.Operand != nil {
		w.s(" ")
		w.expr(x.Operand, precLowest)
	}
	for _, when := range x.Whens {
		w.s(" WHEN ")
		w.expr(when.Cond, precLowest)
		w.s(" THEN ")
		w.expr(when.Result, precLowest)
	}
	if x.Else != nil {
		w.s(" ELSE ")
		w.expr(x.Else, precLowest)
	}
	w.s(" END")
}

func (w *writer) call(x *Call) {
	switch x.Name {
	case "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP":
		if len(x.Args) == 0 {
			w.s(x.Name)
			w.callTail(x)
			return
		}
	}
	w.s(x.Name, "(")
	if x.Star {
		w.s("*")
	}
	if x.Distinct {
		w.s("DISTINCT ")
	}
	w.list(len(x.Args), func(i int) {
		if x.Name == "POSITION" { // its first argument stops before IN
			w.expr(x.Args[i], precCompare+1)
			return
		}
		w.expr(x.Args[i], precLowest)
	})
	if len(x.OrderBy) > 0 {
		w.s(" ORDER BY ")
		w.orderBy(x.OrderBy)
	}
	w.s(")")
	w.callTail(x)
}

func (w *writer) callTail(x *Call) {
	if len(x.WithinGroup) > 0 {
		w.s(" WITHIN GROUP (ORDER BY ")
		w.orderBy(x.WithinGroup)
		w.s(")")
	}
	if x.Filter != nil {
		w.s(" FILTER (WHERE ")
		w.expr(x.Filter, precLowest)
		w.s(")")
	}
	switch x.Nulls {
	case IgnoreNulls:
		w.s(" IGNORE NULLS")
	case RespectNulls:
		w.s(" RESPECT NULLS")
	}
	if x.Over != nil {
		w.s(" ")
		w.over(x.Over)
	}
}

func (w *writer) literal(e Expr) {
	switch x := e.(type) {
	case *NullLit:
		w.s("NULL")
	case *BoolLit:
		w.s(strings.ToUpper(strconv.FormatBool(x.Value)))
	case *IntLit:
		w.s(x.Text)
	case *DecimalLit:
		w.s(x.Text)
		if _, err := strconv.ParseInt(x.Text, 10, 64); err == nil {
			w.s(".") // without it, an integer
		}
	case *DoubleLit:
		w.s(x.Text)
	case *StringLit:
		w.s(Quote(x.Value))
	case *BytesLit:
		w.s("X'", strings.ToUpper(hex.EncodeToString(x.Value)), "'")
	case *TypedLit:
		if x.Args {
			w.typeName(x.Type)
		} else {
			w.s(x.Type.Name)
		}
		w.s(" ", Quote(x.Text))
	case *IntervalLit:
		w.s("INTERVAL ", Quote(FormatInterval(x.Months, x.Days, x.Micros)))
	case *DurationLit:
		w.s(x.String())
	}
}

// FormatInterval is the text of an interval as PostgreSQL writes it, with every
// part's own sign: `1 mon 2 days 03:04:05`.
func FormatInterval(months, days int32, micros int64) string {
	var parts []string
	add := func(n int32, one, many string) {
		if n == 1 {
			parts = append(parts, "1 "+one)
		} else if n != 0 {
			parts = append(parts, strconv.Itoa(int(n))+" "+many)
		}
	}
	add(months/12, "year", "years")
	add(months%12, "mon", "mons")
	add(days, "day", "days")
	if micros != 0 || len(parts) == 0 {
		sign, u := "", uint64(micros)
		if micros < 0 {
			sign, u = "-", -u
		}
		s := fmt.Sprintf("%s%02d:%02d:%02d", sign, u/3_600_000_000, u/60_000_000%60, u/1_000_000%60)
		if f := u % 1_000_000; f != 0 {
			s += strings.TrimRight(fmt.Sprintf(".%06d", f), "0")
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}
