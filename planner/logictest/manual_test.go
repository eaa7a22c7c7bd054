package logictest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/ingest"
	ijson "github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/planner"
)

// fence is one fenced block of a page: its words after the backticks and its lines.
type fence struct {
	words []string
	lines []string
	from  int // line of the page after the opening backticks
}

func fences(page []string) []fence {
	var out []fence
	for i := 0; i < len(page); i++ {
		info, ok := strings.CutPrefix(page[i], "```")
		if !ok {
			continue
		}
		f := fence{words: strings.Fields(info), from: i + 1}
		for i++; i < len(page) && page[i] != "```"; i++ {
			f.lines = append(f.lines, page[i])
		}
		out = append(out, f)
	}
	return out
}

// TestManual runs the examples of docs/sql.md. A block `csv NAME`, `jsonl NAME`
// or `yaml NAME` is a file, and a source of its name without the extension. A
// block `sql` is a query, `sql replay` an application; the blocks behind it are
// what must come: `jsonl` the rows, `text` the first column, `error` the errors
// and warnings as they are printed, `jsonl out/NAME` what a replay wrote.
// -update writes them anew.
func TestManual(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "sql.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page := strings.Split(string(text), "\n")
	m := &manual{dir: t.TempDir()}
	blocks := fences(page)
	ran := 0
	for i := 0; i < len(blocks); i++ {
		b := blocks[i]
		switch {
		case len(b.words) == 0 || b.words[0] == "sh": // sh: cmd/velo-sql runs it
			continue
		case b.words[0] == "sql":
			var results []fence
			for i+1 < len(blocks) && (slices.Contains([]string{"text", "error"}, blocks[i+1].kind()) || blocks[i+1].kind() == "jsonl" && (len(blocks[i+1].words) == 1 || strings.HasPrefix(blocks[i+1].words[1], "out/"))) {
				i++
				results = append(results, blocks[i])
			}
			ran++
			m.run(t, page, b, results)
		case len(b.words) == 2:
			if err := os.WriteFile(filepath.Join(m.dir, b.words[1]), []byte(strings.Join(b.lines, "\n")+"\n"), 0o666); err != nil {
				t.Fatal(err)
			}
			if b.words[0] != "yaml" {
				m.files = append(m.files, b.words[1])
			}
		default:
			t.Errorf("docs/sql.md:%d: a block of %q is neither an example nor a file", b.from, b.words)
		}
	}
	if ran < 20 {
		t.Errorf("only %d examples were found", ran)
	}
	if *update && m.changed {
		var out []string
		for i, l := range page {
			if lines, ok := m.put[i]; ok {
				out = append(out, lines...)
				continue
			}
			if !m.cut[i] {
				out = append(out, l)
			}
		}
		if err := os.WriteFile(path, []byte(strings.Join(out, "\n")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func (f fence) kind() string {
	if len(f.words) == 0 {
		return ""
	}
	return f.words[0]
}

type manual struct {
	dir     string
	files   []string
	changed bool
	put     map[int][]string // line of the page → what stands there
	cut     map[int]bool
}

func (m *manual) run(t *testing.T, page []string, b fence, results []fence) {
	w := &world{dir: m.dir}
	for _, f := range m.files {
		name, _, _ := strings.Cut(f, ".")
		w.tables = append(w.tables, &table{name: name, path: filepath.Join(m.dir, f)})
	}
	o := w.options(nil)
	if len(b.words) > 1 && b.words[1] == "check" {
		o.Mode = planner.Validate
	}
	replay := len(b.words) > 1 && b.words[1] == "replay"
	out := filepath.Join(m.dir, "out")
	if replay {
		os.RemoveAll(out)
		o.Mode, o.Out = planner.Replay, out
	}
	sql := strings.Join(b.lines, "\n")
	var sink *rowSink
	o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
		sink = &rowSink{enc: ijson.NewEncoder(out.Fields, false)}
		return sink, nil
	}
	got := map[string][]string{}
	var report []string
	o.LogRow = func(query string, e *arrowexec.RowError) { report = append(report, "row error: "+query+": "+e.Error()) }
	say := func(list planner.Errors) {
		report = append(report, strings.Split(strings.TrimSuffix(strings.ReplaceAll(list.Render(map[string]string{"query": sql}), m.dir+"/", ""), "\n"), "\n")...)
	}
	app, err := planner.Compile(context.Background(), sql, o)
	var list planner.Errors
	switch {
	case errors.As(err, &list):
		say(list)
	case err != nil:
		report = append(report, "error: "+err.Error())
	default:
		if len(app.Warnings) > 0 {
			say(app.Warnings)
		}
		if o.Mode != planner.Validate {
			if _, err := app.Run(context.Background(), planner.RunOptions{}); err != nil {
				report = append(report, "error: "+err.Error())
			}
		}
		app.Close()
	}
	got["error"] = report
	if sink != nil {
		got["jsonl"] = sink.lines()
		for _, l := range sink.lines() {
			_, v, _ := strings.Cut(strings.TrimSuffix(l, `"}`), `":"`)
			got["text"] = append(got["text"], strings.ReplaceAll(v, m.dir+"/", ""))
		}
	}
	expects := false
	for _, r := range results {
		key := strings.Join(r.words, " ")
		have := got[key]
		if len(r.words) == 2 {
			data, err := os.ReadFile(filepath.Join(m.dir, r.words[1]))
			if err != nil {
				t.Errorf("docs/sql.md:%d: %v", r.from, err)
			}
			have = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
		}
		expects = expects || key == "error"
		if same(have, r.lines) {
			continue
		}
		if !*update {
			t.Errorf("docs/sql.md:%d: the example gives\n%s\nnot\n%s\n%s", r.from, show(have), show(r.lines), show(report))
			continue
		}
		m.changed = true
		if m.put == nil {
			m.put, m.cut = map[int][]string{}, map[int]bool{}
		}
		for i := range r.lines {
			m.cut[r.from+i] = true
		}
		m.put[r.from-1] = append([]string{page[r.from-1]}, have...)
	}
	if !expects && len(report) > 0 {
		t.Errorf("docs/sql.md:%d: the example does not run:\n%s", b.from, show(report))
	}
}

// TestSpecialExamples runs the examples of the functions that are no calls.
func TestSpecialExamples(t *testing.T) {
	for _, f := range expr.Special() {
		if f.Example == "" {
			continue
		}
		a := (&world{dir: t.TempDir()}).run(t, "SELECT CAST("+f.Example+" AS STRING) AS x", nil, setting{batch: 1, threads: 1})
		want := strconv.Quote(f.Result)
		if f.Result == "NULL" {
			want = "null"
		}
		if got := a.parts[""]; len(got) != 1 || got[0] != `{"x":`+want+`}` {
			t.Errorf("%s: %v, not %s: %v", f.Example, got, want, a.parts["error"])
		}
	}
}
