package logictest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/velostream/velo/planner/logictest/slt"
)

// tally is the row-at-a-time model of one group.
type tally struct {
	key                   string
	rows, vals, sum, even int64
	lo, hi                int64
	first, last           string
	seen                  map[string]bool
}

func (g *tally) add(v string) {
	g.rows++
	if g.rows == 1 {
		g.first = v
	}
	g.last = v
	if v == "null" {
		return
	}
	n, _ := strconv.ParseInt(v, 10, 64)
	if g.vals == 0 || n < g.lo {
		g.lo = n
	}
	if g.vals == 0 || n > g.hi {
		g.hi = n
	}
	g.vals++
	g.sum += n
	g.seen[v] = true
	if n%2 == 0 {
		g.even++
	}
}

func (g *tally) line() string {
	some := func(n int64) string {
		if g.vals == 0 {
			return "null"
		}
		return strconv.FormatInt(n, 10)
	}
	return fmt.Sprintf(`{"k":%s,"n":%d,"c":%d,"s":%s,"lo":%s,"hi":%s,"f":%s,"l":%s,"d":%d,"e":%d}`,
		g.key, g.rows, g.vals, some(g.sum), some(g.lo), some(g.hi), g.first, g.last, len(g.seen), g.even)
}

// TestGroupByOracle compares GROUP BY, as FINAL and as CHANGES, with a loop over
// the rows, on random tables with NULLs in keys and values.
func TestGroupByOracle(t *testing.T) {
	const query = `SELECT k, COUNT(*) AS n, COUNT(v) AS c, SUM(v) AS s, MIN(v) AS lo, MAX(v) AS hi, FIRST(v) AS f, LAST(v) AS l,
		COUNT(DISTINCT v) AS d, COUNT(*) FILTER (WHERE v % 2 = 0) AS e FROM t WHERE w GROUP BY k EMIT `
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 7))
		body := []string{}
		var order []*tally
		groups := map[string]*tally{}
		var final, changes []string
		for range r.IntN(400) {
			k, v, w := "null", "null", "null"
			if r.IntN(6) > 0 {
				k = strconv.Quote(string(rune('a' + r.IntN(5))))
			}
			if r.IntN(4) > 0 {
				v = strconv.Itoa(r.IntN(40) - 20)
			}
			if x := r.IntN(5); x > 0 {
				w = strconv.FormatBool(x > 1)
			}
			body = append(body, fmt.Sprintf(`{"k":%s,"v":%s,"w":%s}`, k, v, w))
			if w != "true" {
				continue
			}
			g := groups[k]
			if g == nil {
				g = &tally{key: k, seen: map[string]bool{}}
				groups[k] = g
				order = append(order, g)
			}
			g.add(v)
			changes = append(changes, g.line())
		}
		for _, g := range order {
			final = append(final, g.line())
		}
		w := &world{dir: t.TempDir()}
		w.table(t, &slt.Block{Name: "t.jsonl", Words: map[string]string{"columns": "k STRING, v BIGINT, w BOOLEAN"}, Body: body})
		for emit, want := range map[string][]string{"FINAL": final, "CHANGES": changes} {
			list := append(settings(), w.door(t, query+emit, nil)...)
			for _, s := range list {
				if got := w.run(t, query+emit, nil, s).parts[""]; !same(got, want) {
					t.Fatalf("seed %d, %s, EMIT %s: rows are\n%s\nwant\n%s", seed, s.label, emit, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		}
	}
}
