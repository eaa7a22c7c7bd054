package funcs

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/vec"
)

// perBatch counts the allocations of one evaluation over n rows in which every
// constant argument listed in cols is a column.
func perBatch(t testing.TB, sql string, mask, n int) (float64, func()) {
	t.Helper()
	scope := vec.NewPool(nil, false).Open()
	b := &arrowexec.Batch{Scope: scope, N: n, Now: 1700000000000}
	reg, err := expr.NewRegistry(All()...)
	require.NoError(t, err)
	k := 0
	r := &sqlReader{s: sql, reg: reg, columns: func(c *expr.Const) expr.Expr {
		if k++; mask>>(k-1)&1 == 0 {
			return c
		}
		bl := vec.NewBuilder(scope, c.Type(), n)
		for range n {
			bl.AppendRow(c.One, 0)
		}
		b.Cols = append(b.Cols, bl.Finish())
		return &expr.Column{Index: len(b.Cols) - 1, T: c.Type()}
	}}
	e, err := r.expression()
	if err != nil {
		require.Equal(t, 1, mask&1, "%s: %v", sql, err) // only the first argument may have to be constant
		return 0, nil
	}
	c := &expr.Ctx{}
	pool := vec.NewPool(nil, false)
	eval := func() {
		b.Scope = pool.Open()
		c.Reset(b)
		e.Eval(c, nil)
		b.Scope.Close()
	}
	eval()
	return testing.AllocsPerRun(5, eval), eval
}

var commonCalls = []string{
	"ABS(-2.5)", "ROUND(DOUBLE '2.675', 2)", "ROUND(2.345, 2)", "FLOOR(DOUBLE '1.5')", "POWER(1.1, 3)", "SQRT(2.0)", "LEAST(1, 2)",
	"UPPER('some text here')", "LOWER('Größe')", "TRIM(' a ')", "LENGTH('some text here')", "SUBSTRING('some text here', 3, 4)", "CONCAT('a', 1.5, 'b')",
	"REPLACE('a-b-c', '-', '+')", "LEFT('abc', 2)", "LPAD('7', 5, '0')", "STRPOS('window', 'd')", "SPLIT_PART('a,b,c', ',', 2)", "STARTS_WITH('abc', 'a')",
	"REGEXP_LIKE('abc-17', '[0-9]+')", "MD5('abc')", "EXTRACT('hour', TIMESTAMP '2024-02-29T12:34:56Z')", "YEAR(TIMESTAMP '2024-02-29T12:34:56Z')",
	"DATE_TRUNC('month', TIMESTAMP '2024-02-29T12:34:56Z')", "DATE_TRUNC('day', TIMESTAMP '2024-02-29T12:34:56Z', 'Europe/Berlin')",
	"TIME_BUCKET(INTERVAL '5 minutes', TIMESTAMP '2024-02-29T12:34:56Z')", "DATE_ADD(TIMESTAMP '2024-02-29T12:34:56Z', INTERVAL '1 month')",
	"DATEDIFF('day', DATE '2024-02-29', DATE '2024-03-01')", "STRFTIME(TIMESTAMP '2024-02-29T12:34:56Z', '%Y-%m-%d %H:%M')", "TO_TIMESTAMP('2024-02-29T12:34:56Z')",
	"TO_TIMESTAMP('29.02.2024', '%d.%m.%Y')", "JSON_VALUE('{\"a\":{\"b\":[1,2]}}', '$.a.b[1]')", "JSON_EXISTS('{\"a\":1}', '$.a')", "FORMAT('%s-%5s', 'a', 1)",
	"TO_HEX(255)", "INITCAP('some text')", "ARRAY_CONTAINS(INTS '[1,2,3]', 2)", "FROM_UNIXTIME(1700000000)",
}

// No function of the common ones allocates per row, whether the first argument
// or, where there are more, a later one varies.
func TestNoAllocationPerRow(t *testing.T) {
	for _, sql := range commonCalls {
		for mask := range 2 {
			mask = mask*2 + 1
			small, _ := perBatch(t, sql, mask, 64)
			large, _ := perBatch(t, sql, mask, 4096)
			if raceEnabled {
				continue // the race detector makes sync.Pool, and so regexp, allocate at random
			}
			require.Less(t, large-small, 64.0, fmt.Sprint(sql, " mask ", mask))
		}
	}
}

func BenchmarkCalls(b *testing.B) {
	for _, sql := range commonCalls {
		mask := 1
		if sql[:4] == "EXTR" || sql[:4] == "DATE" || sql[:4] == "TIME" {
			mask = 2
		}
		b.Run(sql, func(b *testing.B) {
			const n = 4096
			_, eval := perBatch(b, sql, mask, n)
			b.ReportAllocs()
			for b.Loop() {
				eval()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/row")
		})
	}
}
