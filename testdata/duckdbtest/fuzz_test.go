package duckdbtest

import (
	"errors"
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"database/sql"
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
		r := rand.New(rand.NewPCG(s, 1))
		if i%20 == 0 || *count == 1 {
			w = newWorld(t, db, rand.New(rand.NewPCG(first+uint64(i/20*20), 2)), dir)
		}
		g := &gen{r: r}
		q := g.query(3)
		got := w.compare(q)
		if got.what == "" {
			explained[got.why]++
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
