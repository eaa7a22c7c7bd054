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

// stored is a row of a table in the model of two tables.
type stored struct {
	row
	ord, weight int64
	used, bad   bool
	alone       bool // it stands alone in the result
}

// model is two tables as they are, and what has come out of their join.
type model struct {
	tr     trial
	now    [2][]*stored
	result map[out]int // rows with the sequence number under which they came
	ledger account
}

// apply makes the changes of a record; came tells that rows came out of it.
func (m *model) apply(ord int64, rec record, came bool) {
	var float int64
	var added []*stored
	for side, steps := range rec {
		for _, x := range steps {
			m.ledger.In += x.weight
			said := m.tr.judge(side, x.row)
			none := said == no || !m.tr.keyless && x.k < 0 && !m.tr.nullSafe
			switch {
			case x.had != arrowexec.Added:
				float += x.weight
				at := slices.IndexFunc(m.now[side], func(o *stored) bool { return o.ord == x.had && m.tr.same(side, o.row, x.row) })
				if at < 0 {
					continue
				}
				o := m.now[side][at]
				m.now[side] = slices.Delete(m.now[side], at, at+1)
				if o.ord == ord { // it came and went
					float += o.weight
					added = slices.DeleteFunc(added, func(x *stored) bool { return x == o })
					continue
				}
				m.settle(o)
			case said == fails:
				m.ledger.Failed += x.weight
				m.ledger.errors++
			case none && !m.tr.outer(side):
				float += x.weight
			default:
				o := &stored{row: x.row, ord: ord, weight: x.weight}
				m.now[side], added = append(m.now[side], o), append(added, o)
			}
		}
	}
	switch {
	case came:
		m.ledger.Used += float
		for _, o := range added {
			o.used = true
		}
	case len(added) > 0:
		added[0].weight += float
	default:
		m.ledger.Filtered += float
	}
}

func (m *model) settle(o *stored) {
	switch {
	case o.used:
		m.ledger.Used += o.weight
	case o.bad:
		m.ledger.Failed += o.weight
	default:
		m.ledger.Filtered += o.weight
	}
}

// join joins the tables as they are after a record and notes whose rows come out.
func (m *model) join(ord int64) map[string]int {
	all := map[string]int{}
	hit := map[*stored]bool{}
	put := func(l, r *row) { all[optest.Row{Values: m.tr.values(l, r)}.String()]++ }
	for _, l := range m.now[0] {
		for _, r := range m.now[1] {
			switch m.tr.match(l.row, r.row) {
			case yes:
				put(&l.row, &r.row)
				l.used, r.used = true, true
				hit[l], hit[r] = true, true
			case fails:
				l.bad, r.bad = true, true
				if max(l.ord, r.ord) == ord { // the pair is new
					m.ledger.errors++
				}
				hit[l], hit[r] = true, true
			}
		}
	}
	for side := range 2 {
		for _, x := range m.now[side] {
			if hit[x] || !m.tr.outer(side) {
				x.alone = false
				continue
			}
			x.used, x.alone = true, true
			vals := m.tr.values(&x.row, nil)
			if side == 1 {
				vals = m.tr.values(nil, &x.row)
			}
			all[optest.Row{Values: vals}.String()]++
		}
	}
	return all
}

// fold takes in what one record came to.
func (m *model) fold(t *testing.T, list []out) {
	added := false
	for _, x := range list {
		if x.had == arrowexec.Added {
			added = true
			m.result[out{ord: x.ord, text: x.text}]++
			continue
		}
		require.False(t, added, "what is taken back stands before what is added")
		key := out{ord: x.had, text: x.text}
		require.Positive(t, m.result[key], "row %v is taken back and was not there: %s", x, m.tr)
		if m.result[key]--; m.result[key] == 0 {
			delete(m.result, key)
		}
	}
}

// TestTablesAgainstBatchJoins folds the changes of the join and holds that after
// every record they are the join of the tables as they are then.
func TestTablesAgainstBatchJoins(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range 300 {
		tr := newTrial(rnd, []tablejoin.Tables{tablejoin.Both})
		rows, ledger := tr.got(t, rnd, 1, false)
		m := &model{tr: tr, result: map[out]int{}}
		rest := rows
		for ord, rec := range tr.records {
			n := 0
			for n < len(rest) && rest[n].ord == int64(ord) {
				n++
			}
			m.apply(int64(ord), rec, n > 0)
			m.fold(t, rest[:n])
			rest = rest[n:]
			if len(tr.records) > 1000 && ord%97 > 0 && ord+1 < len(tr.records) {
				m.join(int64(ord))
				continue
			}
			got := map[string]int{}
			for x, k := range m.result {
				got[x.text] += k
			}
			require.Equal(t, m.join(int64(ord)), got, "trial %d after record %d: %s", i, ord, tr)
		}
		require.Empty(t, rest)
		for side := range 2 {
			for _, x := range m.now[side] {
				m.settle(x)
			}
		}
		require.Equal(t, m.ledger, ledger, "trial %d: %s", i, tr)
		for _, size := range []int{3, 64, 4096} {
			got, l := tr.got(t, rnd, size, size != 64)
			equal(t, rows, got, "trial %d, batches of %d: %s", i, size, tr)
			require.Equal(t, ledger, l, "trial %d, batches of %d: %s", i, size, tr)
		}
	}
}
