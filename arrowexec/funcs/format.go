package funcs

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

func formatFuncs() []*expr.Func {
	return []*expr.Func{{
		Name: "FORMAT", Family: "String", Signature: "FORMAT(pattern, x, …)", Doc: "The pattern with %s (text), %I (identifier) and %L (literal) replaced by the arguments; %2$s names one, %-10s and %*s give a width, %% is a percent sign.",
		Example: "FORMAT('%s: %5s|%2$-5s|', 'total', 42)", Result: "total:    42|42   |",
		Overloads: []expr.Overload{{
			Args: []expr.Param{{Kind: vec.String}, anything}, Variadic: true, NullCall: true,
			Type: textFromAny("FORMAT", 1), Prepare: prepareFormat,
		}},
	}}
}

// directive is a piece of a format: literal text, then a conversion.
type directive struct {
	lit      string
	verb     byte // 0: literal only
	arg      int  // 1-based
	width    int
	widthArg int // 1-based; 0: none
	left     bool
}

func compileFormat(nargs int) func(string) ([]directive, error) {
	return func(s string) ([]directive, error) {
		var out []directive
		var lit []byte
		next := 1
		for i := 0; i < len(s); i++ {
			if s[i] != '%' {
				lit = append(lit, s[i])
				continue
			}
			if i++; i == len(s) {
				return nil, fmt.Errorf("unterminated %% in format %q; write %%%% for a percent sign", s)
			}
			if s[i] == '%' {
				lit = append(lit, '%')
				continue
			}
			d := directive{lit: string(lit)}
			lit = lit[:0]
			number := func() (n int, ok bool) {
				j := i
				for j < len(s) && s[j] >= '0' && s[j] <= '9' && j-i < 9 {
					j++
				}
				n, err := strconv.Atoi(s[i:j])
				i = j
				return n, err == nil
			}
			position := func() bool { // n$
				j := i
				if n, ok := number(); ok && i < len(s) && s[i] == '$' {
					i++
					d.arg = n
					return n > 0
				}
				i = j
				return true
			}
			ok := position()
			for i < len(s) && s[i] == '-' {
				d.left = true
				i++
			}
			if i < len(s) && s[i] == '*' {
				i++
				j := i
				n, isNum := number()
				if isNum && i < len(s) && s[i] == '$' {
					i++
					d.widthArg, next = n, n+1 // the value is the argument behind it
					ok = ok && n > 0
				} else {
					i = j
					d.widthArg = next
					next++
				}
			} else {
				d.width, _ = number()
			}
			if !ok || i >= len(s) || s[i] != 's' && s[i] != 'I' && s[i] != 'L' {
				return nil, fmt.Errorf("bad conversion in format %q; they are %%s, %%I, %%L and %%%%, with n$ and a width", s)
			}
			d.verb = s[i]
			if d.arg == 0 {
				d.arg = next
			}
			next = d.arg + 1
			if d.arg > nargs || d.widthArg > nargs {
				return nil, fmt.Errorf("too few arguments for format %q", s)
			}
			out = append(out, d)
		}
		return append(out, directive{lit: string(lit)}), nil
	}
}

func prepareFormat(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	pat, err := compile(consts, 0, compileFormat(len(args)-1))
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		o := newText(c, t, 32*c.Batch.N)
		if args[0].Kind == vec.Null {
			return c.Scope.NullConst(t, c.Batch.N)
		}
		at := pat.over(args[0])
		for i := range rows(c.Batch.N, sel) {
			if args[0].IsNull(i) {
				o.null(i)
				continue
			}
			ds, err := at.at(i)
			for k := 0; err == nil && k < len(ds); k++ {
				err = o.directive(&ds[k], args, i)
			}
			if err != nil {
				o.fail(i, err)
			} else {
				o.end(i)
			}
		}
		return o.done()
	}, nil
}

func (o *textOut) directive(d *directive, args []*vec.Vec, i int) error {
	o.room(len(d.lit))
	o.data = append(o.data, d.lit...)
	if d.verb == 0 {
		return nil
	}
	v, width, left := args[d.arg], int64(d.width), d.left
	if d.widthArg > 0 {
		switch w := args[d.widthArg]; {
		case w.IsNull(i):
			width = 0
		case w.Kind == vec.Int8, w.Kind == vec.Int16, w.Kind == vec.Int32, w.Kind == vec.Int64:
			width = w.Int64At(i)
		default:
			return fmt.Errorf("the width of a format must be an integer")
		}
		if width < 0 {
			width, left = -width, true
		}
	}
	if width > maxValue || width < 0 {
		return errValueSize
	}
	start := len(o.data)
	null := v.IsNull(i)
	switch {
	case null && d.verb == 'L':
		o.data = append(o.data, "NULL"...)
	case null && d.verb == 'I':
		return fmt.Errorf("NULL cannot be formatted as an identifier")
	case !null:
		o.value(v, i)
		if d.verb == 'L' {
			o.quote(start, '\'')
		} else if d.verb == 'I' && !plainName(o.data[start:]) {
			o.quote(start, '"')
		}
	}
	if fill := width - int64(utf8.RuneCount(o.data[start:])); fill > 0 {
		size := len(o.data) - start
		o.room(int(fill))
		for range fill {
			o.data = append(o.data, ' ')
		}
		if !left {
			copy(o.data[start+int(fill):], o.data[start:start+size])
			for j := range int(fill) {
				o.data[start+j] = ' '
			}
		}
	}
	return nil
}

func plainName(b []byte) bool {
	for i, c := range b {
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return len(b) > 0
}

// quote puts quotes around what was appended since start and doubles those inside.
func (o *textOut) quote(start int, q byte) {
	raw := bytes.Clone(o.data[start:])
	o.data = o.data[:start]
	escaped := q == '\'' && bytes.IndexByte(raw, '\\') >= 0
	if escaped {
		o.data = append(o.data, 'E')
	}
	o.data = append(o.data, q)
	for _, b := range raw {
		if b == q || escaped && b == '\\' {
			o.data = append(o.data, b)
		}
		o.data = append(o.data, b)
	}
	o.data = append(o.data, q)
}
