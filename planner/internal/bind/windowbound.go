package bind

import (
	"strings"
	"time"

	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// windowBounds are the functions that give the bounds of the window.
var windowBounds = map[string]string{
	"TUMBLE_START": "_window_start", "TUMBLE_END": "_window_end", "HOP_START": "_window_start", "HOP_END": "_window_end",
	"SESSION_START": "_window_start", "SESSION_END": "_window_end", "CUMULATE_START": "_window_start", "CUMULATE_END": "_window_end",
	"WINDOW_START": "_window_start", "WINDOW_END": "_window_end",
	"TUMBLING_START": "_window_start", "TUMBLING_END": "_window_end", "SLIDING_START": "_window_start", "SLIDING_END": "_window_end",
	"HOPPING_START": "_window_start", "HOPPING_END": "_window_end",
}

// boundKinds are the windows that the functions are named after; WINDOW_START is of
// any.
var boundKinds = map[string]ast.WindowKind{
	"TUMBLE": ast.Tumbling, "TUMBLING": ast.Tumbling, "HOP": ast.Sliding, "HOPPING": ast.Sliding, "SLIDING": ast.Sliding,
	"SESSION": ast.Session, "CUMULATE": ast.Cumulate,
}

// boundArguments checks the names in a window bound that stands above the windowed
// query: of which window it is cannot be seen there.
func (x *exprs) boundArguments(c *ast.Call) {
	for _, a := range c.Args {
		if n, ok := a.(*ast.Name); ok {
			if _, ok, report := x.name(n); !ok && report != nil && x.hook == nil {
				report()
			}
		}
	}
}

// bound checks the arguments of a window bound: they repeat those of the window, so
// that others are a mistake.
func (g *grouping) bound(c *ast.Call) {
	w, b := g.window, g.b
	word := c.Name[:strings.LastIndexByte(c.Name, '_')]
	kind, of := boundKinds[word]
	write := "write " + boundOf(w, c)
	if of && kind != w.Kind {
		if len(c.Args) == 0 {
			b.Errs.Add(diag.Warnf(diag.Window, b.Source, c.Pos(), "%s gives the bound of another kind of window: this one is %s", c.Name, windowWritten(w)).WithHint("%s", write))
			return
		}
		b.errorHint(diag.Window, c.Pos(), write, "the arguments of %s are those of another window: this one is %s", c.Name, windowWritten(w))
		return
	}
	args := c.Args
	if len(args) == 0 {
		return
	}
	if _, keyed := args[0].(*ast.Name); keyed {
		if !g.overTime(c, args[0].(*ast.Name)) {
			return
		}
		args = args[1:]
	}
	if len(args) == 0 {
		return
	}
	want := lengths(w)
	if n := len(want) + len(w.Keys); len(args) != len(want) && len(args) != n {
		b.errorHint(diag.Arity, c.Pos(), write, "%s takes the arguments of the window, which is %s", c.Name, windowWritten(w))
		return
	}
	for i, a := range args {
		if i >= len(want) {
			if k := w.Keys[i-len(want)]; ast.Format(a) != ast.Format(k) {
				b.errorHint(diag.Window, ast.Start(a), write, "%s names key %s, but the window is %s", c.Name, ast.Format(a), windowWritten(w))
			}
			continue
		}
		d, ok := lengthOf(a)
		switch {
		case !ok:
			b.errorHint(diag.Type, ast.Start(a), write, "%s takes the arguments of the window, which is %s: %s is no length of time", c.Name, windowWritten(w), ast.Format(a))
		case d != want[i].Value:
			b.errorHint(diag.Window, ast.Start(a), write, "%s says %s, but the window is %s", c.Name, ast.FormatDuration(d), windowWritten(w))
		}
	}
}

// overTime tells whether a name in a window bound is the time of the window.
func (g *grouping) overTime(c *ast.Call, n *ast.Name) bool {
	e, ok, report := g.in.name(n)
	if e == nil {
		if report != nil {
			report()
		}
		return false
	}
	if w := g.window.Column; ok && w != nil {
		if t, ok, _ := g.in.name(w); ok && t != nil && t.String() == e.String() {
			return true
		}
	}
	if col, ok := e.(*expr.Column); ok && (col.Index == g.time || logical.EventTime(g.node, col.Index) >= logical.SideTimed || g.window.Column == nil && strings.EqualFold(col.Name, g.field)) {
		return true
	}
	g.b.errorHint(diag.Window, n.Pos(), "write "+boundOf(g.window, c), "%s is over %q, but the window is %s", c.Name, n.Parts[len(n.Parts)-1].Name, windowWritten(g.window))
	return false
}

// boundOf is the function of a window's own bound that a call stands for.
func boundOf(w *ast.Window, c *ast.Call) string {
	kind := [...]string{ast.Tumbling: "TUMBLE", ast.Sliding: "HOP", ast.Session: "SESSION", ast.Cumulate: "CUMULATE"}[w.Kind]
	return kind + c.Name[strings.LastIndexByte(c.Name, '_'):] + "()"
}

// lengths are the durations of a window, in their order.
func lengths(w *ast.Window) []*ast.Duration {
	switch w.Kind {
	case ast.Sliding:
		return []*ast.Duration{w.Size, w.Advance}
	case ast.Session:
		return []*ast.Duration{w.Gap}
	case ast.Cumulate:
		return []*ast.Duration{w.Step, w.Size}
	}
	return []*ast.Duration{w.Size}
}

// lengthOf is a length of time that stands as an argument.
func lengthOf(e ast.Expr) (time.Duration, bool) {
	switch x := e.(type) {
	case *ast.DurationLit:
		return x.Value, true
	case *ast.IntervalLit:
		return time.Duration(x.Days)*24*time.Hour + time.Duration(x.Micros)*time.Microsecond, x.Months == 0
	}
	return 0, false
}

// windowWritten is a window as text.
func windowWritten(w *ast.Window) string {
	var args []string
	if w.Column != nil {
		args = append(args, ast.Format(w.Column))
	}
	for _, d := range lengths(w) {
		args = append(args, d.String())
	}
	for _, k := range w.Keys {
		args = append(args, ast.Format(k))
	}
	return w.Kind.String() + "(" + strings.Join(args, ", ") + ")"
}
