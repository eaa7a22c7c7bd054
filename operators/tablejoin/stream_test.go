package tablejoin_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/operators/optest"
	"github.com/velostream/velo/operators/tablejoin"
)

// want is the join of a stream with a table by the letter of the contract, record
// by record.
func (tr trial) want() (rows []out, ledger account) {
	type stored struct {
		row
		ord, weight int64
		used, bad   bool
	}
	var now []*stored
	stream := 0
	if tr.table == tablejoin.Left {
		stream = 1
	}
	pair := func(s, t *row) (l, r *row) {
		if stream == 0 {
			return s, t
		}
		return t, s
	}
	settle := func(x *stored) {
		switch {
		case x.used:
			ledger.Used += x.weight
		case x.bad:
			ledger.Failed += x.weight
		default:
			ledger.Filtered += x.weight
		}
	}
	for ord, rec := range tr.records {
		var float int64
		var first *stored
		for _, x := range rec[1-stream] {
			ledger.In += x.weight
			said := tr.judge(1-stream, x.row)
			none := !tr.keyless && x.k < 0 && !tr.nullSafe
			switch {
			case x.had != arrowexec.Added:
				float += x.weight
				at := slices.IndexFunc(now, func(o *stored) bool { return o.ord == x.had && tr.same(1-stream, o.row, x.row) })
				if at >= 0 {
					settle(now[at])
					now = slices.Delete(now, at, at+1)
				}
			case said == fails:
				ledger.Failed += x.weight
				ledger.errors++
			case said == no || none:
				float += x.weight
			default:
				o := &stored{row: x.row, ord: int64(ord), weight: x.weight}
				now = append(now, o)
				if first == nil {
					first = o
				}
			}
		}
		if first != nil && slices.Contains(now, first) {
			first.weight += float
		} else {
			ledger.Filtered += float
		}
		for _, x := range rec[stream] {
			ledger.In += x.weight
			if tr.judge(stream, x.row) == fails {
				ledger.Failed += x.weight
				ledger.errors++
				continue
			}
			hit, bad := false, false
			for _, o := range now {
				l, r := pair(&x.row, &o.row)
				switch tr.match(*l, *r) {
				case yes:
					hit, o.used = true, true
					rows = append(rows, out{int64(ord), arrowexec.Added, optest.Row{Values: tr.values(l, r)}.String()})
				case fails:
					bad, o.bad = true, true
					ledger.errors++
				}
			}
			switch {
			case hit:
				ledger.Used += x.weight
			case bad:
				ledger.Failed += x.weight
			case tr.outer(stream):
				ledger.Used += x.weight
				l, r := pair(&x.row, nil)
				rows = append(rows, out{int64(ord), arrowexec.Added, optest.Row{Values: tr.values(l, r)}.String()})
			default:
				ledger.Filtered += x.weight
			}
		}
	}
	for _, x := range now {
		settle(x)
	}
	return rows, ledger
}

func TestStreamMeetsTheTableOfItsMoment(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		tr := newTrial(rnd, []tablejoin.Tables{tablejoin.Right, tablejoin.Left})
		want, ledger := tr.want()
		for _, size := range []int{1, 3, 64, 4096} {
			got, l := tr.got(t, rnd, size, size == 3 || size == 4096)
			equal(t, want, got, "trial %d, batches of %d: %s", i, size, tr)
			require.Equal(t, ledger, l, "trial %d, batches of %d: %s", i, size, tr)
		}
	}
}
