package hashagg

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/vec"
)

// change is one row of a table's changelog; took is the sequence number under which
// a row that is taken back was added.
type change struct {
	r      row
	ord    int64
	took   int64
	weight int64
}

// changelog makes n records that insert, update and delete rows of a table of few
// keys. A filter behind the table drops some rows of an update.
func changelog(rng *rand.Rand, n int) (records [][]change, filtered int64) {
	type kept struct {
		r    row
		ord  int64
		seen bool
	}
	table := map[int]kept{}
	for ord := int64(0); ord < int64(n); ord++ {
		key := rng.IntN(12)
		old, had := table[key]
		var rec []change
		if had && rng.IntN(4) == 0 { // deletion
			delete(table, key)
			if old.seen {
				rec = append(rec, change{old.r, ord, old.ord, 1})
			} else {
				filtered++
			}
			records = append(records, rec)
			continue
		}
		r := randomRows(rng, 1)[0]
		if had && rng.IntN(2) == 0 { // most columns stay, so that groups do
			c := rng.IntN(len(r))
			x := r[c]
			r = slices.Clone(old.r)
			r[c] = x
		}
		if had && old.seen {
			rec = append(rec, change{old.r, ord, old.ord, 0})
		}
		seen := rng.IntN(5) > 0
		if seen {
			rec = append(rec, change{r, ord, arrowexec.Added, 1})
		} else {
			filtered++
		}
		table[key] = kept{r, ord, seen}
		records = append(records, rec)
	}
	return records, filtered
}

// model is the row-at-a-time oracle: it keeps the rows of each group and computes
// what is emitted from all of them, every time.
type model struct {
	keys    []int
	os      []oracle
	mode    Mode
	deletes bool
	having  *int64 // SUM of the ints must be above; nil: no HAVING
	rows    map[string][]change
	born    []string
	shown   map[string]int64
	touched []string
	ords    map[string]int64
	out     []string
}

func (m *model) record(rec []change) {
	var groups []string
	for _, c := range rec {
		k := keyText(c.r, m.keys)
		groups = append(slices.DeleteFunc(groups, func(g string) bool { return g == k }), k)
		m.ords[k] = c.ord
		if c.took == arrowexec.Added {
			m.rows[k] = append(m.rows[k], c)
			continue
		}
		at := slices.IndexFunc(m.rows[k], func(x change) bool { return x.ord == c.took })
		m.rows[k] = slices.Delete(m.rows[k], at, at+1)
	}
	for _, k := range groups {
		had := slices.Contains(m.born, k)
		if has := len(m.rows[k]) > 0 || len(m.keys) == 0; has && !had {
			m.born = append(m.born, k)
		} else if !has && had {
			m.born = slices.DeleteFunc(m.born, func(g string) bool { return g == k })
		}
		if m.mode == Changes {
			m.emit(k)
		} else {
			m.touched = append(slices.DeleteFunc(m.touched, func(g string) bool { return g == k }), k)
		}
	}
}

func (m *model) batch() {
	if m.mode == Batched {
		for _, k := range m.touched {
			m.emit(k)
		}
	}
	m.touched = nil
}

func (m *model) end() {
	if m.mode == Final {
		if len(m.keys) == 0 {
			m.born = []string{""}
		}
		for _, k := range m.born {
			m.emit(k)
		}
	}
}

func (m *model) emit(k string) {
	rows := m.rows[k]
	if gone := len(rows) == 0 && len(m.keys) > 0; gone || !m.passes(rows) {
		if ord, ok := m.shown[k]; ok && m.deletes {
			m.out = append(m.out, fmt.Sprintf("%s deleted %d", k, ord))
			delete(m.shown, k)
		}
		return
	}
	m.shown[k] = m.ords[k]
	var line []string
	if len(m.keys) > 0 {
		line = append(line, k)
	}
	var rs []row
	for _, c := range rows {
		rs = append(rs, c.r)
	}
	for _, o := range m.os {
		line = append(line, o.want(rs))
	}
	m.out = append(m.out, strings.Join(line, "|"))
}

func (m *model) passes(rows []change) bool {
	sum, some := int64(0), false
	for _, c := range rows {
		if x, ok := c.r[cInt].(int64); ok {
			sum, some = sum+x, true
		}
	}
	return m.having == nil || some && sum > *m.having
}

// changes makes a batch of rows of a changelog.
func changes(sc *vec.Scope, rng *rand.Rand, cs []change, seq int64) *arrowexec.Batch {
	rows := make([]row, len(cs))
	for i, c := range cs {
		rows[i] = c.r
	}
	b := batchOf(sc, rng, rows, seq)
	b.Ord, b.Retracts, b.Weights = make([]int64, b.N), make([]int64, b.N), make([]int64, b.N)
	for k, c := range cs {
		i := k
		if b.Sel != nil {
			i = int(b.Sel[k])
		}
		b.Ord[i], b.Retracts[i], b.Weights[i] = c.ord, c.took, c.weight
	}
	return b
}

func TestRowsTakenBackEqualTheRowsThatAreLeft(t *testing.T) {
	for _, keys := range [][]int{nil, {cBool}, {cInt, cTime}} {
		for _, mode := range []Mode{Changes, Batched, Final} {
			for _, size := range []int{1, 3, 64} {
				t.Run(fmt.Sprintf("keys %v mode %d size %d", keys, mode, size), func(t *testing.T) {
					for seed := range uint64(5) {
						rng := rand.New(rand.NewPCG(seed, 11))
						retractSetting(t, rng, keys, mode, size, true)
						retractSetting(t, rng, keys, mode, size, false)
					}
				})
			}
		}
	}
}

// retractSetting is of a table, or of a stream, of which the result is a table.
func retractSetting(t *testing.T, rng *rand.Rand, keys []int, mode Mode, size int, table bool) {
	pool := vec.NewPool(nil, true)
	os := oracles()
	records, filtered := changelog(rng, 1+rng.IntN(150))
	if !table {
		records, filtered = nil, 0
		for i, r := range randomRows(rng, 1+rng.IntN(150)) {
			records = append(records, []change{{r, int64(i), arrowexec.Added, 1}})
		}
	}
	m := &model{keys: keys, os: os, mode: mode, deletes: !table || rng.IntN(2) == 0, rows: map[string][]change{}, shown: map[string]int64{}, ords: map[string]int64{}}
	if rng.IntN(3) > 0 {
		bound := int64(rng.IntN(9)) - 4
		m.having = &bound
	}
	ledger := &arrowexec.Ledger{Filtered: filtered}
	fresh := func() *Op {
		o := Options{Spec: specOf(keys, os), Mode: mode, Retract: table, Deletes: m.deletes, Ledger: ledger, Failures: &arrowexec.Failures{Ledger: ledger}}
		if m.having != nil {
			o.Having = &above{col: col(len(keys)+3, vec.TypeInt64), bound: *m.having}
		}
		return New(o)
	}
	op := fresh()
	var got []string
	var used int64
	emit := func(b *arrowexec.Batch) error {
		each(b.N, b.Sel, func(i int) {
			if b.Retracted(i) {
				got = append(got, fmt.Sprintf("%s deleted %d", lineOf(b.Cols[:len(keys)], i), b.Retracts[i]))
			} else {
				got = append(got, lineOf(b.Cols, i))
			}
		})
		used += b.Weight(b.Sel)
		return nil
	}
	for from := 0; from < len(records); from += size {
		var cs []change
		for _, rec := range records[from:min(from+size, len(records))] {
			cs = append(cs, rec...)
			m.record(rec)
		}
		m.batch()
		sc := pool.Open()
		b := changes(sc, rng, cs, int64(from))
		if !table {
			b.Retracts = nil
		}
		require.NoError(t, op.Process(b, emit))
		sc.Close()
		if rng.IntN(8) == 0 {
			recs, err := op.Snapshot()
			require.NoError(t, err)
			op = fresh()
			require.NoError(t, op.Restore(recs))
		}
	}
	m.end()
	sc := pool.Open()
	require.NoError(t, op.Flush(&arrowexec.Batch{Scope: sc, Seq: int64(len(records)), Watermark: arrowexec.EndOfTime, Sel: vec.Sel{}}, emit))
	sc.Close()
	sameLines(t, m.out, got)
	require.Equal(t, int64(len(records)), used+ledger.Filtered+ledger.Held+ledger.Failed, "used %d, %+v", used, *ledger)
	require.Zero(t, ledger.Failed)
	require.Zero(t, pool.OpenScopes())
}
