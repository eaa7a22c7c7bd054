package parse

import (
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// windowKinds are the words for windows.
var windowKinds = map[string]struct {
	kind ast.WindowKind
	word bool // known; the zero value is not
}{
	"TUMBLING": {ast.Tumbling, true}, "TUMBLE": {ast.Tumbling, true},
	"SLIDING": {ast.Sliding, true}, "HOPPING": {ast.Sliding, true}, "HOP": {ast.Sliding, true},
	"SESSION": {ast.Session, true}, "CUMULATE": {ast.Cumulate, true},
}

var windowWords = []string{"TUMBLING", "SLIDING", "HOPPING", "SESSION", "CUMULATE", "TUMBLE", "HOP"}

// windowClause reads what follows the word WINDOW into the SELECT.
func (p *parser) windowClause(s *ast.Select) {
	at := p.next().pos
	t := p.cur()
	if p.isIdent(t) && p.peek(1).is("AS") {
		p.refuse(t.pos, "named windows", "write the window out: OVER (…)")
		return
	}
	if !windowKinds[t.upper].word || t.kind != tWord {
		if t.kind != tWord || !p.peek(1).op("(") {
			p.unexpected("a window such as TUMBLING(5m) after WINDOW")
			return
		}
		p.failf(diag.Window, t.pos, diag.SuggestHint(t.text, windowWords, true), "unknown window %q", t.text)
		return
	}
	p.setWindow(s, p.window(), at)
}

func (p *parser) setWindow(s *ast.Select, w *ast.Window, at diag.Pos) {
	if s.Window != nil && !p.failed {
		p.failf(diag.Window, at, "nest the queries: SELECT … FROM (SELECT … WINDOW …) t WINDOW …", "a query has one window only")
	}
	s.Window = w
}

// window reads KIND([col,] durations…), the current token being the kind.
func (p *parser) window() *ast.Window {
	t := p.next()
	w := &ast.Window{Place: ast.At(t.pos), Kind: windowKinds[t.upper].kind}
	p.expectOp("(", " after "+t.upper)
	if !p.isDuration() && p.isIdent(p.cur()) {
		w.Column = &ast.Name{Place: ast.At(p.cur().pos), Parts: p.path("the time column")}
		p.expectOp(",", " after the time column of "+t.upper)
	}
	switch w.Kind {
	case ast.Tumbling:
		w.Size = p.positive("size of the window")
	case ast.Session:
		w.Gap = p.positive("gap of the session")
		if p.acceptOp(",") {
			p.list(func() { w.Keys = append(w.Keys, p.expr(precLowest)) })
		}
	case ast.Sliding:
		w.Size = p.positive("size of the window")
		p.expectOp(",", " and the advance after the size of "+t.upper)
		w.Advance = p.positive("advance of the window")
	case ast.Cumulate:
		w.Step = p.positive("step of the window")
		p.expectOp(",", " and the size after the step of CUMULATE")
		w.Size = p.positive("size of the window")
	}
	p.expectOp(")", " after the arguments of "+t.upper)
	if !p.failed {
		p.checkWindow(w, t.upper)
	}
	return w
}

func (p *parser) checkWindow(w *ast.Window, word string) {
	switch {
	case w.Kind == ast.Sliding && w.Advance.Value > w.Size.Value:
		p.report(diag.Errorf(diag.Window, p.name, w.Advance.Position, "advance %s is longer than the size %s", w.Advance, w.Size).
			WithHint("the order is %s(size, advance): %s(%s, %s)", word, word, w.Advance, w.Size))
	case w.Kind == ast.Cumulate && w.Step.Value > w.Size.Value:
		p.report(diag.Errorf(diag.Window, p.name, w.Step.Position, "step %s is longer than the size %s", w.Step, w.Size).
			WithHint("the order is CUMULATE(step, size): CUMULATE(%s, %s)", w.Size, w.Step))
	case w.Kind == ast.Cumulate && w.Size.Value%w.Step.Value != 0:
		p.report(diag.Errorf(diag.Window, p.name, w.Step.Position, "step %s does not divide the size %s", w.Step, w.Size).
			WithHint("the order is CUMULATE(step, size)"))
	}
}

// over reads OVER (…), the current token being OVER.
func (p *parser) over() *ast.Over {
	o := &ast.Over{Place: ast.At(p.next().pos)}
	p.i++ // (
	if p.isSeq("ROWS", "WINDOW") {
		p.i += 2
		p.expect("BUFFER", " after ROWS WINDOW")
		at := p.cur().pos
		if n := p.intLit("size of the buffer"); n != nil {
			if n.Value < 1 {
				p.failf(diag.Value, at, "", "size of the buffer must be more than 0")
			}
			o.Buffer = n.Value
		}
		p.expect("ROWS", " after the size of the buffer")
	}
	if p.isIdent(p.cur()) && (p.peek(1).op(")") || p.peek(1).is("PARTITION") || p.peek(1).is("ORDER")) &&
		!p.is("PARTITION") && !p.is("ORDER") {
		p.refuse(p.cur().pos, "named windows", "write the window out: OVER (…)")
		return o
	}
	if p.is("PARTITION") {
		p.i++
		p.expect("BY", " after PARTITION")
		p.list(func() { o.PartitionBy = append(o.PartitionBy, p.expr(precLowest)) })
	}
	if p.is("ORDER") {
		p.i++
		p.expect("BY", " after ORDER")
		o.OrderBy = p.orderItems()
	}
	if p.is("ROWS") || p.is("RANGE") || p.is("GROUPS") {
		o.Frame = p.frame()
	}
	p.overTail(o)
	p.expectOp(")", " at the end of OVER")
	return o
}

// overTail reads EMIT EVERY RECORD and EXPIRE AFTER, in either order.
func (p *parser) overTail(o *ast.Over) {
	expire, emit := false, false
	for !p.failed {
		at := p.cur().pos
		switch {
		case p.is("EMIT") && !emit:
			emit = true
			p.i++
			if p.isSeq("ON", "BUFFER", "FULL") {
				p.refuse(at, "EMIT ON BUFFER FULL", "EMIT EVERY RECORD is what OVER does")
				return
			}
			if !p.acceptSeq("EVERY", "RECORD") {
				p.unexpected("EVERY RECORD after EMIT in OVER")
			}
		case p.is("EXPIRE") && !expire:
			expire = true
			p.i++
			p.expect("AFTER", " after EXPIRE")
			if p.accept("NEVER") {
				continue
			}
			o.ExpireAfter = p.positive("time of EXPIRE AFTER")
			p.expect("INACTIVITY", " after the time of EXPIRE AFTER")
		default:
			return
		}
	}
}

func (p *parser) frame() *ast.Frame {
	t := p.next()
	f := &ast.Frame{Place: ast.At(t.pos)}
	if t.is("GROUPS") {
		p.refuse(t.pos, "GROUPS frames", "write ROWS or RANGE")
		return f
	}
	if t.is("RANGE") {
		f.Mode = ast.Range
	}
	if p.accept("BETWEEN") {
		f.Start = p.bound(f.Mode)
		p.expect("AND", " between the bounds of the frame")
		f.End = p.bound(f.Mode)
	} else {
		f.Start = p.bound(f.Mode)
		f.End = ast.Bound{Place: f.Start.Place, Kind: ast.CurrentRow}
	}
	if p.is("EXCLUDE") {
		p.refuse(p.cur().pos, "EXCLUDE", "")
		return f
	}
	if p.failed {
		return f
	}
	switch {
	case f.Start.Kind == ast.UnboundedFollowing:
		p.failf(diag.Syntax, f.Start.Position, "", "a frame cannot start at UNBOUNDED FOLLOWING")
	case f.End.Kind == ast.UnboundedPreceding:
		p.failf(diag.Syntax, f.End.Position, "", "a frame cannot end at UNBOUNDED PRECEDING")
	case f.Start.Kind > f.End.Kind:
		p.failf(diag.Syntax, f.Start.Position, "write the earlier bound first", "the frame ends before it starts")
	}
	return f
}

func (p *parser) bound(mode ast.FrameMode) ast.Bound {
	t := p.cur()
	b := ast.Bound{Place: ast.At(t.pos)}
	switch {
	case p.acceptSeq("CURRENT", "ROW"):
		b.Kind = ast.CurrentRow
		return b
	case p.acceptSeq("UNBOUNDED", "PRECEDING"):
		return b
	case p.acceptSeq("UNBOUNDED", "FOLLOWING"):
		b.Kind = ast.UnboundedFollowing
		return b
	case mode == ast.Rows:
		if n := p.intLit("the number of rows"); n != nil {
			b.Offset = n
		}
	case p.isDuration() && !p.isInterval():
		if d := p.duration("offset of the frame"); d != nil {
			b.Offset = &ast.DurationLit{Duration: *d}
		}
	case p.isInterval() || t.isNumber() || t.kind == tString: // a text is read as what the key takes
		b.Offset = p.expr(precUnary)
	default:
		p.unexpected("a number or an interval, CURRENT ROW, or UNBOUNDED")
	}
	switch {
	case p.accept("PRECEDING"):
		b.Kind = ast.Preceding
	case p.accept("FOLLOWING"):
		b.Kind = ast.Following
	default:
		p.unexpected("PRECEDING or FOLLOWING")
	}
	return b
}
