package timetest

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
)

// TestJoinsShowNoBatches joins streams within a time bound, and reads the pairs: the
// model has no joins, but the rows must be the same however they come in batches.
func TestJoinsShowNoBatches(t *testing.T) {
	for i := range *seeds {
		seed := *first + uint64(i)
		a := joined(seed)
		var want outcome
		for k, w := range [][2]int{{1, 1}, {2, 1}, {5, 3}, {64, 1}} {
			got, err := run(a, w[0], w[1])
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, a)
			}
			if k == 0 {
				want = got
			}
			for name, lines := range got.lines {
				if !reflect.DeepEqual(lines, want.lines[name]) {
					t.Fatalf("seed %d, batch %d threads %d: rows of %s:\n%s\nwith batches of 1\n%s\n%s", seed, w[0], w[1], name, indent(lines), indent(want.lines[name]), a)
				}
			}
			if !reflect.DeepEqual(got.ledgers, want.ledgers) {
				t.Fatalf("seed %d, batch %d threads %d: ledgers %v, with batches of 1 %v\n%s", seed, w[0], w[1], got.ledgers, want.ledgers, a)
			}
			for name, l := range got.ledgers {
				if sum := l.used + l.filtered + l.late + l.failed + l.held; sum != l.in {
					t.Fatalf("seed %d: the ledger of %s does not add up: %+v\n%s", seed, name, l, a)
				}
			}
		}
	}
}

// joined makes an application with a join over the sources of a case.
func joined(seed uint64) *app {
	a := generate(seed)
	a.queries = nil
	g := &gen{Rand: rand.New(rand.NewPCG(seed, 7)), a: a, unit: 1}
	for _, s := range a.sources { // the unit that the case was made with
		for _, r := range s.recs {
			if t, ok := r.vals[1].(int64); ok && t%1000 != 0 {
				g.unit = 10
			} else if ok {
				g.unit = max(g.unit, 1000)
			}
		}
	}
	l, r := a.sources[0].name, a.sources[len(a.sources)-1].name
	add := func(name, format string, args ...any) {
		a.raw = append(a.raw, statement{name, fmt.Sprintf(format, args...)})
	}
	and := pick(g, "", "", " AND l.v > r.v", " AND l.s = '1'")
	with := pick(g, "", "", " WITH ('allowed.lateness'='"+millis(g.unit*int64(g.IntN(20)), 0)+"')", " WITH ('late.data.strategy'='dead_letter')")
	add("j", "CREATE STREAM j AS SELECT l.id AS lid, r.id AS rid, COALESCE(l.k, r.k) AS k, l.v AS v FROM %s l %s JOIN %s r ON l.k = r.k%s WITHIN %s%s",
		l, pick(g, "", "LEFT", "RIGHT", "FULL"), r, and, millis(g.unit*int64(g.IntN(15)), 0), with)
	add("w", "CREATE STREAM w AS SELECT k, _window_start AS s, COUNT(*) AS n, LISTAGG(CAST(lid AS STRING)) AS l FROM j WINDOW %s GROUP BY k%s",
		pick(g, "TUMBLING(%s)", "SESSION(%s)"), pick(g, "", " EMIT CHANGES"))
	a.raw[1].sql = fmt.Sprintf(a.raw[1].sql, millis(g.unit*int64(1+g.IntN(20)), 0))
	add("", "CREATE STREAM o (n BIGINT, s STRING)")
	for _, k := range g.Perm(4)[:2+g.IntN(3)] {
		switch k {
		case 0:
			add("", "INSERT INTO o SELECT lid, k FROM j")
		case 1:
			add("", "INSERT INTO o SELECT id, s FROM %s", l)
		case 2:
			add("", "INSERT INTO o SELECT id, k FROM %s WHERE v > 3 UNION ALL SELECT id, s FROM %s", l, r)
		case 3:
			add("", "INSERT INTO o SELECT COUNT(*), k FROM %s GROUP BY k WINDOW TUMBLING(%s)", r, millis(g.unit*int64(1+g.IntN(20)), 0))
		}
	}
	add("o", "")
	return a
}
