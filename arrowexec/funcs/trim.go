package funcs

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

func trimFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "TRIM", Aliases: []string{"BTRIM"}, Family: "String", Signature: "TRIM(s [, characters])", Doc: "s without blanks, or without any of the characters, at both ends; also TRIM(BOTH 'x' FROM s).",
			Example: "TRIM('  a b ')", Result: "a b", Overloads: trim(true, true),
		},
		{
			Name: "LTRIM", Family: "String", Signature: "LTRIM(s [, characters])", Doc: "s without blanks, or without any of the characters, at its start.",
			Example: "LTRIM('xxyz', 'x')", Result: "yz", Overloads: trim(true, false),
		},
		{
			Name: "RTRIM", Family: "String", Signature: "RTRIM(s [, characters])", Doc: "s without blanks, or without any of the characters, at its end.",
			Example: "RTRIM('7.00', '0')", Result: "7.", Overloads: trim(false, true),
		},
		{
			Name: "LPAD", Family: "String", Signature: "LPAD(s, n [, fill])", Doc: "s filled at its start to n characters, with blanks or fill; a longer s is cut at its end.",
			Example: "LPAD('7', 3, '0')", Result: "007", Overloads: pad(true),
		},
		{
			Name: "RPAD", Family: "String", Signature: "RPAD(s, n [, fill])", Doc: "s filled at its end to n characters, with blanks or fill; a longer s is cut.",
			Example: "RPAD('a', 3, '.-')", Result: "a.-", Overloads: pad(false),
		},
		{
			Name: "REPEAT", Family: "String", Signature: "REPEAT(s, n)", Doc: "s n times; empty for n of 0 or less.",
			Example: "REPEAT('ab', 3)", Result: "ababab",
			Overloads: []expr.Overload{on(is(vec.TypeString), repeat, vec.String, vec.Int64)},
		},
	}
}

func trim(left, right bool) []expr.Overload {
	kernel := func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a := textsOf(args[0])
		o := newText(c, t, a.bytesOf(c.Batch.N))
		if len(args) == 1 {
			for i := range rows(c.Batch.N, sel) {
				o.put(i, trimByte(a.at(i), ' ', left, right))
			}
			return o.done()
		}
		set := textsOf(args[1])
		for i := range rows(c.Batch.N, sel) {
			s, chars := a.at(i), set.at(i)
			if len(chars) == 1 && chars[0] < utf8.RuneSelf {
				o.put(i, trimByte(s, chars[0], left, right))
			} else {
				o.put(i, trimSet(s, chars, left, right))
			}
		}
		return o.done()
	}
	return []expr.Overload{optional(1, on(is(vec.TypeString), kernel, vec.String, vec.String))}
}

func trimByte(s []byte, b byte, left, right bool) []byte {
	if left {
		for len(s) > 0 && s[0] == b {
			s = s[1:]
		}
	}
	if right {
		for len(s) > 0 && s[len(s)-1] == b {
			s = s[:len(s)-1]
		}
	}
	return s
}

func trimSet(s, chars []byte, left, right bool) []byte {
	for left && len(s) > 0 {
		_, w := utf8.DecodeRune(s)
		if !hasChar(chars, s[:w]) {
			break
		}
		s = s[w:]
	}
	for right && len(s) > 0 {
		_, w := utf8.DecodeLastRune(s)
		if !hasChar(chars, s[len(s)-w:]) {
			break
		}
		s = s[:len(s)-w]
	}
	return s
}

// hasChar looks for one character; UTF-8 never matches in the middle of another.
func hasChar(set, char []byte) bool { return bytes.Contains(set, char) }

func pad(left bool) []expr.Overload {
	kernel := func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a, n := textsOf(args[0]), columnOf[int64](args[1])
		var fills texts
		if len(args) == 3 {
			fills = textsOf(args[2])
		}
		o := newText(c, t, a.bytesOf(c.Batch.N)+64)
		blank := []byte{' '}
		for i := range rows(c.Batch.N, sel) {
			s, fill := a.at(i), blank
			if len(args) == 3 {
				fill = fills.at(i)
			}
			size, missing := prefix(s, n.at(i))
			s = s[:size]
			if missing > maxValue {
				o.fail(i, errValueSize)
				continue
			}
			if !left {
				o.append(s)
			}
			if len(fill) > 0 {
				o.fillWith(fill, missing)
			}
			if left {
				o.append(s)
			}
			o.end(i)
		}
		return o.done()
	}
	return []expr.Overload{optional(1, on(is(vec.TypeString), kernel, vec.String, vec.Int64, vec.String))}
}

// fillWith appends n characters of a text that is repeated.
func (o *textOut) fillWith(fill []byte, n int64) {
	if len(fill) == 1 {
		o.room(int(n))
		for range n {
			o.data = append(o.data, fill[0])
		}
		return
	}
	for n > 0 {
		size, missing := prefix(fill, n)
		o.append(fill[:size])
		n = missing
		if len(o.data)-o.start > maxValue {
			return // end reports it
		}
	}
}

func repeat(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	a, n := textsOf(args[0]), columnOf[int64](args[1])
	o := newText(c, t, a.bytesOf(c.Batch.N))
	for i := range rows(c.Batch.N, sel) {
		s, k := a.at(i), n.at(i)
		if k > 0 && len(s) > 0 {
			if k > maxValue/int64(len(s)) {
				o.fail(i, errValueSize)
				continue
			}
			o.room(int(k) * len(s))
			for range k {
				o.data = append(o.data, s...)
			}
		}
		o.end(i)
	}
	return o.done()
}
