package bind

import (
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// scope is the columns that names may mean.
type scope struct {
	fields  []logical.Field
	source  string // for messages: the one source, or "" for several
	unknown bool
}

// find looks a column up: exact first, then the only one that matches in any
// letter case. System columns match in any case. n is the number of matches.
func (s *scope) find(qualifier, name string, payload bool) (index, n int) {
	match := func(eq func(a, b string) bool) (int, int) {
		at, count := -1, 0
		for i, f := range s.fields {
			if f.Hidden || payload && f.System || f.Merged && qualifier == "" {
				continue
			}
			if qualifier != "" && !strings.EqualFold(f.Qualifier, qualifier) {
				continue
			}
			if eq(f.Name, name) {
				if count == 0 {
					at = i
				}
				count++
			}
		}
		return at, count
	}
	if !payload && strings.HasPrefix(name, "_") {
		for i, f := range s.fields {
			if f.System && !f.Hidden && strings.EqualFold(f.Name, name) && (qualifier == "" || strings.EqualFold(f.Qualifier, qualifier)) {
				return i, 1
			}
		}
	}
	if i, c := match(func(a, b string) bool { return a == b }); c > 0 {
		return i, c
	}
	return match(strings.EqualFold)
}

// eventTime finds the event time of the rows, not a payload's field of that name: rows
// that have no other time, as those of VALUES, have that of a column that is named so.
func (s *scope) eventTime() (index int, ok bool) {
	i, n := s.find("", "_event_time", false)
	if n == 0 {
		return -1, false
	}
	if s.fields[i].System {
		return i, true
	}
	if _, stamps := s.find("", "_timestamp", false); stamps > 0 || n > 1 || vec.KindOf(s.fields[i].Type) != vec.Timestamp {
		return -1, false
	}
	return i, true
}

func (s *scope) hasQualifier(q string) bool {
	for _, f := range s.fields {
		if strings.EqualFold(f.Qualifier, q) {
			return true
		}
	}
	return false
}

func (s *scope) names() []string { return s.namesOf("") }

// qualifiers are the aliases of the sources.
func (s *scope) qualifiers() []string {
	var out []string
	for _, f := range s.fields {
		if f.Qualifier != "" && !slices.Contains(out, f.Qualifier) {
			out = append(out, f.Qualifier)
		}
	}
	return out
}

// namesOf are the columns of one source, or of all, each name once.
func (s *scope) namesOf(qualifier string) []string {
	var out []string
	for _, f := range s.fields {
		if !f.Hidden && !f.System && (qualifier == "" || strings.EqualFold(f.Qualifier, qualifier)) && !slices.Contains(out, f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}

var systemNames = map[string]bool{
	"_timestamp": true, "_offset": true, "_partition": true, "_topic": true, "_key": true, "_headers": true,
	"_event_time": true, "_window_start": true, "_window_end": true,
}

// IsSystem tells whether a name is that of a system column, in any case.
func IsSystem(name string) bool { return systemNames[strings.ToLower(name)] }

// name binds a dotted path. ok is false when it was not found and nothing was
// reported, so that the caller may try aliases; report says why.
func (x *exprs) name(n *ast.Name) (e expr.Expr, ok bool, report func()) {
	parts := n.Parts
	s := x.in
	var idx, count int
	rest := parts[1:]
	switch {
	case len(parts) > 1 && strings.EqualFold(parts[0].Name, "payload") && !s.hasQualifier(parts[0].Name):
		idx, count = s.find("", parts[1].Name, true)
		rest = parts[2:]
		if count == 0 {
			idx, count = s.find("", parts[0].Name, false)
			rest = parts[1:]
		}
	case len(parts) > 1 && s.hasQualifier(parts[0].Name):
		idx, count = s.find(parts[0].Name, parts[1].Name, false)
		rest = parts[2:]
		if count == 0 { // UNNEST of STRUCTs: the alias is a column too
			if i, n := s.find("", parts[0].Name, false); n == 1 && vec.KindOf(s.fields[i].Type) == vec.Struct {
				idx, count, rest = i, n, parts[1:]
				break
			}
			return nil, false, func() { x.unknown(parts[1], parts[0].Name) }
		}
	default:
		idx, count = s.find("", parts[0].Name, false)
		if count == 1 && len(parts) > 1 && vec.KindOf(s.fields[idx].Type) != vec.Struct && x.outerAlias(parts[0].Name) {
			count = 0
		}
	}
	if count == 0 {
		return nil, false, func() {
			if len(parts) > 1 && len(s.names()) > 0 && !IsSystem(parts[0].Name) {
				x.undefined(parts[0])
				return
			}
			x.unknown(parts[0], "")
		}
	}
	if count > 1 {
		return nil, true, func() {
			x.b.errorHint(diag.Ambiguous, n.Pos(), "write it with its source: "+x.candidates(parts[0].Name), "column %q is ambiguous", parts[0].Name)
		}
	}
	for s.fields[idx].Same > 0 { // grouping by t.a is grouping by the column of USING (a)
		idx -= s.fields[idx].Same
	}
	f := s.fields[idx]
	e = &expr.Column{Index: idx, Name: f.Name, T: f.Type}
	for _, p := range rest {
		e = x.field(e, p)
		if e == nil {
			return nil, true, nil
		}
	}
	return e, true, nil
}

func (x *exprs) candidates(name string) string {
	var out []string
	for _, f := range x.in.fields {
		if strings.EqualFold(f.Name, name) && !f.Hidden {
			out = append(out, f.Qualifier+"."+f.Name)
		}
	}
	return strings.Join(out, " or ")
}

func (x *exprs) unknown(id ast.Ident, qualifier string) {
	if x.in.unknown {
		return
	}
	lower := strings.ToLower(id.Name)
	if lower == "_window_start" || lower == "_window_end" {
		x.b.errorHint(diag.Window, id.Pos(), "add WINDOW TUMBLING(…) or use it above the windowed query", "column %q exists in windowed queries only", id.Name)
		return
	}
	if systemNames[lower] {
		x.b.errorf(diag.UnknownColumn, id.Pos(), "system column %q is not available here", id.Name)
		return
	}
	where := ""
	switch {
	case qualifier != "":
		where = fmt.Sprintf(" in source %q", qualifier)
	case x.in.source != "":
		where = fmt.Sprintf(" in source %q", x.in.source)
	}
	names := x.in.namesOf(qualifier)
	x.b.errorHint(diag.UnknownColumn, id.Pos(), diag.SuggestHint(id.Name, names, true), "unknown column %q%s", id.Name, where)
}

// undefined reports the head of a dotted path that is neither an alias in FROM
// nor a column.
func (x *exprs) undefined(id ast.Ident) {
	if x.in.unknown {
		return
	}
	names := append(x.in.qualifiers(), x.in.names()...)
	x.b.errorHint(diag.UnknownName, id.Pos(), diag.SuggestHint(id.Name, names, true), "undefined alias or column %q", id.Name)
}

// field reads a struct field, or an entry of a map with STRING keys.
func (x *exprs) field(e expr.Expr, id ast.Ident) expr.Expr {
	st, ok := e.Type().(*arrow.StructType)
	if !ok && vec.KindOf(e.Type()) == vec.Null && x.in.typeless() {
		return null()
	}
	if !ok {
		x.b.errorf(diag.Type, id.Pos(), "%s has no field %q: it is no STRUCT", expr.TypeName(e.Type()), id.Name)
		return nil
	}
	at, n := -1, 0
	var names []string
	for i, f := range st.Fields() {
		names = append(names, f.Name)
		if f.Name == id.Name {
			at, n = i, 1
			break
		}
		if strings.EqualFold(f.Name, id.Name) {
			at = i
			n++
		}
	}
	if n != 1 {
		x.b.errorHint(diag.UnknownColumn, id.Pos(), diag.SuggestHint(id.Name, names, true), "unknown field %q", id.Name)
		return nil
	}
	return expr.NewField(e, at)
}
