package parse

import (
	"slices"
	"sort"
	"strings"

	"github.com/velostream/velo/planner/internal/diag"
)

// Expanded is a text with its variables replaced, which knows where each of its
// bytes came from.
type Expanded struct {
	Text     string
	original string
	pieces   []piece
	bad      []int // offsets in original of variables without a value
}

// piece is a run of Text. A spliced one is the value of a variable that stands
// at from in the original; another runs parallel to the original.
type piece struct {
	at      int // offset in Text
	from    int // offset in original
	spliced bool
}

// Origin maps an offset in Text to the offset in the text as written; all of a
// value maps to the `$` of its variable.
func (e *Expanded) Origin(off int) int {
	i := sort.Search(len(e.pieces), func(i int) bool { return e.pieces[i].at > off }) - 1
	if i < 0 {
		return off
	}
	if p := e.pieces[i]; !p.spliced {
		return p.from + off - p.at
	}
	return e.pieces[i].from
}

// Expand replaces ${NAME}, ${NAME:-default}, ${NAME:default} and
// ${NAME:?message} outside of comments, and in annotations. Inside quotes the
// value stays inside them whatever it holds; elsewhere it is read as SQL. A
// variable without a value is reported and left as it is.
func Expand(name, text string, v Variables) (*Expanded, diag.List) {
	x := expander{v: v, name: name, text: text, out: Expanded{original: text}, loc: locator{text: text}}
	if v.Never || !strings.Contains(text, "${") {
		x.out.Text = text
		return &x.out, nil
	}
	x.run()
	x.out.Text = x.b.String()
	return &x.out, x.diags
}

type expander struct {
	v     Variables
	name  string
	text  string
	i     int // next byte to look at
	done  int // bytes already written to b
	b     strings.Builder
	out   Expanded
	loc   locator
	diags diag.List
	// withDepth is the number of open parentheses of a WITH list, 0 outside.
	withDepth int
	afterWith bool
}

func (x *expander) run() {
	for x.i < len(x.text) {
		c := x.text[x.i]
		rest := x.text[x.i:]
		switch {
		case strings.HasPrefix(rest, "--"):
			x.lineComment()
			continue
		case strings.HasPrefix(rest, "/*"):
			x.i += blockCommentLen(rest)
			continue
		case c == '\'':
			x.quoted('\'', false)
		case c == '"' || c == '`':
			x.quoted(c, false)
		case strings.HasPrefix(rest, "${"):
			x.variable(func(s string) string { return s }, x.withDepth > 0)
		case isWordStart(rune(c)) || c >= 0x80:
			x.word()
			continue
		case c == '(':
			if x.withDepth > 0 || x.afterWith {
				x.withDepth++
			}
			x.i++
		case c == ')':
			x.withDepth = max(0, x.withDepth-1)
			x.i++
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			x.i++
			continue // keeps afterWith
		case c == ';':
			x.withDepth = 0
			x.i++
		default:
			x.i++
		}
		x.afterWith = false
	}
	x.copyTo(len(x.text))
}

// word passes over an identifier; after the word WITH an opening parenthesis
// starts a WITH list. A quote glued to E starts a string with escapes.
func (x *expander) word() {
	start := x.i
	for x.i < len(x.text) && (isWordPart(rune(x.text[x.i])) || x.text[x.i] >= 0x80) {
		x.i++
	}
	w := x.text[start:x.i]
	x.afterWith = strings.EqualFold(w, "WITH")
	if strings.EqualFold(w, "E") && x.i < len(x.text) && x.text[x.i] == '\'' {
		x.quoted('\'', true)
	}
}

// lineComment passes over a comment; an annotation has its variables expanded.
func (x *expander) lineComment() {
	end := len(x.text)
	if n := strings.IndexByte(x.text[x.i:], '\n'); n >= 0 {
		end = x.i + n
	}
	body := strings.TrimLeft(x.text[x.i+2:end], " \t")
	if !strings.HasPrefix(body, "@") || !firstOnLine(x.text, x.i) {
		x.i = end
		return
	}
	oneLine := strings.NewReplacer("\n", " ", "\r", " ")
	for x.i < end {
		if strings.HasPrefix(x.text[x.i:end], "${") {
			x.variable(oneLine.Replace, true)
		} else {
			x.i++
		}
	}
	x.i = max(x.i, end)
}

func (x *expander) quoted(quote byte, escapes bool) {
	x.i++
	q := string(quote)
	inside := func(s string) string {
		if escapes {
			s = strings.ReplaceAll(s, `\`, `\\`)
		}
		return strings.ReplaceAll(s, q, q+q)
	}
	for x.i < len(x.text) {
		switch c := x.text[x.i]; {
		case escapes && c == '\\':
			x.i = min(x.i+2, len(x.text))
		case c == quote && strings.HasPrefix(x.text[x.i+1:], q):
			x.i += 2
		case c == quote:
			x.i++
			return
		case strings.HasPrefix(x.text[x.i:], "${"):
			x.variable(inside, x.withDepth > 0)
		default:
			x.i++
		}
	}
}

// variable reads ${…} at x.i. What is not of that form is left as it is.
func (x *expander) variable(put func(string) string, env bool) {
	start := x.i
	end := strings.IndexByte(x.text[start:], '}')
	if end < 0 {
		x.i += 2
		return
	}
	body := x.text[start+2 : start+end]
	name, rest, hasRest := strings.Cut(body, ":")
	if !isVariableName(name) || strings.ContainsAny(rest, "\n") {
		x.i += 2
		return
	}
	x.i = start + end + 1
	value, ok := x.v.Vars[name]
	if !ok && env && x.v.Env != nil {
		value, ok = x.v.Env(name)
	}
	if hasRest && (!ok || value == "") {
		message, required := strings.CutPrefix(rest, "?")
		if required {
			if message == "" {
				message = "needs a value"
			}
			x.missing(start, name, env, "variable %q: %s", name, message)
			return
		}
		value, ok = strings.TrimPrefix(rest, "-"), true
	}
	if !ok {
		x.missing(start, name, env, "variable %q has no value", name)
		return
	}
	x.copyTo(start)
	x.out.pieces = append(x.out.pieces, piece{at: x.b.Len(), from: start, spliced: true})
	x.b.WriteString(put(value))
	x.done = x.i
	x.out.pieces = append(x.out.pieces, piece{at: x.b.Len(), from: x.i})
}

func (x *expander) missing(at int, name string, env bool, format string, args ...any) {
	x.out.bad = append(x.out.bad, at)
	d := diag.Errorf(diag.Variable, x.name, x.loc.at(at), format, args...)
	var known []string
	for k := range x.v.Vars {
		known = append(known, k)
	}
	slices.Sort(known)
	d.Hint = "give it with --var " + name + "=VALUE"
	inEnv := false
	if !env && x.v.Env != nil {
		_, inEnv = x.v.Env(name)
	}
	if inEnv {
		d.Hint = "the environment is used in WITH and annotations only; " + d.Hint
	} else if n, ok := diag.Nearest(name, known); ok {
		d.Hint = `did you mean "` + n + `"?`
	}
	x.diags.Add(d)
}

func (x *expander) copyTo(end int) {
	if len(x.out.pieces) == 0 {
		x.out.pieces = append(x.out.pieces, piece{})
	}
	x.b.WriteString(x.text[x.done:end])
	x.done = end
}

func isVariableName(s string) bool {
	for i, r := range s {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return s != ""
}

// blockCommentLen is the length of the nested comment at the start of s, all of
// s when it is not closed.
func blockCommentLen(s string) int {
	depth, i := 0, 0
	for i < len(s) {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i += 2
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i += 2
			if depth == 0 {
				return i
			}
		default:
			i++
		}
	}
	return len(s)
}

// firstOnLine reports whether only blanks stand before off on its line.
func firstOnLine(text string, off int) bool {
	line := text[strings.LastIndexByte(text[:off], '\n')+1 : off]
	return strings.Trim(line, " \t\ufeff") == ""
}
