package window

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/operators/optest"
)

// Keys come and go, several thousand over the run, rows are out of order far
// beyond the watermark, and windows close several at a time.
func TestPanesOfManyKeysFollowTheReference(t *testing.T) {
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		o := Options{Kind: Sliding, Size: 60, Advance: 10, Spec: spec(t), Time: 2, OutputTime: true, Late: []LateStrategy{Drop, IncludeInNext}[seed%2]}
		in := optest.Input{Types: types, After: arrowexec.NoWatermark}
		var rows []refRow
		mark := int64(arrowexec.NoWatermark)
		for i := range 7000 {
			now := int64(i / 12)
			r := refRow{t: now - int64(rnd.IntN(9)), key: fmt.Sprint("k", i*2/3+rnd.IntN(300)), v: i}
			if rnd.IntN(30) == 0 {
				r.t -= int64(rnd.IntN(80))
			}
			rows = append(rows, r)
			in.Rows = append(in.Rows, []any{r.key, r.v, int(r.t)})
			in.Marks = append(in.Marks, mark)
			if seed < 2 || i%40 == 0 {
				mark = max(mark, r.t-5)
			}
		}
		in.After = mark
		m := &model{o: o, rows: rows}
		m.run(in.Marks, in.After)
		res := optest.Check(t, mk(o), in, optest.Options{Seeds: 3})
		require.Len(t, res.Rows, len(m.out))
		for i, r := range res.Rows {
			s := r.String()
			at := strings.LastIndex(s, " *")
			require.Equal(t, m.out[i], s[:at]+s[strings.LastIndex(s, " ~"):], "row %d, seed %d", i, seed)
		}
		optest.Balanced(t, res.Ledger)
		require.EqualValues(t, len(m.used), res.Ledger.Used)
	}
}
