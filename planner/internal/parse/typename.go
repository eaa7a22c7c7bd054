package parse

import (
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

var typeKinds = map[string]ast.TypeKind{
	"BOOLEAN": ast.TypeBoolean, "BOOL": ast.TypeBoolean,
	"TINYINT": ast.TypeTinyint, "SMALLINT": ast.TypeSmallint,
	"INT": ast.TypeBigint, "INTEGER": ast.TypeBigint, "BIGINT": ast.TypeBigint,
	"REAL": ast.TypeReal, "FLOAT": ast.TypeDouble, "DOUBLE": ast.TypeDouble,
	"DECIMAL": ast.TypeDecimal, "NUMERIC": ast.TypeDecimal,
	"STRING": ast.TypeString, "VARCHAR": ast.TypeString, "TEXT": ast.TypeString, "CHAR": ast.TypeString,
	"BYTES": ast.TypeBytes, "VARBINARY": ast.TypeBytes,
	"DATE": ast.TypeDate, "TIME": ast.TypeTime, "TIMESTAMP": ast.TypeTimestamp,
	"INTERVAL": ast.TypeInterval,
	"ARRAY":    ast.TypeArray, "MAP": ast.TypeMap, "STRUCT": ast.TypeStruct,
}

// typeNames are the names worth suggesting, and listed when none is near.
var typeNames = []string{"BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "REAL", "DOUBLE", "DECIMAL", "STRING",
	"BYTES", "DATE", "TIME", "TIMESTAMP", "INTERVAL", "ARRAY", "MAP", "STRUCT", "INTEGER", "FLOAT", "NUMERIC",
	"VARCHAR", "TEXT", "CHAR", "VARBINARY", "BOOL"}

// typeName reads a type. An unknown one is reported and the statement goes on,
// with TypeInvalid in its place.
func (p *parser) typeName() *ast.TypeName {
	t := p.cur()
	tn := &ast.TypeName{Place: ast.At(t.pos), Name: t.upper}
	if t.kind != tWord || reserved[t.upper] {
		p.unexpected("a type")
		return tn
	}
	if !p.enter() {
		return tn
	}
	defer p.leave()
	p.i++
	kind, ok := typeKinds[t.upper]
	if !ok {
		p.unknownType(t)
		return tn
	}
	tn.Kind = kind
	switch kind {
	case ast.TypeDouble:
		if t.upper == "DOUBLE" && p.accept("PRECISION") {
			tn.Name = "DOUBLE PRECISION"
		}
	case ast.TypeArray, ast.TypeMap, ast.TypeStruct:
		p.typeParts(tn)
	case ast.TypeTime, ast.TypeTimestamp:
		if p.isSeq("WITH", "TIME", "ZONE") || p.isSeq("WITHOUT", "TIME", "ZONE") {
			p.refuse(p.cur().pos, t.upper+" "+p.cur().upper+" TIME ZONE", "TIMESTAMP is in UTC; AT TIME ZONE gives local time")
			return tn
		}
	}
	p.typeArguments(tn)
	if p.op("[") && p.peek(1).op("]") {
		p.refuse(p.cur().pos, "the type "+tn.Name+"[]", "write ARRAY<"+tn.Name+">")
	}
	return tn
}

func (p *parser) unknownType(t *token) {
	d := diag.Errorf(diag.UnknownType, p.name, t.pos, "unknown type %q", t.text)
	d.Hint = diag.SuggestHint(t.text, typeNames, false)
	if d.Hint == "" {
		d.Hint = "types: " + strings.Join(typeNames[:17], ", ")
	}
	p.report(d)
	// Pass over its arguments, so that what follows can be read.
	for _, pair := range [][2]string{{"(", ")"}, {"<", ">"}} {
		if !p.op(pair[0]) {
			continue
		}
		depth := 0
		for !p.atEnd() {
			if p.op(pair[0]) {
				depth++
			} else if p.op(pair[1]) {
				depth--
			}
			p.i++
			if depth == 0 {
				break
			}
		}
	}
}

// typeParts reads the <…> of nested types.
func (p *parser) typeParts(tn *ast.TypeName) {
	if p.op("<>") {
		p.failf(diag.Syntax, p.cur().pos, "", "%s<> needs the types it is made of", tn.Name)
		return
	}
	p.expectOp("<", " after "+tn.Name)
	switch tn.Kind {
	case ast.TypeArray:
		tn.Elem = p.typeName()
	case ast.TypeMap:
		tn.Key = p.typeName()
		p.expectOp(",", " between the types of MAP")
		tn.Elem = p.typeName()
	default:
		seen := map[string]bool{}
		p.list(func() {
			f := ast.StructField{Name: p.anyIdent("a field's name")}
			f.Type = p.typeName()
			if seen[f.Name.Name] && !p.failed {
				p.failf(diag.Duplicate, f.Name.Position, "", "field %q is declared twice", f.Name.Name)
			}
			seen[f.Name.Name] = true
			tn.Fields = append(tn.Fields, f)
		})
	}
	p.expectOp(">", " after the types of "+tn.Name)
}

// typeArguments reads the (…) of DECIMAL, TIMESTAMP, VARCHAR and CHAR.
func (p *parser) typeArguments(tn *ast.TypeName) {
	switch tn.Kind {
	case ast.TypeDecimal:
		tn.Precision, tn.Scale = 38, 9
	case ast.TypeTimestamp:
		tn.Digits = 3
	}
	if !p.op("(") {
		return
	}
	open := p.next().pos
	var args []*ast.IntLit
	p.list(func() {
		if n := p.intLit("the argument of " + tn.Name); n != nil {
			args = append(args, n)
		}
	})
	p.expectOp(")", " after the arguments of "+tn.Name)
	if p.failed {
		return
	}
	wrong := func(at diag.Pos, format string, a ...any) {
		p.report(diag.Errorf(diag.Value, p.name, at, format, a...))
		tn.Kind = ast.TypeInvalid
	}
	arg := func(i int) int64 {
		if i < len(args) {
			return args[i].Value
		}
		return 0
	}
	switch {
	case tn.Kind == ast.TypeDecimal && len(args) <= 2:
		if arg(0) < 1 || arg(0) > maxDigits {
			wrong(args[0].Position, "precision of %s is 1 to %d, not %d", tn.Name, maxDigits, arg(0))
			return
		}
		if arg(1) > arg(0) {
			wrong(args[1].Position, "scale of %s is 0 to its precision %d, not %d", tn.Name, arg(0), arg(1))
			return
		}
		tn.Precision, tn.Scale = int(arg(0)), int(arg(1))
	case tn.Kind == ast.TypeTimestamp && len(args) == 1:
		if arg(0) != 3 && arg(0) != 6 {
			wrong(args[0].Position, "TIMESTAMP has 3 or 6 digits of a second, not %d", arg(0))
			return
		}
		tn.Digits = int(arg(0))
	case (tn.Name == "VARCHAR" || tn.Name == "CHAR") && len(args) == 1:
		if arg(0) < 1 || arg(0) > 1<<30 {
			wrong(args[0].Position, "length of %s is 1 to %d, not %d", tn.Name, 1<<30, arg(0))
			return
		}
		tn.Length = int(arg(0))
	case len(args) > 0 && (tn.Kind == ast.TypeDecimal || tn.Kind == ast.TypeTimestamp || tn.Name == "VARCHAR" || tn.Name == "CHAR"):
		wrong(open, "%s has too many arguments: %d", tn.Name, len(args))
	default:
		wrong(open, "%s takes no arguments", tn.Name)
	}
}
