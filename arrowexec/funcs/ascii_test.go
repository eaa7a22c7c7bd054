package funcs

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// Whole columns of ASCII take other loops: they give what Go's strings give, for all
// rows and for some, beside a text that is not ASCII too.
func TestTextsOfWholeColumns(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	pool := vec.NewPool(nil, true)
	for _, letters := range []string{"abzAZ@[`{ -\x00\x7f", "aéß日Z"} {
		alphabet := []rune(letters)
		for _, n := range []int{1, 7, 200} {
			s := pool.Open()
			texts := make([]string, n)
			b := vec.NewBuilder(s, vec.TypeString, n)
			for i := range texts {
				size := rnd.IntN(12)
				if rnd.IntN(20) == 0 {
					size = 100
				}
				for range size {
					texts[i] += string(alphabet[rnd.IntN(len(alphabet))])
				}
				b.String(texts[i])
			}
			c := &expr.Ctx{}
			c.Reset(&arrowexec.Batch{Scope: s, N: n})
			v := b.Finish()
			number := func(x int64) *vec.Vec { return s.Repeat(expr.IntConst(x).One, n) }
			text := func(x string) *vec.Vec { return s.Repeat(expr.StringConst(x).One, n) }
			var some vec.Sel
			for i := range n {
				if rnd.IntN(2) == 0 {
					some = append(some, int32(i))
				}
			}
			for _, sel := range []vec.Sel{nil, some, {}, {int32(n - 1)}} {
				check := func(name string, got *vec.Vec, want func(string) string) {
					t.Helper()
					for i := range rows(n, sel) {
						require.Equal(t, want(texts[i]), got.StringAt(i), "%s of %q, %d of %d rows", name, texts[i], sel.Count(n), n)
					}
				}
				check("UPPER", mapCase('a', 'z', func(r rune) rune { return []rune(strings.ToUpper(string(r)))[0] })(c, vec.TypeString, []*vec.Vec{v}, sel), func(x string) string {
					return strings.Map(func(r rune) rune { return []rune(strings.ToUpper(string(r)))[0] }, x)
				})
				for _, at := range [][2]int64{{1, 3}, {4, 3}, {0, 2}, {-3, 5}, {9, 1 << 40}, {-5, 2}, {1 << 40, 1}, {2, 0}} {
					got := substring(prefix)(c, vec.TypeString, []*vec.Vec{v, number(at[0]), number(at[1])}, sel)
					check("SUBSTRING", got, func(x string) string {
						r := []rune(x)
						from, to := max(at[0], 1)-1, min(at[0]+at[1]-1, int64(len(r)))
						if from >= to {
							return ""
						}
						return string(r[from:to])
					})
				}
				for _, by := range [][2]string{{"a", ""}, {"a", "bb"}, {"aZ", "x"}, {"abzAZ@[`{", "y"}, {"b", strings.Repeat("long", 20)}, {"zz", "z"}} {
					got := replace(c, vec.TypeString, []*vec.Vec{v, text(by[0]), text(by[1])}, sel)
					check("REPLACE", got, func(x string) string { return strings.ReplaceAll(x, by[0], by[1]) })
				}
				length := findFunc(t, "LENGTH").Overloads[0].Kernel(c, vec.TypeInt64, []*vec.Vec{v}, sel)
				for i := range rows(n, sel) {
					require.EqualValues(t, len([]rune(texts[i])), vec.Values[int64](length)[i])
				}
			}
			s.Close()
		}
	}
}

func findFunc(t *testing.T, name string) *expr.Func {
	for _, f := range substringFuncs() {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no function %s", name)
	return nil
}
