package duckdbtest

import (
	"database/sql"
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/velostream/velo/planner"
)

var (
	count = flag.Int("n", 500, "how many queries to compare")
	seed  = flag.Uint64("seed", 0, "the first seed; 0 takes the time")
)

// world is three tables in both engines.
type world struct {
	db     *sql.DB
	tables []*table
	inputs []input
}

func newWorld(t *testing.T, db *sql.DB, r *rand.Rand, dir string) *world {
	w := &world{db: db}
	for _, n := range []string{"t1", "t2", "t3"} {
		x := randomTable(r, n)
		path, err := x.file(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(x.script()); err != nil {
			t.Fatal(err, x.script())
		}
		w.tables = append(w.tables, x)
		w.inputs = append(w.inputs, input{n, path, map[string]string{"columns": veloColumns()}})
	}
	return w
}

// outcome is how a comparison ended.
type outcome struct {
	what string // "", or what is wrong
	why  string // the dialect difference that explains it
}

func (w *world) compare(q *query) outcome {
	ours, errV := velo(q.sql(false), w.inputs)
	theirs, errD := duck(w.db, q.sql(true))
	switch {
	case errD != nil && errV != nil:
		return outcome{why: "both refuse"}
	case errD != nil:
		if why := duckOnly(errD); why != "" {
			return outcome{why: why}
		}
		return outcome{what: "only DuckDB refuses: " + errD.Error()}
	case errV != nil:
		if why := veloOnly(errV); why != "" {
			return outcome{why: why}
		}
		return outcome{what: "only velo refuses: " + errV.Error()}
	case !same(ours, theirs, q.ordered):
		return outcome{what: "other rows"}
	}
	return outcome{}
}

func TestFuzz(t *testing.T) {
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	first := *seed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	dir := t.TempDir()
	explained, bad := map[string]int{}, 0
	var w *world
	for i := range *count {
		s := first + uint64(i)
		if i%5000 == 4999 {
			t.Logf("seed %d: %d queries", s, i+1)
		}
		r := rand.New(rand.NewPCG(s, 1))
		if i == 0 || s%20 == 0 { // the tables of a seed are the same in every run
			w = newWorld(t, db, rand.New(rand.NewPCG(s/20*20, 2)), dir)
		}
		g := &gen{r: r}
		q := g.query(3)
		got := w.compare(q)
		if got.what == "" {
			explained[got.why]++
			if got.why == "" {
				w.others(t, g, q, s)
			}
			continue
		}
		bad++
		kind := class(got.what)
		small := shrink(q, func(c *query) bool { return class(w.compare(c).what) == kind })
		w.report(t, s, small)
		if bad >= 20 {
			t.Fatal("too many differences")
		}
	}
	for why, n := range explained {
		if why == "" {
			t.Logf("%d queries gave the same rows", n)
		} else {
			t.Logf("%d: %s", n, why)
		}
	}
}

// others holds that a query gives the same rows in the same order without the
// rules of the planner, in other batches and with threads, and that its rows are
// those of the parts that a condition makes.
func (w *world) others(t *testing.T, g *gen, q *query, s uint64) {
	t.Helper()
	want, err := velo(q.sql(false), w.inputs)
	if err != nil {
		t.Errorf("seed %d: the second run of %s: %v", s, q.sql(false), err)
		return
	}
	h := how{batch: pick(g.r, 1, 3, 64, 1024), threads: pick(g.r, 1, 3)}
	if g.coin(2) {
		h.off = planner.Rules()
		h.off = slices.DeleteFunc(h.off, func(r string) bool { return r == "column_pruning" || g.coin(4) })
	}
	got, err := veloBy(q.sql(false), w.inputs, h)
	var row *rowErrors
	if errors.As(err, &row) && len(h.off) > 0 {
		return // a value that a rule keeps from being computed
	}
	ordered := len(h.off) == 0 || !strings.Contains(q.sql(false), "UNION ALL") // a rule may turn the order in which members are read
	if err != nil || !same(got, want, ordered) {
		t.Errorf("seed %d: batch %d, threads %d, without %v: %s\ngives %v %v\nnot   %v", s, h.batch, h.threads, h.off, q.sql(false), cut(got), err, cut(want))
	}
	if q.distinct || q.other != nil || q.limit >= 0 || q.offset > 0 || len(q.group) > 0 || q.having != nil || q.whole() {
		return
	}
	p := g.condition(q)
	if p == nil {
		return
	}
	var parts rows
	for _, form := range []string{"$1", "(NOT $1)", "($1 IS NULL)"} {
		part := *q
		part.where = make1(boolean, form, p)
		if q.where != nil {
			part.where = make1(boolean, "$1 AND $2", q.where, part.where)
		}
		got, err := velo(part.sql(false), w.inputs)
		if err != nil {
			return // the condition fails for a row, which is then in no part
		}
		parts = append(parts, got...)
	}
	if !same(want, parts, false) {
		t.Errorf("seed %d: %d rows, the parts have %d: %s\np: %s", s, len(want), len(parts), q.sql(false), (&query{items: []*node{p}, limit: -1}).sql(false))
	}
}

// class is what is wrong, without names and numbers.
func class(what string) string {
	if what == "other rows" || what == "" {
		return what
	}
	if i := strings.IndexAny(what, "0123456789\"'"); i > 0 {
		what = what[:i]
	}
	return what
}

func (w *world) report(t *testing.T, s uint64, q *query) {
	t.Helper()
	ours, errV := velo(q.sql(false), w.inputs)
	theirs, errD := duck(w.db, q.sql(true))
	t.Errorf("seed %d: %s\nvelo:   %s\nduckdb: %s\nvelo gives   %v %v\nduckdb gives %v %v", s, w.compare(q).what, q.sql(false), q.sql(true), cut(ours), errV, cut(theirs), errD)
	for _, x := range w.tables {
		if len(x.rows) <= 10 && strings.Contains(q.sql(false), x.name+" ") {
			t.Logf("%s: %v", x.name, x.rows)
		}
	}
}

func cut(r rows) rows { return r[:min(len(r), 12)] }

// TestFilterPartition holds that the rows of a query are those where a condition
// is true, those where it is false, and those where it is NULL.
func TestFilterPartition(t *testing.T) {
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	first := *seed
	if first == 0 {
		first = uint64(time.Now().UnixNano())
	}
	dir := t.TempDir()
	var w *world
	for i := range *count / 5 {
		r := rand.New(rand.NewPCG(first+uint64(i), 3))
		if i%20 == 0 {
			w = newWorld(t, db, rand.New(rand.NewPCG(first+uint64(i), 4)), dir)
		}
		g := &gen{r: r}
		whole := newQuery()
		whole.from = g.from()
		for range 1 + r.IntN(3) {
			whole.items = append(whole.items, g.expr(g.kind(), 2))
		}
		p := g.expr(boolean, 3)
		all, err := velo(whole.sql(false), w.inputs)
		if err != nil {
			continue
		}
		var parts rows
		ok := true
		for _, form := range []string{"$1", "(NOT $1)", "($1 IS NULL)"} {
			part := *whole
			part.where = make1(boolean, form, p)
			got, err := velo(part.sql(false), w.inputs)
			var row *rowErrors
			if errors.As(err, &row) {
				ok = false // the condition fails for a row, which is then in no part
			} else if err != nil {
				t.Fatalf("seed %d: %s: %v", first+uint64(i), part.sql(false), err)
			}
			parts = append(parts, got...)
		}
		if ok && !same(all, parts, false) {
			t.Errorf("seed %d: %d rows, the parts have %d: %s\np: %s", first+uint64(i), len(all), len(parts), whole.sql(false), (&query{items: []*node{p}, limit: -1}).sql(false))
			t.Logf("whole: %v\nparts: %v", cut(all), cut(parts))
		}
	}
}
