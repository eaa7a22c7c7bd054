package expr

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

// like is [NOT] LIKE and ILIKE.
type like struct {
	e, pattern Expr
	escape     rune
	ci, not    bool
	fixed      *likePattern // of a constant pattern
}

// NewLike matches STRINGs with % and _. Escape 0 means none; the binder gives
// the default, '\\'. With ci it is ILIKE.
func NewLike(e, pattern Expr, escape rune, ci, not bool) (Expr, error) {
	name := "LIKE"
	if ci {
		name = "ILIKE"
	}
	for _, x := range []*Expr{&e, &pattern} {
		switch vec.KindOf((*x).Type()) {
		case vec.Null:
			*x = NullConst(vec.TypeString)
		case vec.String:
		default:
			return nil, fmt.Errorf("%s takes STRING, not %s; CAST it", name, TypeName((*x).Type()))
		}
	}
	return (&like{e: e, pattern: pattern, escape: escape, ci: ci, not: not}).prepared(), nil
}

// NewLikeOf is LIKE, NOT LIKE, ILIKE or NOT ILIKE by its name.
func NewLikeOf(op string, e, pattern Expr) (Expr, error) {
	return NewLike(e, pattern, '\\', strings.HasSuffix(op, "ILIKE"), strings.HasPrefix(op, "NOT"))
}

func (e *like) prepared() *like {
	if p, ok := e.pattern.(*Const); ok && !p.IsNull() {
		// a pattern that ends in its escape stays unprepared: it fails each row
		if fixed, err := compileLike(p.One.StringAt(0), e.escape, e.ci); err == nil {
			e.fixed = fixed
		}
	}
	return e
}

func (e *like) Type() arrow.DataType { return vec.TypeBool }
func (e *like) Children() []Expr     { return []Expr{e.e, e.pattern} }
func (e *like) WithChildren(k []Expr) Expr {
	return (&like{e: k[0], pattern: k[1], escape: e.escape, ci: e.ci, not: e.not}).prepared()
}

func (e *like) String() string {
	op := " LIKE "
	if e.ci {
		op = " ILIKE "
	}
	if e.not {
		op = " NOT" + op
	}
	s := "(" + e.e.String() + op + e.pattern.String()
	if e.escape != '\\' {
		esc := ""
		if e.escape != 0 {
			esc = string(e.escape)
		}
		s += " ESCAPE '" + esc + "'"
	}
	return s + ")"
}

func (e *like) Eval(c *Ctx, sel vec.Sel) *vec.Vec {
	n := c.Batch.N
	v, p := e.e.Eval(c, sel), e.pattern.Eval(c, sel)
	if v.Const && v.IsNull(0) || p.Const && p.IsNull(0) {
		return c.Scope.NullConst(vec.TypeBool, n)
	}
	out := c.Scope.New(vec.TypeBool, n)
	clear(out.Buf)
	out.Valid = andValid(c.Scope, rowValid(v), rowValid(p), n)
	for _, i := range e.hits(c, v, p, validOnly(c, out.Valid, sel)) {
		out.Bits().Set(int(i))
	}
	return clearFailed(c, out)
}

// Filter gives the rows that match.
func (e *like) Filter(c *Ctx, sel vec.Sel) vec.Sel {
	v, p := e.e.Eval(c, sel), e.pattern.Eval(c, sel)
	if v.Const && v.IsNull(0) || p.Const && p.IsNull(0) {
		return vec.Sel{}
	}
	return e.hits(c, v, p, validOnly(c, andValid(c.Scope, rowValid(v), rowValid(p), c.Batch.N), sel))
}

// hits are the rows of sel, without NULLs, for which the whole is TRUE.
func (e *like) hits(c *Ctx, v, p *vec.Vec, sel vec.Sel) vec.Sel {
	n := c.Batch.N
	out, k := vec.Slice[int32](c.Scope, sel.Count(n)), 0
	if e.fixed != nil {
		if v.Dict != nil && v.Dict.Len <= n {
			truth, idx := c.Scope.Bytes(v.Dict.Len), v.Indices()
			for d := range truth {
				truth[d] = byte(bit(e.fixed.match(v.Dict.BytesAt(d)) != e.not))
			}
			eachRow(n, sel, func(i int) { out[k] = int32(i); k += int(truth[idx[i]]) })
			return out[:k]
		}
		if sel == nil && !v.Const && v.Dict == nil && e.fixed.within() {
			return out[:e.fixed.scan(v, n, e.not, out)]
		}
		eachRow(n, sel, func(i int) { out[k] = int32(i); k += bit(e.fixed.match(v.BytesAt(i)) != e.not) })
		return out[:k]
	}
	var pat *likePattern
	var last string
	var err error
	eachRow(n, sel, func(i int) {
		if text := p.StringAt(i); pat == nil && err == nil || text != last {
			pat, err = compileLike(text, e.escape, e.ci)
			last = text
		}
		if err != nil {
			c.Fail(i, "expression", err)
			return
		}
		out[k] = int32(i)
		k += bit(pat.match(v.BytesAt(i)) != e.not)
	})
	return out[:k]
}

type likeShape uint8

const (
	likeExact likeShape = iota
	likePrefix
	likeSuffix
	likeContains
	likeTexts // several texts between %s
	likeGeneral
)

// likePattern is a compiled pattern. Simple shapes compare with lit; others go
// through the pieces between the %s.
type likePattern struct {
	shape  likeShape
	lit    string
	ci     bool
	pieces [][]likeRune
	texts  []string // of the pieces, without _
}

// within tells that a row that matches has a text somewhere in it.
func (p *likePattern) within() bool {
	return (p.shape == likeContains || p.shape == likeTexts && p.texts[0] == "") && p.lit != ""
}

// scan lists the rows of a plain column that match, or with not the others. The first
// text is looked for in all rows at once, and what stands in no row but across two is
// passed over: a search of its own for each row took 8 ns, most of it the call.
func (p *likePattern) scan(v *vec.Vec, n int, not bool, out vec.Sel) (hits int) {
	first := p.lit
	if p.shape == likeTexts {
		first = p.texts[1]
		for _, t := range p.texts[1:] { // %s that follow each other leave empty texts between them
			if first = t; t != "" {
				break
			}
		}
	}
	off := v.Offsets[:n+1]
	if p.shape == likeContains && len(first) == 1 && int(off[n]-off[0]) <= n*fewBytes {
		return scanByte(first[0], v, n, not, out)
	}
	data := vec.Text(v.Data[:off[n]])
	row, pos := 0, int(off[0])
	for row < n {
		at := strings.Index(data[pos:], first)
		if at < 0 {
			break
		}
		pos += at
		for ; int(off[row+1]) <= pos; row++ {
			if not {
				out[hits] = int32(row)
				hits++
			}
		}
		end := int(off[row+1])
		if pos+len(first) > end {
			pos++
			continue
		}
		if (p.shape == likeContains || inOrder(data[off[row]:end], p.texts)) != not {
			out[hits] = int32(row)
			hits++
		}
		row, pos = row+1, end
	}
	for ; not && row < n; row++ {
		out[hits] = int32(row)
		hits++
	}
	return hits
}

type likeRune struct {
	r   rune
	any bool
}

var errLikeEscape = errors.New("LIKE pattern must not end with its escape character")

func compileLike(s string, escape rune, ci bool) (*likePattern, error) {
	p := &likePattern{ci: ci}
	var cur []likeRune
	simple, percents := !ci, 0
	rs := []rune(s)
	for i := 0; i < len(rs); i++ {
		r := rs[i]
		switch {
		case escape != 0 && r == escape:
			if i++; i == len(rs) {
				return nil, errLikeEscape
			}
			cur = append(cur, likeRune{r: fold(rs[i], ci)})
		case r == '%':
			percents++
			p.pieces = append(p.pieces, cur)
			cur = nil
		case r == '_':
			simple = false
			cur = append(cur, likeRune{any: true})
		default:
			cur = append(cur, likeRune{r: fold(r, ci)})
		}
	}
	p.pieces = append(p.pieces, cur)
	p.shape = likeGeneral
	if !simple || !utf8.ValidString(s) {
		return p, nil
	}
	var lit strings.Builder
	parts := 0
	for _, piece := range p.pieces {
		if len(piece) > 0 {
			parts++
		}
		from := lit.Len()
		for _, r := range piece {
			lit.WriteRune(r.r)
		}
		p.texts = append(p.texts, lit.String()[from:])
	}
	first, last := len(p.pieces[0]) > 0, len(cur) > 0
	switch p.lit = lit.String(); {
	case percents == 0:
		p.shape = likeExact
	case parts == 0:
		p.shape = likeContains
	case parts == 1 && first:
		p.shape = likePrefix
	case parts == 1 && last:
		p.shape = likeSuffix
	case parts == 1:
		p.shape = likeContains
	default:
		p.shape = likeTexts
	}
	return p, nil
}

// fold is the simple case folding of ILIKE.
func fold(r rune, ci bool) rune {
	if !ci {
		return r
	}
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	if least >= 'A' && least <= 'Z' {
		least += 'a' - 'A'
	}
	return least
}

func (p *likePattern) match(b []byte) bool {
	s := vec.Text(b)
	switch p.shape {
	case likeExact:
		return s == p.lit
	case likePrefix:
		return strings.HasPrefix(s, p.lit)
	case likeSuffix:
		return strings.HasSuffix(s, p.lit)
	case likeContains:
		return strings.Contains(s, p.lit)
	case likeTexts:
		return inOrder(s, p.texts)
	}
	n, ok := p.piece(0, s)
	if !ok {
		return false
	}
	s = s[n:]
	if len(p.pieces) == 1 {
		return s == ""
	}
	for i := 1; i < len(p.pieces)-1; i++ { // the leftmost place of each is the best
		for {
			if n, ok = p.piece(i, s); ok {
				s = s[n:]
				break
			}
			if s == "" {
				return false
			}
			_, w := utf8.DecodeRuneInString(s)
			s = s[w:]
		}
	}
	return p.tail(s)
}

// inOrder tells that s begins with the first text, ends with the last, and has
// the others between them in their order.
func inOrder(s string, texts []string) bool {
	if !strings.HasPrefix(s, texts[0]) {
		return false
	}
	s = s[len(texts[0]):]
	last := len(texts) - 1
	for _, t := range texts[1:last] {
		i := strings.Index(s, t) // the leftmost place is the best
		if i < 0 {
			return false
		}
		s = s[i+len(t):]
	}
	return strings.HasSuffix(s, texts[last])
}

// piece matches one piece at the start of s and gives its length.
func (p *likePattern) piece(i int, s string) (int, bool) {
	at := 0
	for _, want := range p.pieces[i] {
		if at == len(s) {
			return 0, false
		}
		r, w := rune(s[at]), 1
		if r >= utf8.RuneSelf {
			r, w = utf8.DecodeRuneInString(s[at:])
		}
		if !want.any && fold(r, p.ci) != want.r {
			return 0, false
		}
		at += w
	}
	return at, true
}

// tail matches the last piece at the end of s.
func (p *likePattern) tail(s string) bool {
	last := p.pieces[len(p.pieces)-1]
	for i := len(last) - 1; i >= 0; i-- {
		if s == "" {
			return false
		}
		r, w := utf8.DecodeLastRuneInString(s)
		if !last[i].any && fold(r, p.ci) != last[i].r {
			return false
		}
		s = s[:len(s)-w]
	}
	return true
}
