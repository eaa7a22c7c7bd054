package logictest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	ijson "github.com/velostream/velo/ingest/format/json"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
	"github.com/velostream/velo/planner/logictest/slt"
	"go.uber.org/goleak"
)

var update = flag.Bool("update", false, "write the answers of cases that have none")

const clock = int64(1_700_000_000_000) // the time of every run, 2023-11-14T22:13:20Z

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestGoldenSQL(t *testing.T)   { scripts(t, filepath.Join("..", "..", "testdata", "sql")) }
func TestGoldenPlan(t *testing.T)  { scripts(t, filepath.Join("..", "..", "testdata", "plan")) }
func TestGoldenCheck(t *testing.T) { scripts(t, filepath.Join("..", "..", "testdata", "check")) }

func scripts(t *testing.T, root string) {
	var files []string
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(p, ".slt") {
			files = append(files, p)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", root, err)
	}
	for _, f := range files {
		name, _ := filepath.Rel(root, f)
		t.Run(strings.TrimSuffix(filepath.ToSlash(name), ".slt"), func(t *testing.T) {
			s, err := slt.Read(f)
			if err != nil {
				t.Fatal(err)
			}
			runScript(t, s)
			if *update && !t.Failed() {
				if err := s.Write(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// world is the tables that a script has made so far.
type world struct {
	dir    string
	tables []*table
}

type table struct {
	name, path string
	props      map[string]string
	lines      int
}

func runScript(t *testing.T, s *slt.Script) {
	w := &world{dir: t.TempDir()}
	for _, b := range s.Blocks {
		switch b.Kind {
		case "table":
			w.table(t, b)
		case "check":
			t.Run(b.Name, func(t *testing.T) { w.check(t, b) })
		case "case", "plan":
			t.Run(b.Name, func(t *testing.T) { w.golden(t, b) })
		case "eval":
			for i, line := range b.Body {
				t.Run(fmt.Sprintf("%d:%s", b.Line+1+i, line), func(t *testing.T) { b.Body[i] = w.eval(t, b.Name, line) })
			}
		}
	}
}

func (w *world) table(t *testing.T, b *slt.Block) {
	name, _, _ := strings.Cut(b.Name, ".")
	w.tables = slices.DeleteFunc(w.tables, func(x *table) bool { return x.name == name })
	x := &table{name: name, path: filepath.Join(w.dir, b.Name), props: b.Words, lines: len(b.Body)}
	if err := os.WriteFile(x.path, []byte(b.File()), 0o666); err != nil {
		t.Fatal(err)
	}
	w.tables = append(w.tables, x)
}

// setting is one way to run a record.
type setting struct {
	batch, threads int
	connect        func(*planner.Options) error // replaces files by Arrow records
	label          string
	rulesOff       []string
}

func settings() []setting {
	var out []setting
	for _, b := range []int{1, 3, 64, 1024} {
		for _, n := range []int{1, 3} {
			out = append(out, setting{batch: b, threads: n, label: fmt.Sprintf("batch %d threads %d", b, n)})
		}
	}
	return out
}

// answer is what a run gave, by section.
type answer struct {
	parts  map[string][]string
	report planner.Report
}

func (w *world) options(words map[string]string) planner.Options {
	r, err := expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
	if err != nil {
		panic(err)
	}
	o := planner.Options{
		Mode: planner.Query, Source: "query", Registry: all.New(), Funcs: r, Aggs: agg.All(),
		Set: map[string]string{}, Vars: map[string]string{"COLUMN": "a"}, Connect: map[string]ingest.Connector{},
		Env: ingest.Env{Start: clock, Clock: func() int64 { return clock }, Dirs: []string{w.dir}},
	}
	for _, t := range w.tables {
		o.From = append(o.From, planner.Binding{Name: t.name, Path: t.path, Props: t.props})
	}
	for k, v := range words {
		if p, ok := strings.CutPrefix(k, "set:"); ok {
			o.Set[p] = v
		}
	}
	return o
}

// rowSink collects rows as JSON lines.
type rowSink struct {
	enc  ingest.Encoder
	mu   sync.Mutex
	buf  []byte
	ends []int
}

func (s *rowSink) Write(_ context.Context, b *arrowexec.Batch) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buf, s.ends, err = s.enc.Encode(s.buf, s.ends, b)
	return err
}
func (s *rowSink) Flush(context.Context) error       { return nil }
func (s *rowSink) Close(context.Context, bool) error { return nil }
func (s *rowSink) Stats() arrowexec.SinkStats        { return arrowexec.SinkStats{Rows: int64(len(s.ends))} }

func (s *rowSink) lines() []string {
	var out []string
	from := 0
	for _, e := range s.ends {
		out = append(out, strings.TrimRight(string(s.buf[from:e]), "\n"))
		from = e
	}
	return out
}

// run runs a text once.
func (w *world) run(t *testing.T, sql string, words map[string]string, s setting) answer {
	t.Helper()
	a := answer{parts: map[string][]string{}}
	o := w.options(words)
	o.Threads, o.RulesOff = s.threads, s.rulesOff
	out := ""
	if _, ok := words["replay"]; ok {
		out = t.TempDir()
		o.Mode, o.Out = planner.Replay, out
		for _, n := range strings.Split(words["capture"], ",") {
			if n != "" {
				o.To = append(o.To, planner.Binding{Name: n, Path: filepath.Join(out, n+".jsonl"), Props: map[string]string{"format": "capture"}})
			}
		}
	}
	var sink *rowSink
	o.Rows = func(out ingest.Output) (arrowexec.Sink, error) {
		sink = &rowSink{enc: ijson.NewEncoder(out.Fields, false)}
		return sink, nil
	}
	var mu sync.Mutex
	var failed []string
	o.LogRow = func(_ string, e *arrowexec.RowError) {
		mu.Lock()
		failed = append(failed, e.Class+": "+e.Error())
		mu.Unlock()
	}
	if s.connect != nil {
		if err := s.connect(&o); err != nil {
			t.Fatalf("%s: %v", s.label, err)
		}
	}
	app, err := planner.Compile(context.Background(), sql, o)
	var list planner.Errors
	if errors.As(err, &list) {
		a.parts["error"] = diagnostics(list.Errors())
		return a
	}
	if err != nil {
		a.parts["error"] = []string{strings.ReplaceAll(err.Error(), w.dir+"/", "")}
		return a
	}
	if len(app.Warnings) > 0 {
		a.parts["warning"] = diagnostics(app.Warnings)
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	a.report, err = app.Run(context.Background(), planner.RunOptions{Allocator: mem, Poison: true, Sizer: &arrowexec.SizerOptions{Strategy: "fixed_size", Size: s.batch}})
	if err != nil {
		a.parts["stop"] = []string{strings.ReplaceAll(err.Error(), w.dir+"/", "")}
	}
	if err := app.Close(); err != nil {
		t.Errorf("%s: close: %v", s.label, err)
	}
	mem.AssertSize(t, 0)
	if sink != nil {
		for _, l := range sink.lines() {
			a.parts[""] = append(a.parts[""], strings.ReplaceAll(l, w.dir+"/", ""))
		}
	} else {
		a.parts[""] = nil
	}
	slices.Sort(failed)
	a.parts["failed"] = failed
	l := a.report.Ledger
	a.parts["ledger"] = []string{fmt.Sprintf("in=%d used=%d filtered=%d late=%d failed=%d held=%d out=%d", l.In, l.Used, l.Filtered, l.Late, l.Failed, l.Held, l.Out)}
	if err == nil && l.In != l.Used+l.Filtered+l.Late+l.Failed+l.Held {
		t.Errorf("%s: the ledger does not add up: %s", s.label, a.parts["ledger"][0])
	}
	var files []os.DirEntry
	if out != "" {
		files, _ = os.ReadDir(out)
	}
	for _, f := range files {
		text, _ := os.ReadFile(filepath.Join(out, f.Name()))
		a.parts["file "+strings.TrimSuffix(f.Name(), ".jsonl")] = strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if len(text) == 0 {
			a.parts["file "+strings.TrimSuffix(f.Name(), ".jsonl")] = nil
		}
	}
	return a
}

func diagnostics(l planner.Errors) []string {
	var out []string
	for _, e := range l.Sorted() {
		out = append(out, fmt.Sprintf("%s %s: %s", e.Pos, e.Kind, e.Message))
		if e.Hint != "" {
			out = append(out, "hint: "+e.Hint)
		}
	}
	return out
}

func same(a, b []string) bool { return slices.Equal(a, b) }

func show(lines []string) string { return "  " + strings.Join(lines, "\n  ") }

// golden runs a case under every setting.
func (w *world) golden(t *testing.T, b *slt.Block) {
	sql := strings.Join(b.Body, "\n")
	if b.Kind == "plan" {
		w.plan(t, b, sql)
		return
	}
	list := settings()
	if one := w.door(t, sql, b.Words); one != nil {
		list = append(list, one...)
	}
	var first answer
	for i, s := range list {
		if b.Words["threads"] == "1" && s.threads > 1 {
			continue
		}
		a := w.run(t, sql, b.Words, s)
		if i == 0 {
			first = a
			if len(b.Parts) == 0 {
				if !*update {
					t.Fatalf("line %d: the case has no answer; -update writes it", b.Line)
				}
				if a.parts["stop"] != nil {
					delete(a.parts, "")
				}
				for _, k := range []string{"", "error", "warning", "stop", "failed"} {
					if len(a.parts[k]) > 0 || k == "" && a.parts["error"] == nil && a.parts["stop"] == nil && len(a.parts[""]) > 0 {
						b.Parts = append(b.Parts, slt.Part{Name: k, Lines: a.parts[k]})
					}
				}
				var names []string
				for k := range a.parts {
					if strings.HasPrefix(k, "file ") {
						names = append(names, k)
					}
				}
				slices.Sort(names)
				for _, k := range names {
					b.Parts = append(b.Parts, slt.Part{Name: k, Lines: a.parts[k]})
				}
				if len(b.Parts) == 0 {
					b.Parts = append(b.Parts, slt.Part{})
				}
			}
		}
		for _, p := range b.Parts {
			if s.connect != nil && (p.Name == "failed" || p.Name == "error" || p.Name == "warning" || p.Name == "ledger") {
				continue // positions differ in memory
			}
			if got := a.parts[p.Name]; !same(got, p.Lines) {
				t.Errorf("line %d, %s: section %q is\n%s\nwant\n%s%s", b.Line, s.label, p.Name, show(got), show(p.Lines), other(a, p.Name))
			}
		}
		if _, ok := b.Part("error"); !ok && a.parts["error"] != nil {
			t.Errorf("line %d, %s: statement error:\n%s", b.Line, s.label, show(a.parts["error"]))
		}
		if _, ok := b.Part("stop"); !ok && a.parts["stop"] != nil {
			t.Errorf("line %d, %s: the run failed:\n%s", b.Line, s.label, show(a.parts["stop"]))
		}
		for k, v := range a.parts { // no row may come that nobody expects
			if k == "" && a.parts["stop"] != nil {
				continue // how far a failing run comes is no matter of the contract
			}
			if _, ok := b.Part(k); !ok && (k == "" || strings.HasPrefix(k, "file ")) && len(v) > 0 {
				t.Errorf("line %d, %s: unexpected section %q:\n%s", b.Line, s.label, k, show(v))
			}
		}
		for _, k := range []string{"ledger", "failed"} {
			_, given := b.Part("ledger")
			if s.connect == nil && a.parts["stop"] == nil && (k != "ledger" || given) && !same(a.parts[k], first.parts[k]) {
				t.Errorf("line %d, %s: %s differs:\n%s\nfrom\n%s", b.Line, s.label, k, show(a.parts[k]), show(first.parts[k]))
			}
		}
		if t.Failed() {
			return
		}
	}
}

// other shows the rest of an answer that is not as wanted.
func other(a answer, name string) string {
	s := ""
	for _, k := range []string{"error", "stop", "failed", "warning"} {
		if k != name && len(a.parts[k]) > 0 {
			s += "\n" + k + ":\n" + show(a.parts[k])
		}
	}
	return s
}

// eval runs one line of an eval block and gives it with its answer.
func (w *world) eval(t *testing.T, table, line string) string {
	at := strings.LastIndex(line, "=>")
	src, want := line, ""
	if at >= 0 {
		src, want = line[:at], strings.TrimSpace(line[at+2:])
	}
	src = strings.TrimSpace(src)
	sql := "SELECT " + src + " AS x FROM " + table
	list := settings()
	if at < 0 || !strings.HasPrefix(want, "error") {
		list = append(list, w.door(t, sql, nil)...)
	}
	for _, s := range list {
		a := w.run(t, sql, nil, s)
		got := ""
		if e := a.parts["error"]; e != nil {
			got = "error " + strings.Join(e, "; ")
		} else if e := a.parts["stop"]; e != nil {
			got = "stop " + strings.Join(e, "; ")
		} else {
			var vals []string
			for _, l := range a.parts[""] {
				var row struct{ X json.RawMessage }
				if err := json.Unmarshal([]byte(l), &row); err != nil {
					t.Fatalf("%s: %v in %s", s.label, err, l)
				}
				var c bytes.Buffer
				if err := json.Compact(&c, row.X); err != nil {
					t.Fatal(err)
				}
				vals = append(vals, c.String())
			}
			got = "[" + strings.Join(vals, ",") + "]"
		}
		if want == "" {
			if !*update {
				t.Fatalf("%s has no answer; it is %s", src, got)
			}
			want = got
		}
		if got != want {
			t.Fatalf("%s: %s is\n  %s\nwant\n  %s%s", s.label, src, got, want, other(a, "error"))
		}
	}
	return src + " => " + want
}

var volatile = regexp.MustCompile(`(?i)\b_(timestamp|offset|partition|topic|key|headers|event_time|window_start|window_end)\b|header|timestamp\(\)|window|tumbl|event\.time|limit|create|insert|watermark|changes every|show|describe|explain`)
