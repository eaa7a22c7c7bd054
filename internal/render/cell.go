package render

import (
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/text"
	"github.com/velostream/velo/arrowexec/vec"
)

const nullText = "NULL"

// cell is the text of a value for people: control characters are spelt out, so
// that a value can neither break the table nor talk to the terminal, and the
// text NULL is quoted to tell it from a NULL.
func cell(v *vec.Vec, row int) string {
	if v.IsNull(row) {
		return nullText
	}
	s := string(text.AppendValue(nil, v, row))
	if v.Kind == vec.String && s == nullText {
		return "'" + s + "'"
	}
	return visible(s)
}

func visible(s string) string {
	graphic := true
	for _, r := range s {
		graphic = graphic && unicode.IsGraphic(r)
	}
	if graphic {
		return s
	}
	out := make([]byte, 0, len(s)+8)
	for _, r := range s {
		if unicode.IsGraphic(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		q := strconv.QuoteRune(r)
		out = append(out, q[1:len(q)-1]...)
	}
	return string(out)
}

// rightAligned tells which columns line up at their right: numbers.
func rightAligned(t arrow.DataType) bool {
	switch vec.KindOf(t) {
	case vec.Int8, vec.Int16, vec.Int32, vec.Int64, vec.Float32, vec.Float64, vec.Decimal:
		return true
	}
	return false
}
