package parse

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/velostream/velo/planner/internal/diag"
)

// scanner cuts a text into tokens and comments.
type scanner struct {
	name     string
	src      *Expanded
	s        string
	i        int
	loc      locator
	toks     []token
	comments []comment
	blocks   []comment // /* … */
}

func newScanner(name string, src *Expanded) *scanner {
	return &scanner{name: name, src: src, s: src.Text, loc: locator{text: src.original}}
}

func (z *scanner) place(off int) diag.Pos { return z.loc.at(z.src.Origin(off)) }

// run scans the whole text. The last token is tEnd.
func (z *scanner) run() {
	if strings.HasPrefix(z.s, bom) {
		z.i = len(bom)
	}
	for {
		z.blanks()
		if z.i >= len(z.s) {
			p := z.place(len(z.s))
			z.toks = append(z.toks, token{kind: tEnd, start: z.i, end: z.i, pos: p, past: p})
			return
		}
		z.toks = append(z.toks, token{start: z.i})
		t := &z.toks[len(z.toks)-1]
		t.pos = z.place(z.i)
		z.token(t)
		t.end = z.i
		t.past = z.place(z.i)
	}
}

func (z *scanner) blanks() {
	for z.i < len(z.s) {
		rest := z.s[z.i:]
		switch {
		case strings.HasPrefix(rest, "--"):
			start := z.i
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			z.i += n
			if firstOnLine(z.s, start) {
				z.comments = append(z.comments, comment{start, z.i})
			}
		case strings.HasPrefix(rest, "/*"):
			n := blockCommentLen(rest)
			if n < 4 || !strings.HasSuffix(rest[:n], "*/") || !closed(rest[:n]) {
				return // token reports it
			}
			z.blocks = append(z.blocks, comment{z.i, z.i + n})
			z.i += n
		default:
			r, n := utf8.DecodeRuneInString(rest)
			if !unicode.IsSpace(r) {
				return
			}
			z.i += n
		}
	}
}

// closed reports whether the comment s ends with its own `*/`.
func closed(s string) bool { return blockCommentLen(s+"*/") == len(s) }

func (z *scanner) fail(t *token, at int, kind diag.Kind, hint, format string, args ...any) {
	t.kind = tBad
	t.bad = diag.Errorf(kind, z.name, z.place(at), format, args...)
	t.bad.Hint = hint
}

func (z *scanner) token(t *token) {
	rest := z.s[z.i:]
	r, n := utf8.DecodeRuneInString(rest)
	switch {
	case r == utf8.RuneError && n <= 1:
		z.i += n
		z.fail(t, t.start, diag.Syntax, "save the file as UTF-8", "invalid UTF-8: byte 0x%02X", rest[0])
	case r == '\'':
		z.stringToken(t, false)
	case r == '"' || r == '`':
		z.quotedName(t, byte(r))
	case isDigit(rest[0]) || r == '.' && len(rest) > 1 && isDigit(rest[1]):
		z.number(t)
	case isWordStart(r):
		z.word(t)
	case strings.HasPrefix(rest, "/*"):
		z.i = len(z.s)
		z.fail(t, t.start, diag.Syntax, "close it with */; comments nest", "comment is not closed")
	case r == '$':
		z.dollar(t)
	default:
		z.operator(t, r, n)
	}
}

func (z *scanner) word(t *token) {
	start := z.i
	for z.i < len(z.s) {
		r, n := utf8.DecodeRuneInString(z.s[z.i:])
		if !isWordPart(r) || r == utf8.RuneError {
			break
		}
		z.i += n
	}
	w := z.s[start:z.i]
	rest := z.s[z.i:]
	if strings.HasPrefix(rest, "'") && len(w) == 1 {
		switch w[0] | 0x20 {
		case 'e':
			z.stringToken(t, true)
			return
		case 'x':
			z.bytesToken(t)
			return
		case 'b':
			z.stringToken(t, false)
			if t.kind != tBad {
				z.fail(t, t.start, diag.Refused, "write bytes as X'…'", "bit strings (B'…') are not supported")
			}
			return
		}
	}
	if (w == "U" || w == "u") && (strings.HasPrefix(rest, "&'") || strings.HasPrefix(rest, `&"`)) {
		z.i += 2
		z.fail(t, t.start, diag.Refused, `write the characters themselves, or E'\u00e9'`, "U&'…' is not supported")
		return
	}
	t.kind, t.text, t.upper = tWord, w, strings.ToUpper(w)
}

func (z *scanner) dollar(t *token) {
	rest := z.s[z.i:]
	z.i++
	if strings.HasPrefix(rest, "${") {
		if n := strings.IndexByte(rest, '}'); n >= 0 {
			z.i += n
			z.fail(t, t.start, diag.Variable, "", "variables are not expanded here: %s", rest[:n+1])
			return
		}
		z.fail(t, t.start, diag.Syntax, "write ${NAME}", "variable is not closed")
		return
	}
	j := 1
	for j < len(rest) && (isWordPart(rune(rest[j]))) {
		j++
	}
	if j < len(rest) && rest[j] == '$' {
		z.i += j
		z.fail(t, t.start, diag.Refused, "write '…', a quote in it doubled", "$$…$$ strings are not supported")
		return
	}
	z.fail(t, t.start, diag.Syntax, "", `unexpected character "$"`)
}

// operators, longest first. Those that refusedOperators names are read whole so
// that the error can name them.
var operators = []string{
	"!~*", "->>", "<=>", "~*", "!~", "->", "=>", ":=", "==", "<<", "&&", "@>", "<@", "**",
	"||", "<>", "!=", "<=", ">=", "::", "//",
	"+", "-", "*", "/", "%", "=", "<", ">", "(", ")", "[", "]", ",", ".", ";", ":",
	"~", "&", "|", "^", "#", "!", "@", "?", "{", "}",
}

func (z *scanner) operator(t *token, r rune, n int) {
	rest := z.s[z.i:]
	for _, op := range operators {
		if strings.HasPrefix(rest, op) {
			z.i += len(op)
			t.kind, t.text = tOp, op
			if op == "!=" {
				t.text = "<>"
			}
			return
		}
	}
	z.i += n
	hint := ""
	switch r {
	case '‘', '’', '“', '”', '„':
		hint = "typographic quotes: write ' or \""
	case '\\':
		hint = "escapes stand in E'…'"
	}
	z.fail(t, t.start, diag.Syntax, hint, "unexpected character %q", string(r))
}
