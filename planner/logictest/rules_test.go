package logictest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/logictest/slt"
)

var everyRule = flag.Bool("rules", false, "run the golden files also with each planner rule off by itself")

// TestRulesOff runs the golden files without planner rules: the rows, the errors
// of rows and the ledger are those that the rules give.
func TestRulesOff(t *testing.T) {
	var all []string
	var variants [][]string
	for _, r := range planner.Rules() {
		if r != "column_pruning" {
			all = append(all, r)
		}
		if *everyRule || r == "column_pruning" {
			variants = append(variants, []string{r})
		}
	}
	variants = append(variants, all)
	var files []string
	root := filepath.Join("..", "..", "testdata", "sql")
	if err := filepath.WalkDir(root, func(p string, _ os.DirEntry, err error) error {
		if strings.HasSuffix(p, ".slt") {
			files = append(files, p)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		s, err := slt.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(root, f)
		t.Run(strings.TrimSuffix(filepath.ToSlash(name), ".slt"), func(t *testing.T) {
			w := &world{dir: t.TempDir()}
			for _, b := range s.Blocks {
				switch b.Kind {
				case "table":
					w.table(t, b)
				case "case":
					if strings.Contains(strings.Join(b.Body, " "), "EXPLAIN") {
						continue
					}
					w.rulesOff(t, b, variants)
				}
			}
		})
	}
}

// joins tells of a query that joins sources, with the word or with a comma.
var joins = regexp.MustCompile(`(?i)\bJOIN\b|\bFROM\s+\w+(\s+\w+)?\s*,`)

func (w *world) rulesOff(t *testing.T, b *slt.Block, variants [][]string) {
	sql := strings.Join(b.Body, "\n")
	at := setting{batch: 64, threads: 1}
	want := w.run(t, sql, b.Words, at)
	if want.parts["error"] != nil {
		return
	}
	for _, off := range variants {
		at.rulesOff = off
		got := w.run(t, sql, b.Words, at)
		if off[0] == "column_pruning" && !same(got.parts["failed"], want.parts["failed"]) {
			continue // a column that is read may have values that do not fit
		}
		var names []string
		for k := range want.parts {
			names = append(names, k)
		}
		for k := range got.parts {
			if !slices.Contains(names, k) {
				names = append(names, k)
			}
		}
		for _, k := range names {
			if (k == "ledger" || k == "failed") && slices.Contains(off, "seek") && !same(got.parts["failed"], want.parts["failed"]) {
				continue // a record that a seek passes over is filtered before anybody sees that its payload is bad
			}
			if k == "ledger" && slices.Contains(off, "filter_pushdown") && joins.MatchString(sql) {
				continue // a row that matched before a filter dropped the pair took part in no row, but its partner may have
			}
			if !same(got.parts[k], want.parts[k]) && !(k == "" && want.parts["stop"] != nil) {
				t.Errorf("%s, line %d, without %s: section %q is\n%s\nwith all rules\n%s", b.Name, b.Line, fmt.Sprint(off), k, show(got.parts[k]), show(want.parts[k]))
			}
		}
	}
}
