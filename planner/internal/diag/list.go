package diag

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// List is the diagnostics of one or several sources.
type List []Diagnostic

// Add appends diagnostics.
func (l *List) Add(d ...Diagnostic) { *l = append(*l, d...) }

// HasErrors reports whether one of them is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == SeverityError })
}

// Errors returns the errors, in their order.
func (l List) Errors() List { return l.of(SeverityError) }

// Warnings returns the warnings, in their order.
func (l List) Warnings() List { return l.of(SeverityWarning) }

func (l List) of(s Severity) List {
	var out List
	for _, d := range l {
		if d.Severity == s {
			out = append(out, d)
		}
	}
	return out
}

// Sorted returns the list ordered by position, each message once per place.
// Sources keep the order in which they first appear.
func (l List) Sorted() List {
	rank := map[string]int{}
	for _, d := range l {
		if _, ok := rank[d.Source]; !ok {
			rank[d.Source] = len(rank)
		}
	}
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		if r := rank[a.Source] - rank[b.Source]; r != 0 {
			return r
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		if a.Col != b.Col {
			return a.Col - b.Col
		}
		return int(a.Severity) - int(b.Severity)
	})
	seen := make(map[Diagnostic]bool, len(out))
	return slices.DeleteFunc(out, func(d Diagnostic) bool {
		d.Hint, d.Offset = "", 0
		if seen[d] {
			return true
		}
		seen[d] = true
		return false
	})
}

// Err is the list's errors as one error, nil when there is none. The caller
// gets the Diagnostics back with errors.As on a List.
func (l List) Err() error {
	if e := l.Errors(); len(e) > 0 {
		return e.Sorted()
	}
	return nil
}

// Error is one line per diagnostic.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Error()
	}
	return strings.Join(lines, "\n")
}

// Render prints the sorted list in the long form, sources giving the text of
// each source by name.
func (l List) Render(sources map[string]string) string {
	var b strings.Builder
	for _, d := range l.Sorted() {
		b.WriteString(d.Render(sources[d.Source]))
	}
	return b.String()
}

// Render prints the diagnostic with the line it is about, a caret under the
// place, and the hint. It ends in a newline. The line and the caret are left
// out when the text does not have that line.
func (d Diagnostic) Render(text string) string {
	var b strings.Builder
	b.WriteString(d.String())
	b.WriteByte('\n')
	if line, ok := lineOf(mask(text), d.Line); ok && d.Col > 0 {
		shown, col := excerpt(line, d.Col)
		b.WriteString(shown)
		b.WriteByte('\n')
		b.WriteString(caret(shown, col))
		b.WriteByte('\n')
	}
	if d.Hint != "" {
		b.WriteString("hint: ")
		b.WriteString(d.Hint)
		b.WriteByte('\n')
	}
	return b.String()
}

func lineOf(text string, n int) (string, bool) {
	if n < 1 {
		return "", false
	}
	for ; n > 1; n-- {
		i := strings.IndexByte(text, '\n')
		if i < 0 {
			return "", false
		}
		text = text[i+1:]
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 {
		text = text[:i]
	}
	return strings.TrimPrefix(strings.TrimSuffix(text, "\r"), "\ufeff"), true
}

// caret puts `^` under the col-th code point. Tabs before it stay tabs, so that
// the caret stands right whatever the width of a tab.
func caret(line string, col int) string {
	var b strings.Builder
	n := 1
	for _, r := range line {
		if n == col {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
		n++
	}
	for ; n < col; n++ {
		b.WriteByte(' ')
	}
	b.WriteByte('^')
	return b.String()
}

// excerpt cuts an over-long line, such as generated SQL without line breaks,
// to what stands around the place.
func excerpt(line string, col int) (string, int) {
	const before, width = 80, 200
	n := utf8.RuneCountInString(line)
	if n <= width {
		return line, col
	}
	runes := []rune(line)
	from := max(0, min(col-1-before, n-width))
	to := min(n, from+width)
	out, shift := string(runes[from:to]), 0
	if from > 0 {
		out, shift = "…"+out, 1
	}
	if to < n {
		out += "…"
	}
	return out, col - from + shift
}
