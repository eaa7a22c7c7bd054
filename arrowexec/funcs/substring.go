package funcs

import (
	"math"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

const errLength = domain("negative substring length")

func substringFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "LENGTH", Aliases: []string{"LEN", "CHAR_LENGTH", "CHARACTER_LENGTH"}, Family: "String", Signature: "LENGTH(s)", Doc: "The number of characters of a text, or of bytes of BYTES.",
			Example: "LENGTH('añb')", Result: "3",
			Overloads: []expr.Overload{
				on(is(vec.TypeInt64), characters(func(s []byte) int64 {
					if isASCII(s) {
						return int64(len(s))
					}
					return int64(utf8.RuneCount(s))
				}), vec.String),
				on(is(vec.TypeInt64), octets, vec.Binary),
			},
		},
		{
			Name: "OCTET_LENGTH", Family: "String", Signature: "OCTET_LENGTH(s)", Doc: "The number of bytes.",
			Example: "OCTET_LENGTH('añb')", Result: "4",
			Overloads: []expr.Overload{on(is(vec.TypeInt64), octets, vec.String), on(is(vec.TypeInt64), octets, vec.Binary)},
		},
		{
			Name: "SUBSTRING", Aliases: []string{"SUBSTR"}, Family: "String", Signature: "SUBSTRING(s, from [, count])", Doc: "count characters of s from position from (1 is the first; positions before it count too), or the rest; also SUBSTRING(s FROM 2 FOR 3).",
			Example: "SUBSTRING('window', 2, 3)", Result: "ind",
			Overloads: []expr.Overload{
				optional(1, on(is(vec.TypeString), substring(prefix), vec.String, vec.Int64, vec.Int64)),
				optional(1, on(is(vec.TypeBinary), substring(prefixBytes), vec.Binary, vec.Int64, vec.Int64)),
			},
		},
		{
			Name: "LEFT", Family: "String", Signature: "LEFT(s, n)", Doc: "The first n characters; with a negative n all but the last -n.",
			Example: "LEFT('stream', -2)", Result: "stre",
			Overloads: []expr.Overload{on(is(vec.TypeString), ends(true), vec.String, vec.Int64)},
		},
		{
			Name: "RIGHT", Family: "String", Signature: "RIGHT(s, n)", Doc: "The last n characters; with a negative n all but the first -n.",
			Example: "RIGHT('stream', 3)", Result: "eam",
			Overloads: []expr.Overload{on(is(vec.TypeString), ends(false), vec.String, vec.Int64)},
		},
	}
}

func octets(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	out, a := c.Scope.New(t, c.Batch.N), textsOf(args[0])
	dst := vec.Values[int64](out)
	for i := range rows(len(dst), sel) {
		j := i * a.step
		dst[i] = int64(a.off[j+1] - a.off[j])
	}
	return out
}

func lengths(f func([]byte) int64) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, a := c.Scope.New(t, c.Batch.N), textsOf(args[0])
		dst := vec.Values[int64](out)
		for i := range rows(len(dst), sel) {
			dst[i] = f(a.at(i))
		}
		return out
	}
}

// characters is lengths of texts, whose bytes are their characters in ASCII.
func characters(f func([]byte) int64) expr.Kernel {
	each := lengths(f)
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		if sel.Count(c.Batch.N) > c.Batch.N/8 && textsOf(args[0]).ascii(c.Batch.N) {
			return octets(c, t, args, nil)
		}
		return each(c, t, args, sel)
	}
}

// prefixBytes is prefix where bytes are the characters.
func prefixBytes(s []byte, n int64) (size int, missing int64) {
	n = max(n, 0)
	size = int(min(n, int64(len(s))))
	return size, n - int64(size)
}

func substring(prefix func([]byte, int64) (int, int64)) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a, from := textsOf(args[0]), columnOf[int64](args[1])
		var count column[int64]
		if len(args) == 3 {
			count = columnOf[int64](args[2])
		}
		if v := substringConst(c, t, a, args, sel); v != nil {
			return v
		}
		o := newText(c, t, a.bytesOf(c.Batch.N))
		for i := range rows(c.Batch.N, sel) {
			s, start := a.at(i), from.at(i)
			end := int64(math.MaxInt64) // position after the last
			if len(args) == 3 {
				n := count.at(i)
				if n < 0 {
					o.fail(i, errLength)
					continue
				}
				if start <= 0 || n < math.MaxInt64-start {
					end = start + n
				}
			}
			start = max(start, 1)
			if end <= start {
				o.end(i)
				continue
			}
			skip, missing := prefix(s, start-1)
			if missing > 0 {
				o.end(i)
				continue
			}
			s = s[skip:]
			size, _ := prefix(s, end-start)
			o.put(i, s[:size])
		}
		return o.done()
	}
}

// substringConst is for constant places, and characters that are bytes; nil: they are
// not.
func substringConst(c *expr.Ctx, t arrow.DataType, a texts, args []*vec.Vec, sel vec.Sel) *vec.Vec {
	for _, x := range args[1:] {
		if !x.Const {
			return nil
		}
	}
	start, size := vec.Values[int64](args[1])[0], int64(math.MaxInt32)
	if len(args) == 3 {
		size = vec.Values[int64](args[2])[0]
	}
	if size < 0 || start > math.MaxInt32 || start < -math.MaxInt32 || a.step == 0 {
		return nil
	}
	if len(args) == 3 && start < 1 { // the places before the first count
		size = max(start+min(size, math.MaxInt32)-1, 0)
	}
	if sel.Count(c.Batch.N) <= c.Batch.N/8 || vec.KindOf(t) == vec.String && !a.ascii(c.Batch.N) {
		return nil
	}
	return substringASCII(c, t, a, max(start, 1)-1, min(size, math.MaxInt32), sel)
}

func ends(left bool) expr.Kernel {
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a, count := textsOf(args[0]), columnOf[int64](args[1])
		o := newText(c, t, a.bytesOf(c.Batch.N))
		for i := range rows(c.Batch.N, sel) {
			s, n := a.at(i), max(count.at(i), -math.MaxInt64)
			if left == (n >= 0) { // counted from the start
				size, _ := prefix(s, max(n, -n))
				if left {
					s = s[:size]
				} else {
					s = s[size:]
				}
			} else {
				size := suffix(s, max(n, -n))
				if left {
					s = s[:len(s)-size]
				} else {
					s = s[len(s)-size:]
				}
			}
			o.put(i, s)
		}
		return o.done()
	}
}

// suffix is how many bytes the last n characters take.
func suffix(s []byte, n int64) int {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		if s[i-1] < utf8.RuneSelf {
			i--
		} else {
			_, w := utf8.DecodeLastRune(s[:i])
			i -= w
		}
	}
	return len(s) - i
}
