package parse

import (
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// annotations collects the comments `-- @key: value` before statements.
type annotations struct {
	*scanner
	next    int // of comments, the first not yet looked at
	started bool
	file    []ast.Annotation
	pending []ast.Annotation
	diags   diag.List
}

// before gives the statement the annotations that stand before it; start and
// end are its first token and its end in the expanded text.
func (n *annotations) before(st *ast.Statement, start, end int) {
	head := -1
	if !n.started {
		head = n.headEnd(start)
		n.started = true
	}
	for ; n.next < len(n.comments) && n.comments[n.next].start < start; n.next++ {
		c := n.comments[n.next]
		a, ok := n.read(c)
		if !ok {
			continue
		}
		if c.start < head {
			n.file = append(n.file, a)
		} else {
			n.pending = append(n.pending, a)
		}
	}
	own := map[string]bool{}
	for _, a := range n.pending {
		own[a.Key] = true
	}
	for _, a := range n.file {
		if !own[a.Key] {
			a.Inherited = true
			st.Annotations = append(st.Annotations, a)
		}
	}
	st.Annotations = append(st.Annotations, n.pending...)
	n.pending = nil
	for ; n.next < len(n.comments) && n.comments[n.next].start < end; n.next++ {
		if a, ok := n.read(n.comments[n.next]); ok {
			n.diags.Add(diag.Warnf(diag.Annotation, n.name, a.Position, "annotation @%s inside a statement has no effect", a.Key).
				WithHint("put it before the statement"))
		}
	}
}

// headEnd is the offset where the head of the file ends: past the last blank
// line or rule before the first statement, 0 if there is none.
func (n *annotations) headEnd(start int) int {
	head, off := 0, 0
	for off < start {
		end := strings.IndexByte(n.s[off:start], '\n')
		if end < 0 {
			break
		}
		end += off
		if isSeparator(n.s[off:end]) && !n.inBlock(off) {
			head = end
		}
		off = end + 1
	}
	return head
}

func (n *annotations) inBlock(off int) bool {
	for _, b := range n.blocks {
		if off > b.start && off < b.end {
			return true
		}
	}
	return false
}

// isSeparator reports whether the line is blank or a rule of = or -.
func isSeparator(line string) bool {
	line = strings.TrimSpace(strings.TrimPrefix(line, bom))
	if line == "" {
		return true
	}
	return len(line) >= 4 && strings.HasPrefix(line, "--") && strings.Trim(line, "-= \t") == ""
}

// read takes the annotation out of a comment; false if it is none, or one that
// was reported.
func (n *annotations) read(c comment) (ast.Annotation, bool) {
	text := strings.TrimSuffix(n.s[c.start:c.end], "\r")
	body := strings.TrimLeft(text[2:], " \t")
	if !strings.HasPrefix(body, "@") {
		return ast.Annotation{}, false
	}
	at := c.start + len(text) - len(body)
	a := ast.Annotation{Place: ast.At(n.place(at))}
	key, value, ok := strings.Cut(body[1:], ":")
	key = strings.TrimSpace(key)
	a.Key = strings.ToLower(key)
	if !ok || !isAnnotationKey(key) {
		n.diags.Add(diag.Warnf(diag.Annotation, n.name, a.Position, "malformed annotation").
			WithHint("write -- @key: value"))
		return a, false
	}
	lead := len(value) - len(strings.TrimLeft(value, " \t"))
	a.ValuePos = n.place(at + 1 + strings.IndexByte(body[1:], ':') + 1 + lead)
	a.Value = strings.TrimSpace(value)
	if v := a.Value; len(v) >= 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		a.Value = v[1 : len(v)-1]
	}
	d, ok := checkAnnotation(&a)
	if d.Message != "" {
		d.Source = n.name
		n.diags.Add(d)
	}
	return a, ok
}

func isAnnotationKey(s string) bool {
	for _, r := range s {
		if !(r == '_' || r == '.' || r == '-' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			return false
		}
	}
	return s != "" && !strings.HasPrefix(s, ".") && !strings.HasSuffix(s, ".")
}

// finish reports annotations that no statement follows. In a file of comments
// only, the annotations of its head are no mistake.
func (n *annotations) finish(statements []ast.Statement) {
	for ; n.next < len(n.comments); n.next++ {
		a, ok := n.read(n.comments[n.next])
		if ok && len(statements) > 0 {
			n.diags.Add(diag.Warnf(diag.Annotation, n.name, a.Position, "annotation @%s has no effect: no statement follows it", a.Key))
		}
	}
}
