package parse

import (
	"unicode"

	"github.com/velostream/velo/planner/internal/diag"
)

type tokenKind uint8

const (
	tEnd    tokenKind = iota // end of the statement
	tWord                    // unquoted word
	tQuoted                  // "…" or `…`
	tInt                     // 1, 1_000, 0xFF
	tDecimal
	tDouble
	tGlued // 5s: a number with letters glued to it
	tString
	tBytes
	tOp
	tBad // a lexical error, reported when the parser meets it
)

// token is one token. Strings are unescaped, numbers without underscores.
type token struct {
	kind  tokenKind
	quote byte   // of tQuoted and tString
	text  string // value; of tOp the operator; of tGlued the number
	upper string // of tWord: its upper case
	unit  string // of tGlued: the letters
	start int    // offset in the expanded text
	end   int
	pos   diag.Pos
	past  diag.Pos // just past the token
	bad   diag.Diagnostic
}

func (t *token) is(word string) bool { return t.kind == tWord && t.upper == word }
func (t *token) op(op string) bool   { return t.kind == tOp && t.text == op }

func (t *token) isNumber() bool {
	return t.kind == tInt || t.kind == tDecimal || t.kind == tDouble
}

// comment is a `--` comment that is alone on its line.
type comment struct {
	start, end int // in the expanded text, of the `--` and past the last byte
}

func isWordStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func isWordPart(r rune) bool {
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
