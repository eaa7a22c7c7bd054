package funcs

import (
	"bytes"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

const errField = domain("the field position must not be 0")

func searchFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "POSITION", Family: "String", Signature: "POSITION(part, s)", Doc: "The position of the first occurrence of part in s, counted from 1, or 0; also POSITION(part IN s).",
			Example: "POSITION('o' IN 'window')", Result: "5",
			Overloads: []expr.Overload{on(is(vec.TypeInt64), position(1, 0), vec.String, vec.String)},
		},
		{
			Name: "STRPOS", Aliases: []string{"INSTR"}, Family: "String", Signature: "STRPOS(s, part)", Doc: "The position of the first occurrence of part in s, counted from 1, or 0.",
			Example: "STRPOS('window', 'd')", Result: "4",
			Overloads: []expr.Overload{on(is(vec.TypeInt64), position(0, 1), vec.String, vec.String)},
		},
		{
			Name: "STARTS_WITH", Family: "String", Signature: "STARTS_WITH(s, part)", Doc: "Whether s starts with part.",
			Example: "STARTS_WITH('velo', 've')", Result: "true", Overloads: tests(bytes.HasPrefix),
		},
		{
			Name: "ENDS_WITH", Family: "String", Signature: "ENDS_WITH(s, part)", Doc: "Whether s ends with part.",
			Example: "ENDS_WITH('velo', 've')", Result: "false", Overloads: tests(bytes.HasSuffix),
		},
		{
			Name: "CONTAINS", Family: "String", Signature: "CONTAINS(s, part)", Doc: "Whether part occurs in s.",
			Example: "CONTAINS('velo', 'el')", Result: "true", Overloads: tests(bytes.Contains),
		},
		{
			Name: "REPLACE", Family: "String", Signature: "REPLACE(s, part, by)", Doc: "s with every occurrence of part replaced.",
			Example: "REPLACE('a-b-c', '-', '+')", Result: "a+b+c",
			Overloads: []expr.Overload{on(is(vec.TypeString), replace, vec.String, vec.String, vec.String)},
		},
		{
			Name: "SPLIT", Aliases: []string{"STRING_TO_ARRAY"}, Family: "String", Signature: "SPLIT(s, separator)", Doc: "The parts of s as an ARRAY: an empty separator does not split, a NULL one gives the characters.",
			Example: "SPLIT('a,b,,c', ',')", Result: `["a","b","","c"]`,
			Overloads: []expr.Overload{{Args: kinds(vec.String, vec.String), NullCall: true, Type: is(arrow.ListOf(vec.TypeString)), Kernel: split}},
		},
		{
			Name: "SPLIT_PART", Family: "String", Signature: "SPLIT_PART(s, separator, n)", Doc: "The n-th part of s, counted from 1, or from the end with a negative n; empty if there is none.",
			Example: "SPLIT_PART('a/b/c', '/', -1)", Result: "c",
			Overloads: []expr.Overload{on(is(vec.TypeString), splitPart, vec.String, vec.String, vec.Int64)},
		},
	}
}

// position finds text args[part] in args[whole].
func position(whole, part int) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, a, b := c.Scope.New(t, c.Batch.N), textsOf(args[whole]), textsOf(args[part])
		dst := vec.Values[int64](out)
		for i := range rows(len(dst), sel) {
			s := a.at(i)
			at := bytes.Index(s, b.at(i))
			if at > 0 && !isASCII(s[:at]) {
				at = utf8.RuneCount(s[:at])
			}
			dst[i] = int64(at) + 1
		}
		return out
	}
}

func tests(f func(s, part []byte) bool) []expr.Overload {
	kernel := func(c *expr.Ctx, _ arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, bits := newBool(c)
		a, b := textsOf(args[0]), textsOf(args[1])
		for i := range rows(c.Batch.N, sel) {
			if f(a.at(i), b.at(i)) {
				bits.Set(i)
			}
		}
		return out
	}
	return []expr.Overload{
		on(is(vec.TypeBool), kernel, vec.String, vec.String),
		on(is(vec.TypeBool), kernel, vec.Binary, vec.Binary),
	}
}

func replace(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	a, part, by := textsOf(args[0]), textsOf(args[1]), textsOf(args[2])
	if a.step == 1 && part.step == 0 && by.step == 0 && len(part.at(0)) > 0 {
		if v, ok := replaceConst(c, t, a, part.at(0), by.at(0), sel); ok {
			return v
		}
	}
	o := newText(c, t, a.bytesOf(c.Batch.N)+64)
	for i := range rows(c.Batch.N, sel) {
		s, p, r := a.at(i), part.at(i), by.at(i)
		for len(p) > 0 && len(o.data)-o.start <= maxValue {
			at := bytes.Index(s, p)
			if at < 0 {
				break
			}
			o.append(s[:at])
			o.append(r)
			s = s[at+len(p):]
		}
		o.put(i, s)
	}
	return o.done()
}

// indexIn is the first place of a text in data[from:to], or −1.
func indexIn(data []byte, from, to int, text []byte) int {
	at := bytes.Index(data[from:to], text)
	if at < 0 {
		return -1
	}
	return from + at
}

func split(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	o := newList(c, t)
	for i := range rows(c.Batch.N, sel) {
		if args[0].IsNull(i) {
			continue
		}
		b := o.row(i)
		s, el := args[0].BytesAt(i), b.Children[0]
		switch {
		case len(s) == 0:
		case args[1].IsNull(i):
			for len(s) > 0 {
				_, w := utf8.DecodeRune(s)
				el.Bytes(s[:w])
				s = s[w:]
			}
		default:
			sep := args[1].BytesAt(i)
			for len(sep) > 0 {
				at := bytes.Index(s, sep)
				if at < 0 {
					break
				}
				el.Bytes(s[:at])
				s = s[at+len(sep):]
			}
			el.Bytes(s)
		}
		b.EndList()
	}
	return o.done()
}

func splitPart(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	a, seps, nth := textsOf(args[0]), textsOf(args[1]), columnOf[int64](args[2])
	o := newText(c, t, a.bytesOf(c.Batch.N))
	for i := range rows(c.Batch.N, sel) {
		s, sep, n := a.at(i), seps.at(i), nth.at(i)
		switch {
		case n == 0:
			o.fail(i, errField)
		case len(sep) == 0:
			if n == 1 || n == -1 {
				o.append(s)
			}
			o.end(i)
		case n > 0:
			o.put(i, partAt(s, sep, n))
		default:
			o.put(i, partBack(s, sep, n))
		}
	}
	return o.done()
}

func partAt(s, sep []byte, n int64) []byte {
	for {
		at := bytes.Index(s, sep)
		if n--; n == 0 {
			if at >= 0 {
				s = s[:at]
			}
			return s
		}
		if at < 0 {
			return nil
		}
		s = s[at+len(sep):]
	}
}

// partBack counts separators from the end but finds them from the start, as
// overlapping ones (aa in aaa) are found.
func partBack(s, sep []byte, n int64) []byte {
	return partAt(s, sep, max(int64(bytes.Count(s, sep))+2+n, 0))
}
