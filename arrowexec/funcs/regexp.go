package funcs

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

func regexpFuncs() []*expr.Func {
	return []*expr.Func{
		{
			Name: "REGEXP_LIKE", Aliases: []string{"REGEXP", "REGEXP_MATCHES"}, Family: "String", Signature: "REGEXP_LIKE(s, pattern [, flags])", Doc: "Whether a regular expression (RE2) matches anywhere in s; flag i ignores case.",
			Example: "REGEXP_LIKE('order-17', '[0-9]+$')", Result: "true",
			Overloads: []expr.Overload{optional(1, prepared(is(vec.TypeBool), prepareLike, vec.String, vec.String, vec.String))},
		},
		{
			Name: "REGEXP_REPLACE", Family: "String", Signature: "REGEXP_REPLACE(s, pattern, by [, flags])", Doc: "s with the first match replaced, or every one with flag g; \\1 to \\9 in by stand for groups, \\& for the match.",
			Example: "REGEXP_REPLACE('a1b22', '[0-9]+', '<\\&>', 'g')", Result: "a<1>b<22>",
			Overloads: []expr.Overload{optional(1, prepared(is(vec.TypeString), prepareReplace, vec.String, vec.String, vec.String, vec.String))},
		},
		{
			Name: "REGEXP_EXTRACT", Family: "String", Signature: "REGEXP_EXTRACT(s, pattern [, group])", Doc: "The first match, or one group of it; NULL without a match.",
			Example: "REGEXP_EXTRACT('user=42', '([a-z]+)=([0-9]+)', 2)", Result: "42",
			Overloads: []expr.Overload{optional(1, prepared(is(vec.TypeString), prepareExtract, vec.String, vec.String, vec.Int64))},
		},
	}
}

// flags are what a third or fourth argument switches on.
type flags struct{ global, fold bool }

func readFlags(s string) (f flags, err error) {
	for _, r := range s {
		switch r {
		case 'g':
			f.global = true
		case 'i':
			f.fold = true
		case 'c':
			f.fold = false
		default:
			return f, fmt.Errorf("unknown regular expression flag %q; the flags are g (all matches), i (ignore case) and c (mind case)", r)
		}
	}
	return f, nil
}

// pattern keeps a regular expression in both forms of its case.
type pattern struct {
	text string
	re   [2]*regexp.Regexp // as written; ignoring case, made when asked for
}

func compilePattern(s string) (*pattern, error) {
	re, err := regexp.Compile(s)
	if err != nil {
		return nil, fmt.Errorf("bad regular expression %q: %s", s, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	fold, err := regexp.Compile("(?i)" + s)
	if err != nil {
		return nil, err
	}
	return &pattern{text: s, re: [2]*regexp.Regexp{re, fold}}, nil
}

func (p *pattern) with(f flags) *regexp.Regexp {
	if f.fold {
		return p.re[1]
	}
	return p.re[0]
}

// regexps are the compiled pattern and flags of a call.
type regexps struct {
	pattern compiled[*pattern]
	flags   compiled[flags]
	flagArg int // 0: none
}

func prepareRegexp(args []arrow.DataType, consts []*expr.Const, flagArg int) (r regexps, err error) {
	if r.pattern, err = compile(consts, 1, compilePattern); err != nil {
		return r, err
	}
	if flagArg > 0 && len(args) > flagArg {
		r.flagArg = flagArg
		r.flags, err = compile(consts, flagArg, readFlags)
	}
	return r, err
}

func (r regexps) over(args []*vec.Vec) func(i int) (*regexp.Regexp, flags, error) {
	pats := r.pattern.over(args[1])
	if r.flagArg == 0 {
		return func(i int) (*regexp.Regexp, flags, error) {
			p, err := pats.at(i)
			if err != nil {
				return nil, flags{}, err
			}
			return p.re[0], flags{}, nil
		}
	}
	fl := r.flags.over(args[r.flagArg])
	return func(i int) (*regexp.Regexp, flags, error) {
		p, err := pats.at(i)
		if err != nil {
			return nil, flags{}, err
		}
		f, err := fl.at(i)
		if err != nil {
			return nil, flags{}, err
		}
		return p.with(f), f, nil
	}
}

func prepareLike(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	r, err := prepareRegexp(args, consts, 2)
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, _ arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		out, bits := newBool(c)
		a, at := textsOf(args[0]), r.over(args)
		for i := range rows(c.Batch.N, sel) {
			re, _, err := at(i)
			if err != nil {
				bad(c, out, i, err)
			} else if re.Match(a.at(i)) {
				bits.Set(i)
			}
		}
		return out
	}, nil
}

func prepareExtract(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	r, err := prepareRegexp(args, consts, 0)
	if err != nil {
		return nil, err
	}
	if g, ok := constInt(consts, 2); ok && r.pattern.fixed {
		if err := checkGroup(r.pattern.val.re[0], g); err != nil {
			return nil, &expr.ArgumentError{Arg: 2, Message: err.Error()}
		}
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a, at := textsOf(args[0]), r.over(args)
		groups := column[int64]{v: []int64{0}}
		if len(args) == 3 {
			groups = columnOf[int64](args[2])
		}
		o := newText(c, t, a.bytesOf(c.Batch.N))
		for i := range rows(c.Batch.N, sel) {
			re, _, err := at(i)
			g := groups.at(i)
			if err == nil {
				err = checkGroup(re, g)
			}
			if err != nil {
				o.fail(i, err)
				continue
			}
			s := a.at(i)
			var m []int
			if g == 0 {
				m = re.FindIndex(s)
			} else {
				m = re.FindSubmatchIndex(s)
			}
			if m == nil || m[2*g] < 0 {
				o.null(i)
				continue
			}
			o.put(i, s[m[2*g]:m[2*g+1]])
		}
		return o.done()
	}, nil
}

func checkGroup(re *regexp.Regexp, g int64) error {
	if g < 0 || g > int64(re.NumSubexp()) {
		return fmt.Errorf("the regular expression has %d groups, there is no group %d", re.NumSubexp(), g)
	}
	return nil
}

func prepareReplace(args []arrow.DataType, consts []*expr.Const) (expr.Kernel, error) {
	r, err := prepareRegexp(args, consts, 3)
	if err != nil {
		return nil, err
	}
	return func(c *expr.Ctx, t arrow.DataType, args []*vec.Vec, sel vec.Sel) *vec.Vec {
		a, by, at := textsOf(args[0]), textsOf(args[2]), r.over(args)
		o := newText(c, t, a.bytesOf(c.Batch.N)+64)
		for i := range rows(c.Batch.N, sel) {
			re, f, err := at(i)
			if err != nil {
				o.fail(i, err)
				continue
			}
			s, repl := a.at(i), by.at(i)
			n := 1
			if f.global {
				n = -1
			}
			last := 0
			if n == 1 {
				if m := re.FindSubmatchIndex(s); m != nil {
					last = o.replaced(s, repl, m, last)
				}
			} else {
				for _, m := range re.FindAllSubmatchIndex(s, -1) {
					last = o.replaced(s, repl, m, last)
				}
			}
			o.put(i, s[last:])
		}
		return o.done()
	}, nil
}

// replaced appends what stands before a match and the replacement for it.
func (o *textOut) replaced(s, by []byte, m []int, last int) int {
	o.append(s[last:m[0]])
	for i := 0; i < len(by); i++ {
		if by[i] != '\\' || i+1 == len(by) {
			o.append(by[i : i+1])
			continue
		}
		i++
		switch b := by[i]; {
		case b >= '1' && b <= '9':
			if g := int(b - '0'); 2*g < len(m) && m[2*g] >= 0 {
				o.append(s[m[2*g]:m[2*g+1]])
			}
		case b == '&':
			o.append(s[m[0]:m[1]])
		case b == '\\':
			o.append(by[i : i+1])
		default:
			o.append(by[i-1 : i+1])
		}
	}
	return m[1]
}
