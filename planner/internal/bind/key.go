package bind

import (
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
)

// outputKey is the key of an output record: PRIMARY KEY items, else the GROUP
// BY columns, else the input's key for one-to-one queries, else none.
func (z *selecting) outputKey(find func(string) expr.Expr) expr.Expr {
	var parts []expr.Expr
	var names []string
	for _, it := range z.items {
		if it.primaryKey && it.e != nil {
			parts, names = append(parts, it.e), append(names, it.name)
		}
	}
	if len(parts) == 0 && z.agg != nil {
		for i, k := range z.agg.Keys {
			parts = append(parts, &expr.Column{Index: i, Name: z.agg.Out[i].Name, T: k.Type()})
			names = append(names, z.agg.Out[i].Name)
		}
	}
	if len(parts) == 0 {
		if z.agg == nil && !z.rel.Joined {
			return find("_key")
		}
		return nil
	}
	z.bound.KeyColumns = names
	return z.b.RecordKey(z.s.Pos(), names, parts)
}

// RecordKey makes a key of its parts: one is its text, several are joined by `|` with
// `|` and `\` escaped, or all are a JSON object.
func (b *Binder) RecordKey(at ast.Pos, names []string, parts []expr.Expr) expr.Expr {
	x := &exprs{b: b, in: &scope{}}
	if b.Settings.JSONKey {
		st := x.placed(at, func() (expr.Expr, error) { return expr.NewStruct(names, parts) })
		if st == nil {
			return nil
		}
		return x.function(at, "TO_JSON", []expr.Expr{st})
	}
	if len(parts) == 1 {
		return b.keyText(at, parts[0])
	}
	call := func(name string, args ...expr.Expr) expr.Expr {
		for _, a := range args {
			if a == nil {
				return nil
			}
		}
		return x.function(at, name, args)
	}
	var joined []expr.Expr
	for i, p := range parts {
		t := b.keyText(at, p)
		if t == nil {
			return nil
		}
		t = call("REPLACE", t, expr.StringConst(`\`), expr.StringConst(`\\`))
		t = call("REPLACE", t, expr.StringConst(`|`), expr.StringConst(`\|`))
		if t == nil {
			return nil
		}
		if i > 0 {
			joined = append(joined, expr.StringConst("|"))
		}
		joined = append(joined, t)
	}
	return call("CONCAT", joined...) // CONCAT skips NULLs: an empty part
}

// keyText is the text of one part of a key; BYTES are base64.
func (b *Binder) keyText(at ast.Pos, e expr.Expr) expr.Expr {
	if vec.KindOf(e.Type()) == vec.Binary {
		x := &exprs{b: b, in: &scope{}}
		return x.function(at, "TO_BASE64", []expr.Expr{e})
	}
	return b.castTo(at, e, vec.TypeString)
}
