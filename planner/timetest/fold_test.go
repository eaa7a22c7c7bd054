package timetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFoldedChangesAreFinal holds that the last CHANGES row of every group, or
// group-window, is its FINAL row: both queries read one scan.
func TestFoldedChangesAreFinal(t *testing.T) {
	done := 0
	for seed := *first; done < *seeds/2; seed++ {
		a := generate(seed)
		if !both(a) {
			continue
		}
		done++
		if why := unfolded(a); why != "" {
			small := shrink(a, func(a *app) string {
				if len(a.queries) != 2 {
					return ""
				}
				return unfolded(a)
			})
			t.Fatalf("seed %d: %s\nshrunk: %s\n%s", seed, why, unfolded(small), small)
		}
	}
	t.Logf("%d cases", done)
}

// both leaves one grouped query of a source in the case, once with CHANGES and
// once with FINAL, whose rows say what they are the row of.
func both(a *app) bool {
	at := slices.IndexFunc(a.queries, func(q *query) bool {
		return q.grouped && a.source(q.from) != nil && (q.win == nil || q.late != "update_previous")
	})
	if at < 0 {
		return false
	}
	q := a.queries[at].clone()
	q.having, q.order, q.limit, q.lateInto, q.into = nil, "", -1, false, ""
	var items []item
	for _, k := range q.keys {
		items = append(items, item{alias: k, col: k})
	}
	if q.win != nil {
		items = append(items, item{alias: "ws", sys: "_window_start"}, item{alias: "we", sys: "_window_end"})
	}
	for _, it := range q.items {
		if it.agg != nil {
			items = append(items, it)
		}
	}
	q.items = items
	c := q.clone()
	q.name, q.emit = "f", "final"
	c.name, c.emit = "c", "changes"
	a.queries = []*query{c, q}
	return true
}

// unfolded tells how the folded CHANGES differ from the FINAL rows.
func unfolded(a *app) string {
	got, err := run(a, a.shape.batch, a.shape.threads)
	if err != nil {
		return err.Error()
	}
	q := a.queries[0]
	id := func(l string) (key string, ws, we float64) {
		row := map[string]any{}
		if err := json.Unmarshal([]byte(l), &row); err != nil {
			panic(err)
		}
		var parts []string
		for _, k := range q.keys {
			parts = append(parts, fmt.Sprint(row[k]))
		}
		ws, _ = row["ws"].(float64)
		we, _ = row["we"].(float64)
		return strings.Join(parts, "|"), ws, we
	}
	var folded []string
	for _, l := range got.lines["c"] {
		key, ws, we := id(l)
		kept := folded[:0:0]
		for _, o := range folded {
			k, s, e := id(o)
			same := k == key && s == ws && e == we
			if q.win != nil && q.win.kind == "SESSION" { // a session replaces those it has taken in
				same = k == key && s >= ws && e <= we
			}
			if !same {
				kept = append(kept, o)
			}
		}
		folded = append(kept, l)
	}
	final := slices.Clone(got.lines["f"])
	slices.Sort(folded)
	slices.Sort(final)
	if !slices.Equal(folded, final) {
		return fmt.Sprintf("folded rows:\n%s\nfinal rows:\n%s", indent(folded), indent(final))
	}
	return ""
}
