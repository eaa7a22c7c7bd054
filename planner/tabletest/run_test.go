package tabletest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

var (
	seeds = flag.Int("seeds", 300, "number of cases")
	first = flag.Uint64("from", 1, "seed of the first case")
	show  = flag.Bool("show", false, "print every case")
	most  = flag.Int("most", 5, "differences to print")
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestModel compares the engine with the model, one case for each seed.
func TestModel(t *testing.T) {
	e := engine{folder(t)}
	bad := 0
	for i := range *seeds {
		seed := *first + uint64(i)
		a := generate(seed)
		if *show {
			t.Logf("%s", a)
		}
		why := e.differs(a)
		if why == "" {
			continue
		}
		bad++
		if bad <= *most {
			small := shrink(a, e.differs)
			t.Errorf("seed %d: %.600s\nshrunk: %s\n%s", seed, why, e.differs(small), small)
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d cases differ", bad, *seeds)
	}
}

// folder is one in memory, if there is such: sinks wait for the disk.
func folder(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "tabletest")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// differs runs a case in several ways and tells how the engine differs from the model.
func (e engine) differs(a *app) (why string) {
	defer func() {
		if x := recover(); x != nil {
			why = fmt.Sprintf("panic: %v", x)
		}
	}()
	want := model(a)
	one, err := e.run(a, 1, 1, "")
	if err != nil {
		return err.Error()
	}
	if d := compareOutcomes(a, want, one); d != "" {
		return d
	}
	if d := e.folded(a, one); d != "" {
		return d
	}
	for _, w := range []shape{{batch: a.shape.batch, threads: 1}, {batch: a.shape.batch%7 + 3, threads: 3}, {batch: 1024, threads: a.shape.threads, without: a.shape.without}} {
		label := fmt.Sprintf("batch %d threads %d without %q: ", w.batch, w.threads, w.without)
		got, err := e.run(a, w.batch, w.threads, w.without)
		if err != nil {
			return label + err.Error()
		}
		if d := compareOutcomes(a, want, got); d != "" {
			return label + d
		}
		if got.failed != one.failed && !strings.Contains(a.sql(), "batch") {
			return fmt.Sprintf("%s%d row errors, %d at batch size 1", label, got.failed, one.failed)
		}
		if w.without != "" && slices.ContainsFunc(a.stmts, func(q *stmt) bool { return len(q.joins) > 0 }) {
			continue // a row is where its first pair is, and a filter below may leave another one
		}
		if d := sameLedgers(a, one, got); d != "" {
			return label + d
		}
	}
	if len(a.shape.cuts) == 0 {
		return ""
	}
	got, err := e.runCut(a, a.shape.batch)
	if err != nil && strings.Contains(err.Error(), "other sizes now") { // of what is left of the input
		return ""
	}
	if err != nil {
		return "cut: " + err.Error()
	}
	if d := compareOutcomes(a, want, got); d != "" {
		return "cut: " + d
	}
	if d := sameLedgers(a, one, got); d != "" {
		return "cut: " + d
	}
	return ""
}

func sameLedgers(a *app, want, got outcome) string {
	for _, q := range a.stmts {
		if q.emit != "batch" && want.ledgers[q.name] != got.ledgers[q.name] {
			return fmt.Sprintf("ledger of %s: %s, at batch size 1 %s", q.name, got.ledgers[q.name], want.ledgers[q.name])
		}
	}
	return ""
}

// parts of a line: time, key, payload.
func parts(l string) (ts, key, payload string) {
	ts, rest, _ := strings.Cut(l, " ")
	if i := strings.LastIndex(rest, " {"); i >= 0 {
		return ts, rest[:i], rest[i+1:]
	}
	key, payload, _ = strings.Cut(rest, " ")
	return ts, key, payload
}

// comparable are lines without what the contract leaves open.
func comparable(a *app, q *stmt, lines []string) []string {
	out := slices.Clone(lines)
	if q.emit == "batch" { // only the last row of each key is certain
		if !q.table && (!a.streams(q) || q.having != nil) {
			return nil // a group, or its HAVING, may come and go in one batch
		}
		last := fold(out)
		out = nil
		for _, p := range last {
			out = append(out, p)
		}
		slices.Sort(out)
		return out
	}
	if q.dist || q.union != nil || q.over != "" || q.inSub != nil {
		for i, l := range out {
			_, _, out[i] = parts(l)
		}
		if len(q.order) == 0 {
			slices.Sort(out)
		}
		return out
	}
	if !loose(a, q) {
		return out
	}
	if len(q.order) > 0 {
		return out
	}
	slices.SortStableFunc(out, func(x, y string) int { // the rows of a key stay in order
		_, k, p := parts(x)
		_, l, r := parts(y)
		if c := strings.Compare(k, l); c != 0 || q.table {
			return c
		}
		if !q.grouped() {
			return strings.Compare(p, r)
		}
		return 0
	})
	if !q.table && !q.grouped() {
		slices.Sort(out)
	}
	return out
}

// loose tells that the rows that one record causes come in an order of the join's own.
func loose(a *app, q *stmt) bool {
	for _, l := range q.leaves() {
		if s := a.stmt(l.name); s != nil && loose(a, s) {
			return true
		}
	}
	return len(q.joins) > 0 && a.isTable(q.from.name) && a.isTable(q.joins[0].leaf.name)
}

func compareOutcomes(a *app, want, got outcome) string {
	for _, q := range a.stmts {
		w, g := comparable(a, q, want.lines[q.name]), comparable(a, q, got.lines[q.name])
		if !slices.Equal(w, g) {
			return fmt.Sprintf("rows of %s:\n%s\nthe model has\n%s", q.name, indent(g), indent(w))
		}
	}
	return ""
}

// fold gives the payload of every key at the end.
func fold(lines []string) map[string]string {
	out := map[string]string{}
	for _, l := range lines {
		_, k, p := parts(l)
		if p == "DELETED" {
			delete(out, k)
		} else {
			out[k] = p
		}
	}
	return out
}

// folded tells how the folded changes of tables differ from what a query gives at the end.
func (e engine) folded(a *app, got outcome) string {
	for _, q := range a.stmts {
		if !q.table || q.inSub != nil || q.dist || q.union != nil || slices.ContainsFunc(q.leaves(), func(l leaf) bool { return a.source(l.name) == nil }) {
			continue
		}
		if !q.grouped() && a.streams(q) {
			continue
		}
		c := *q
		if c.emit = ""; c.grouped() {
			c.emit = "final"
		}
		c.items = slices.Clone(q.items)
		for i := range c.items {
			c.items[i].pk = false
		}
		want, err := e.query(a, c.query())
		if err != nil {
			return "query: " + err.Error()
		}
		var have []string
		for _, p := range fold(got.lines[q.name]) {
			have = append(have, p)
		}
		slices.Sort(have)
		slices.Sort(want)
		ordered := slices.ContainsFunc(q.items, func(it item) bool {
			return it.agg == "FIRST" || it.agg == "LAST" || it.agg == "ARRAY_AGG" || it.agg == "LISTAGG"
		})
		if ordered { // by the order of the changes, or of the table
			continue
		}
		if !slices.Equal(have, want) {
			return fmt.Sprintf("rows of %s, folded:\n%s\na query at the end has\n%s", q.name, indent(have), indent(want))
		}
	}
	return ""
}

func indent(lines []string) string { return "  " + strings.Join(lines, "\n  ") }
