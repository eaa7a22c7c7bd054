package duckdbtest

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/logictest/slt"
)

var show = flag.String("show", "", "print the golden records of this reason; all: of every one")

// record is a case, or one line of an eval block, with the answer that the golden
// files hold velo to.
type record struct {
	name   string // FILE:CASE or FILE:EXPRESSION
	sql    string
	want   []string // rows as JSON objects
	notRun string   // the reason that its form gives, empty: it is run
	values int      // of an eval: how many rows the table has; -1: of a case
}

// TestGolden runs the golden SQL in DuckDB. A record that is not run, that DuckDB
// refuses, or that gives other rows has a reason in golden.txt, or by a rule of
// reasons.go; a reason that no longer holds fails as one that is missing.
func TestGolden(t *testing.T) {
	listed, err := readListed("golden.txt")
	if err != nil {
		t.Fatal(err)
	}
	db, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, m := range macros {
		if _, err := db.Exec(m); err != nil {
			t.Fatalf("%s: %v", m, err)
		}
	}
	root := filepath.Join("..", "sql")
	count := map[string]int{}
	err = filepath.WalkDir(root, func(p string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(p, ".slt") {
			return err
		}
		s, err := slt.Read(p)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, p)
		name = strings.TrimSuffix(filepath.ToSlash(name), ".slt")
		dir := t.TempDir()
		var inputs []planner.Binding
		for _, b := range s.Blocks {
			if b.Kind == "table" {
				inputs = load(t, db, dir, inputs, b)
				continue
			}
			for _, r := range records(db, name, b) {
				why, detail := r.judge(db)
				if l, ok := listed[r.name]; ok {
					delete(listed, r.name)
					switch why {
					case "":
						t.Errorf("%s is listed as %q in golden.txt, and agrees", r.name, l)
					case "refused by DuckDB", "other rows":
						why = l
					default:
						t.Errorf("%s is listed as %q in golden.txt, and is %q by rule", r.name, l, why)
					}
				} else if why == "refused by DuckDB" || why == "other rows" {
					t.Errorf("%s: %s, without a reason\n\t%s\n\t%s", r.name, why, strings.Join(strings.Fields(translate(r.sql)), " "), detail)
				}
				count[why]++
				if why != "" && (*show == why || *show == "all") {
					fmt.Printf("%s: %s\n\t%s\n\t%s\n", why, r.name, translate(r.sql), detail)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := range listed {
		t.Errorf("golden.txt lists %s, which there is not", n)
	}
	t.Logf("%d records agree", count[""])
	delete(count, "")
	for _, d := range differences {
		if count[d.name] > 0 {
			t.Logf("%d %s: %s", count[d.name], d.name, d.reason)
			delete(count, d.name)
		}
	}
	for why, n := range count {
		t.Errorf("%d records have the reason %q, which the table of differences does not have", n, why)
	}
}

// readListed reads lines of `REASON<tab>RECORD`.
func readListed(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	out := map[string]string{}
	for s := bufio.NewScanner(f); s.Scan(); {
		l := s.Text()
		if l == "" || l[0] == '#' {
			continue
		}
		why, name, ok := strings.Cut(l, "\t")
		if !ok || out[name] != "" {
			return nil, fmt.Errorf("%s: %q is no REASON<tab>RECORD, or comes twice", path, l)
		}
		out[name] = why
	}
	return out, nil
}

// load makes a table of a file in DuckDB, of the columns that velo reads. A table
// that velo does not read as it is, is not there.
func load(t *testing.T, db *sql.DB, dir string, inputs []planner.Binding, b *slt.Block) []planner.Binding {
	t.Helper()
	name, _, _ := strings.Cut(b.Name, ".")
	path := filepath.Join(dir, b.Name)
	if err := os.WriteFile(path, []byte(b.File()), 0o666); err != nil {
		t.Fatal(err)
	}
	inputs = slices.DeleteFunc(inputs, func(x planner.Binding) bool { return x.Name == name })
	inputs = append(inputs, planner.Binding{Name: name, Path: path, Props: b.Words})
	if _, err := db.Exec(`DROP TABLE IF EXISTS "` + name + `"`); err != nil {
		t.Fatal(err)
	}
	o, err := options(nil)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out.parquet")
	o.Mode, o.From, o.To = planner.Replay, inputs, []planner.Binding{{Name: "everything", Path: out}}
	app, err := planner.Compile(context.Background(), "CREATE STREAM everything AS SELECT * FROM "+name, o)
	if err != nil {
		return inputs
	}
	defer func() { _ = app.Close() }()
	if rep, err := app.Run(context.Background(), planner.RunOptions{}); err != nil || rep.Ledger.Failed > 0 {
		return inputs // DuckDB could only have the rows that velo reads
	}
	if _, err = db.Exec(`CREATE TABLE "` + name + `" AS SELECT * FROM read_parquet('` + out + `')`); err != nil {
		t.Logf("%s: %v", b.Name, err)
		return inputs
	}
	zoned, err := duck(db, "SELECT column_name FROM duckdb_columns() WHERE table_name = '"+name+"' AND data_type = 'TIMESTAMP WITH TIME ZONE'")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range zoned { // TIMESTAMP is of UTC in Arrow, and then does not meet a literal
		if _, err := db.Exec(`ALTER TABLE "` + name + `" ALTER "` + c[0] + `" TYPE TIMESTAMP`); err != nil {
			t.Fatal(err)
		}
	}
	return inputs
}

// records are what a block has to run.
func records(db *sql.DB, file string, b *slt.Block) []record {
	switch b.Kind {
	case "case":
		r := record{name: file + ":" + b.Name, sql: strings.Join(b.Body, "\n"), values: -1}
		r.want, _ = b.Part("")
		r.notRun = form(r.sql, b)
		return []record{r}
	case "eval":
		var out []record
		n := 0
		_ = db.QueryRow("SELECT COUNT(*) FROM " + b.Name).Scan(&n)
		for _, l := range b.Body {
			at := strings.LastIndex(l, "=>")
			src, want := strings.TrimSpace(l[:at]), strings.TrimSpace(l[at+2:])
			r := record{name: file + ":" + src, sql: "SELECT " + src + " AS x FROM " + b.Name, values: n}
			if strings.HasPrefix(want, "error") || strings.HasPrefix(want, "stop") {
				r.notRun = "refused by velo"
			} else {
				var vals []json.RawMessage
				if err := json.Unmarshal([]byte(want), &vals); err != nil {
					r.notRun = "refused by velo"
				}
				for _, v := range vals {
					r.want = append(r.want, `{"x":`+string(v)+`}`)
				}
				if len(vals) < n {
					r.notRun = "row errors"
				}
			}
			if r.notRun == "" {
				r.notRun = form(r.sql, b)
			}
			out = append(out, r)
		}
		return out
	}
	return nil
}

// judge runs a record; it gives the reason why it does not agree, or what is
// wrong and how.
func (r *record) judge(db *sql.DB) (why, detail string) {
	if r.notRun != "" {
		return r.notRun, ""
	}
	rs, err := db.Query(translate(strings.TrimSuffix(strings.TrimSpace(r.sql), ";")))
	if err != nil {
		return refusal(err), firstLine(err)
	}
	defer func() { _ = rs.Close() }()
	var got [][]any
	types, err := rs.ColumnTypes()
	if err != nil {
		return "other rows", err.Error()
	}
	for rs.Next() {
		vals, ptrs := make([]any, len(types)), make([]any, len(types))
		for i := range vals {
			ptrs[i] = &vals[i]
		}
		if err := rs.Scan(ptrs...); err != nil {
			return "other rows", err.Error()
		}
		got = append(got, vals)
	}
	if err := rs.Err(); err != nil {
		return refusal(err), firstLine(err)
	}
	var ours [][]any
	for _, l := range r.want {
		row, err := ordered(l)
		if err != nil {
			return "other rows", err.Error()
		}
		ours = append(ours, row)
	}
	if alike(ours, got) {
		return "", ""
	}
	return "other rows", fmt.Sprintf("velo %v duckdb %s", r.want, spelt(got))
}
