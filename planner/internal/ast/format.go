package ast

import (
	"strconv"
	"strings"
)

// Format writes a node back as SQL text: keywords and functions in upper case,
// one blank between words, parentheses only where they are needed. Reading the
// text gives the same tree, places aside.
func Format(n Node) string {
	var w writer
	w.node(n)
	return w.String()
}

type writer struct{ strings.Builder }

func (w *writer) s(parts ...string) {
	for _, p := range parts {
		w.WriteString(p)
	}
}

// list writes n items with commas between them.
func (w *writer) list(n int, item func(i int)) {
	for i := range n {
		if i > 0 {
			w.s(", ")
		}
		item(i)
	}
}

func (w *writer) node(n Node) {
	if isNil(n) {
		return
	}
	switch x := n.(type) {
	case *Statement:
		w.node(x.Body)
	case *Query:
		w.query(x)
	case QueryBody:
		w.queryBody(x)
	case Body:
		w.body(x)
	case Source:
		w.source(x)
	case Expr:
		w.expr(x, precLowest)
	case *CTE:
		w.cte(x)
	case *SelectItem:
		w.selectItem(x)
	case *Star:
		w.star(x)
	case *OrderItem:
		w.orderItem(x)
	case *Emit:
		w.emit(x)
	case *Window:
		w.window(x)
	case *Over:
		w.over(x)
	case *Frame:
		w.frame(x)
	case *Duration:
		w.s(x.String())
	case *TypeName:
		w.typeName(x)
	case *ColumnDef:
		w.column(x)
	case *Options:
		w.options(x)
	case *Option:
		w.option(x)
	}
}

// ident writes a name, in quotes unless it is a plain word that no grammar rule
// could take for something else.
func (w *writer) ident(id Ident) { w.s(QuoteIdent(id)) }

// QuoteIdent is the SQL text of a name.
func QuoteIdent(id Ident) string {
	if !id.Quoted && isPlain(id.Name) {
		return id.Name
	}
	return `"` + strings.ReplaceAll(id.Name, `"`, `""`) + `"`
}

// isPlain is loose on purpose: what came without quotes may go without them,
// where AS is always written.
func isPlain(name string) bool {
	for i, r := range name {
		if !(r == '_' || r >= 0x80 || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return name != ""
}

func (w *writer) path(parts []Ident) {
	for i, id := range parts {
		if i > 0 {
			w.s(".")
		}
		w.ident(id)
	}
}

func (w *writer) idents(list []Ident) {
	w.s("(")
	w.list(len(list), func(i int) { w.ident(list[i]) })
	w.s(")")
}

// Quote writes a string literal.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (w *writer) options(o *Options) {
	w.s("WITH (")
	w.list(len(o.Items), func(i int) { w.option(o.Items[i]) })
	w.s(")")
}

func (w *writer) option(o *Option) {
	w.s(Quote(o.Key), " = ")
	if o.Bare {
		w.s(o.Value)
	} else {
		w.s(Quote(o.Value))
	}
}

func (w *writer) column(c *ColumnDef) {
	w.ident(c.Name)
	if c.Type != nil {
		w.s(" ")
		w.typeName(c.Type)
	}
	if c.NotNull {
		w.s(" NOT NULL")
	}
	if c.PrimaryKey {
		w.s(" PRIMARY KEY")
	}
}

func (w *writer) typeName(t *TypeName) {
	w.s(t.Name)
	switch t.Kind {
	case TypeArray:
		w.s("<")
		w.typeName(t.Elem)
		w.s(">")
	case TypeMap:
		w.s("<")
		w.typeName(t.Key)
		w.s(", ")
		w.typeName(t.Elem)
		w.s(">")
	case TypeStruct:
		w.s("<")
		w.list(len(t.Fields), func(i int) {
			w.ident(t.Fields[i].Name)
			w.s(" ")
			w.typeName(t.Fields[i].Type)
		})
		w.s(">")
	case TypeDecimal:
		w.s("(", strconv.Itoa(t.Precision), ", ", strconv.Itoa(t.Scale), ")")
	case TypeTimestamp:
		if t.Digits == 6 {
			w.s("(6)")
		}
	case TypeString:
		if t.Length > 0 {
			w.s("(", strconv.Itoa(t.Length), ")")
		}
	}
}
