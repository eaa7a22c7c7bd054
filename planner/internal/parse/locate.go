package parse

import (
	"strings"
	"unicode/utf8"

	"github.com/velostream/velo/planner/internal/diag"
)

// locator turns byte offsets into places. It remembers the last answer, so that
// asking in rising order costs one pass over the text.
type locator struct {
	text string
	last diag.Pos
}

func (l *locator) at(off int) diag.Pos {
	off = min(off, len(l.text))
	p := l.last
	if !p.Valid() || off < p.Offset {
		p = diag.Pos{Line: 1, Col: 1}
		if strings.HasPrefix(l.text, bom) && off >= len(bom) {
			p.Offset = len(bom)
		}
	}
	for p.Offset < off {
		if l.text[p.Offset] == '\n' {
			p.Offset, p.Line, p.Col = p.Offset+1, p.Line+1, 1
			continue
		}
		_, n := utf8.DecodeRuneInString(l.text[p.Offset:])
		if p.Offset+n > off {
			break
		}
		p.Offset += n
		p.Col++
	}
	l.last = p
	p.Offset = off
	return p
}

const bom = "\ufeff"
