package funcs

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

// sqlReader reads the small part of SQL that examples and cases are written in:
// literals, calls and one comparison.
type sqlReader struct {
	s       string
	headers *expr.Const
	columns func(*expr.Const) expr.Expr // how an argument is given to a call
	reg     *expr.Registry
}

func (r *sqlReader) skip() { r.s = strings.TrimLeft(r.s, " ") }

func (r *sqlReader) take(p string) bool {
	r.skip()
	if !strings.HasPrefix(r.s, p) {
		return false
	}
	r.s = r.s[len(p):]
	return true
}

func (r *sqlReader) quoted() string {
	var sb strings.Builder
	for i := 0; ; i++ {
		if r.s[i] == '\'' {
			if i+1 < len(r.s) && r.s[i+1] == '\'' {
				i++
			} else {
				r.s = r.s[i+1:]
				return sb.String()
			}
		}
		sb.WriteByte(r.s[i])
	}
}

func (r *sqlReader) expression() (expr.Expr, error) {
	e, err := r.primary()
	if err != nil {
		return nil, err
	}
	if r.take("AT TIME ZONE") {
		z, err := r.primary()
		if err != nil {
			return nil, err
		}
		return r.call("AT_TIME_ZONE", []expr.Expr{e, z})
	}
	for _, op := range []string{">=", "<"} {
		if r.take(op) {
			b, err := r.primary()
			if err != nil {
				return nil, err
			}
			return expr.NewCompare(op, e, b)
		}
	}
	return e, nil
}

func (r *sqlReader) list(end string) (es []expr.Expr, err error) {
	for !r.take(end) {
		e, err := r.expression()
		if err != nil {
			return nil, err
		}
		es = append(es, e)
		if !r.take(",") {
			r.take("IN ")
		}
	}
	return es, nil
}

func (r *sqlReader) primary() (expr.Expr, error) {
	if r.take("'") {
		return expr.StringConst(r.quoted()), nil
	}
	r.skip()
	n := strings.IndexFunc(r.s, func(c rune) bool { return !strings.ContainsRune("0123456789.-+e", c) })
	if n < 0 {
		n = len(r.s)
	}
	if num := r.s[:n]; num != "" && num != "e" && num[0] != 'e' {
		r.s = r.s[n:]
		if strings.Contains(num, "e") {
			f, err := strconv.ParseFloat(num, 64)
			return expr.FloatConst(f), err
		}
		if at := strings.IndexByte(num, '.'); at >= 0 {
			digits := len(strings.Trim(num, "-.")) - 1
			return expr.ConstFromText(num, vec.DecimalType(int32(digits), int32(len(num)-at-1)))
		}
		i, err := strconv.ParseInt(num, 10, 64)
		return expr.IntConst(i), err
	}
	n = strings.IndexFunc(r.s, func(c rune) bool { return !(c == '_' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') })
	if n < 0 {
		n = len(r.s)
	}
	name := r.s[:n]
	r.s = r.s[n:]
	types := map[string]arrow.DataType{"TIMESTAMP": vec.TypeTimestamp, "TIMESTAMP6": vec.TypeTimestampMicros, "DATE": vec.TypeDate, "TIME": vec.TypeTime,
		"INTERVAL": vec.TypeInterval, "DOUBLE": vec.TypeFloat64, "REAL": vec.TypeFloat32, "SMALLINT": vec.TypeInt16, "TINYINT": vec.TypeInt8, "INT": vec.TypeInt32,
		"INTS": arrow.ListOf(vec.TypeInt64), "DECIMALS": arrow.ListOf(vec.DecimalType(10, 2)), "DOUBLES": arrow.ListOf(vec.TypeFloat64),
		"STRUCT": arrow.StructOf(arrow.Field{Name: "a", Type: vec.TypeInt64, Nullable: true}, arrow.Field{Name: "b", Type: vec.TypeString, Nullable: true})}
	switch {
	case name == "NULL":
		return expr.NullConst(vec.TypeNull), nil
	case name == "TRUE" || name == "FALSE":
		return expr.BoolConst(name == "TRUE"), nil
	case name == "X" && r.take("'"):
		return expr.BytesConst([]byte(r.quoted())), nil
	case types[name] != nil && r.take("'"):
		return expr.ConstFromText(r.quoted(), types[name])
	case (name == "ARRAY" || name == "MAP") && r.take("["):
		es, err := r.list("]")
		return collect(name == "MAP", es), err
	case r.take("("):
		var args []expr.Expr
		if name == "EXTRACT" && !strings.HasPrefix(r.s, "'") {
			unit, rest, _ := strings.Cut(r.s, " FROM ")
			args, r.s = append(args, expr.StringConst(unit)), rest
		}
		more, err := r.list(")")
		if err != nil {
			return nil, err
		}
		return r.call(name, append(args, more...))
	case strings.HasPrefix(name, "CURRENT_"):
		return r.call(name, nil)
	}
	return nil, fmt.Errorf("cannot read %q", name+r.s)
}

func (r *sqlReader) call(name string, args []expr.Expr) (expr.Expr, error) {
	for i, a := range args {
		if c, ok := a.(*expr.Const); ok {
			args[i] = r.columns(c)
		}
	}
	if strings.Contains(name, "HEADER") {
		args = append([]expr.Expr{r.columns(r.headers)}, args...)
	}
	if name == "TIMESTAMP" {
		args = append(args, r.columns(expr.IntConst(1700000000000)))
	}
	f, ok := r.reg.Lookup(name)
	if !ok {
		return nil, fmt.Errorf("no function %s", name)
	}
	return expr.NewCall(f, args)
}

var testPool = vec.NewPool(nil, false)

func collect(isMap bool, es []expr.Expr) *expr.Const {
	types := []arrow.DataType{vec.TypeString, vec.TypeString}
	step := 1
	if isMap {
		step = 2
	}
	for i, e := range es {
		if e.Type().ID() != arrow.NULL {
			types[i%step] = e.Type()
		}
	}
	t := arrow.DataType(arrow.ListOf(types[0]))
	if isMap {
		t = arrow.MapOf(types[0], types[1])
	}
	b := vec.NewBuilder(testPool.Open(), t, 1)
	for i, e := range es {
		if v := e.(*expr.Const).One; v.Kind == vec.Null {
			b.Children[i%step].Null()
		} else {
			b.Children[i%step].AppendRow(v, 0)
		}
	}
	b.EndList()
	return &expr.Const{One: testPool.Open().Repeat(b.Finish(), 1), Text: "…"}
}

func headersOf(kv ...any) *expr.Const {
	b := vec.NewBuilder(testPool.Open(), vec.TypeHeaders, 1)
	for i := 0; i < len(kv); i += 2 {
		b.Children[0].String(kv[i].(string))
		if kv[i+1] == nil {
			b.Children[1].Null()
		} else {
			b.Children[1].String(kv[i+1].(string))
		}
	}
	b.EndList()
	return &expr.Const{One: testPool.Open().Repeat(b.Finish(), 1), Text: "_headers"}
}

// run evaluates SQL. Bit k of mask makes the k-th argument a column of n rows,
// NULL in rows that are not in full; otherwise arguments stay constants.
func run(sql string, mask, n int, full map[int]bool, sel vec.Sel) (out map[int]string, typ arrow.DataType, edits []expr.HeaderEdit, err error) {
	scope := vec.NewPool(nil, true).Open()
	b := &arrowexec.Batch{Scope: scope, N: n, Sel: sel, Now: 1700000000000}
	reg, err := expr.NewRegistry(All()...)
	if err != nil {
		return nil, nil, nil, err
	}
	k := 0
	r := &sqlReader{s: sql, reg: reg, headers: headersOf("source", "app", "trace", nil, "source", "web"), columns: func(c *expr.Const) expr.Expr {
		k++
		if mask>>(k-1)&1 == 0 {
			return c
		}
		t := c.Type()
		if t.ID() == arrow.NULL {
			t = vec.TypeString
		}
		bl := vec.NewBuilder(scope, t, n)
		for i := range n {
			if full[i] && !c.IsNull() {
				bl.AppendRow(c.One, 0)
			} else {
				bl.Null()
			}
		}
		b.Cols = append(b.Cols, bl.Finish())
		return &expr.Column{Index: len(b.Cols) - 1, Name: "c", T: t}
	}}
	e, err := r.expression()
	if err != nil {
		return nil, nil, nil, err
	}
	if r.skip(); r.s != "" {
		return nil, nil, nil, fmt.Errorf("left over: %q", r.s)
	}
	c := &expr.Ctx{Headers: &expr.HeaderEdits{}}
	c.Reset(b)
	v := e.Eval(c, sel)
	out = map[int]string{}
	for i := range rows(n, sel) {
		if v.IsNull(i) {
			out[i] = "NULL"
		} else if v.Kind == vec.Binary {
			out[i] = "bytes:" + v.StringAt(i)
		} else {
			out[i] = string(text.AppendValue(nil, v, i))
		}
	}
	for _, f := range c.Failed() {
		if out[int(f.Row)] != "NULL" {
			return nil, nil, nil, fmt.Errorf("row %d failed but is %s", f.Row, out[int(f.Row)])
		}
		out[int(f.Row)] = f.Class + ": " + f.Err.Error()
	}
	return out, e.Type(), c.Headers.Edits, nil
}

// verify checks one expression with constants, and with every combination of
// constant and column arguments over several selections.
func verify(t *testing.T, sql, want string) {
	t.Helper()
	got, typ, _, err := run(sql, 0, 1, nil, nil)
	if err != nil {
		why, ok := strings.CutPrefix(want, "statement")
		require.True(t, ok, "%s: %v", sql, err)
		require.Contains(t, err.Error(), strings.TrimPrefix(why, ": "), sql)
		return
	}
	match(t, want, got[0], sql)
	full := map[int]bool{1: true, 3: true, 4: true, 8: true}
	for mask := 1; mask < 8; mask++ {
		for _, sel := range []vec.Sel{nil, {1}, {3, 8}, {0, 1, 2, 4}, {}} {
			got, typ2, _, err := run(sql, mask, 9, full, sel)
			if err != nil || !arrow.TypeEqual(typ, typ2) {
				break // needs a constant there
			}
			for i, g := range got {
				if full[i] {
					match(t, want, g, fmt.Sprintf("%s mask %b sel %v row %d", sql, mask, sel, i))
				}
			}
		}
	}
}

func match(t *testing.T, want, got, what string) {
	t.Helper()
	if class, msg, ok := strings.Cut(want, ": "); ok && (class == "expression" || class == "overflow" || class == "cast") {
		require.True(t, strings.HasPrefix(got, class+": "), "%s: want %s, got %s", what, want, got)
		require.Contains(t, got, msg, what)
		return
	}
	require.Equal(t, want, got, what)
}

// verifyAll runs a table of expression, result pairs.
func verifyAll(t *testing.T, table string) {
	t.Helper()
	for line := range strings.Lines(table) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		sql, want, ok := strings.Cut(line, " => ")
		require.True(t, ok, line)
		verify(t, sql, strings.Trim(want, "·"))
	}
}
