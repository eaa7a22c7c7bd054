package planner_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/ingest/file"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a folder with files, and the options of a compilation in it.
type bench struct {
	t    *testing.T
	dir  string
	rows bytes.Buffer
	errs []string // sampled row errors
	o    planner.Options
	rep  planner.Report
}

func newBench(t *testing.T, mode planner.Mode) *bench {
	t.Helper()
	fns, err := expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
	require.NoError(t, err)
	b := &bench{t: t, dir: t.TempDir()}
	b.o = planner.Options{
		Mode: mode, Source: "app.sql", Registry: all.New(), Funcs: fns, Aggs: agg.All(), Threads: 1,
		Env: ingest.Env{Dirs: []string{b.dir}, Start: 1_700_000_000_000, Replay: mode == planner.Replay},
		LogRow: func(_ string, e *arrowexec.RowError) {
			b.errs = append(b.errs, e.Error())
		},
		Rows: func(out ingest.Output) (arrowexec.Sink, error) { return newRows(&b.rows, b.o.Registry, out, b.form()) },
	}
	return b
}

// rowSink collects rows as JSON lines, or as captures.
type rowSink struct{ w *file.RowWriter }

func newRows(buf *bytes.Buffer, r *ingest.Registry, out ingest.Output, format string) (arrowexec.Sink, error) {
	w, err := file.NewRowWriter(buf, r, ingest.SinkSpec{Name: "rows", Props: ingest.NewProps(), Output: out}, format, false, false)
	return &rowSink{w: w}, err
}

func (s *rowSink) Write(_ context.Context, b *arrowexec.Batch) error { return s.w.Write(b) }
func (s *rowSink) Flush(context.Context) error                       { return nil }
func (s *rowSink) Close(context.Context, bool) error                 { return s.w.Close() }
func (s *rowSink) Stats() arrowexec.SinkStats                        { return arrowexec.SinkStats{} }

func (b *bench) file(name string, lines ...string) string {
	b.t.Helper()
	p := filepath.Join(b.dir, name)
	require.NoError(b.t, os.MkdirAll(filepath.Dir(p), 0o777))
	require.NoError(b.t, os.WriteFile(p, []byte(strings.Join(lines, "\n")+"\n"), 0o666))
	return p
}

func (b *bench) read(name string) string {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.dir, name))
	require.NoError(b.t, err)
	return strings.TrimSpace(string(data))
}

func (b *bench) compile(sql string) (*planner.App, error) {
	return planner.Compile(context.Background(), sql, b.o)
}

// run compiles and runs SQL and gives its rows as JSON lines.
func (b *bench) run(sql string) string {
	b.t.Helper()
	out, err := b.try(sql)
	require.NoError(b.t, err)
	return out
}

func (b *bench) try(sql string) (string, error) {
	b.t.Helper()
	app, err := b.compile(sql)
	require.NoError(b.t, err, "compile: %s", describe(err))
	defer func() { require.NoError(b.t, app.Close()) }()
	b.rows.Reset()
	b.rep, err = app.Run(context.Background(), planner.RunOptions{})
	return strings.TrimSpace(b.rows.String()), err
}

// fails compiles SQL that is at fault and gives the rendered errors.
func (b *bench) fails(sql string) string {
	b.t.Helper()
	app, err := b.compile(sql)
	if err == nil {
		app.Close()
		b.t.Fatalf("no error: %s", sql)
	}
	return describe(err)
}

func describe(err error) string {
	var list planner.Errors
	if errors.As(err, &list) {
		return list.Render(nil)
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

func (b *bench) form() string {
	if b.o.RowsRecord {
		return "capture"
	}
	return "json"
}
