package cli

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/arrowexec/expr"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/ingest/all"
	"github.com/velostream/velo/internal/render"
	"github.com/velostream/velo/operators/agg"
	"github.com/velostream/velo/planner"
)

// statement is SQL with its name in messages.
type statement struct {
	name, text string
	dir        string // folder of its file; "." without one
}

func (st statement) sources() map[string]string { return map[string]string{st.name: st.text} }

// fromFile reads a file of SQL; "-" is standard input.
func (s *session) fromFile(path string) (statement, error) {
	var data []byte
	var err error
	if path == "-" {
		data, err = io.ReadAll(s.in)
		path = "stdin"
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return statement{}, usage("reading SQL: %v", err)
	}
	return statement{name: path, text: string(data), dir: filepath.Dir(path)}, nil
}

// oneOf reads the SQL of a command that takes an argument or -f. With files an
// argument that names a file is read.
func (s *session) oneOf(c *cobra.Command, f *flags, args []string, files bool) (statement, error) {
	switch {
	case f.file != "" && len(args) > 0:
		return statement{}, usage("%s: give SQL or -f FILE, not both", c.CommandPath())
	case f.file != "":
		return s.fromFile(f.file)
	case len(args) == 0:
		return statement{}, usage("%s needs SQL, or -f FILE", c.CommandPath())
	}
	if files {
		if i, err := os.Stat(args[0]); err == nil && !i.IsDir() || filepath.Ext(args[0]) == ".sql" || args[0] == "-" {
			return s.fromFile(args[0])
		}
	}
	return statement{name: "query", text: args[0], dir: "."}, nil
}

// options gathers what a compilation depends on.
func (s *session) options(mode planner.Mode, f *flags, st statement) (planner.Options, error) {
	registry := all.New()
	functions, err := expr.NewRegistry(append(expr.Operators(), funcs.All()...)...)
	if err != nil {
		return planner.Options{}, err
	}
	for i := range f.fromB {
		f.fromB[i].Path = resolve(f.fromB[i].Path, st.dir)
	}
	threads := f.threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	dirs := []string{"."}
	if st.dir != "." {
		dirs = []string{st.dir, "."}
	}
	return planner.Options{
		Mode: mode, Source: st.name, Registry: registry, Funcs: functions, Aggs: agg.All(),
		Env: ingest.Env{
			Stdin: s.in, Stdout: s.out, Dirs: dirs, Start: time.Now().UnixMilli(),
			Log: s.talk.logger(f.logFormat, f.verbose), Replay: mode == planner.Replay,
		},
		From: f.fromB, To: f.toB, Out: f.out, Set: f.setKeys, Client: f.clientKeys, Broker: f.broker,
		ConfigFile: f.config, Vars: f.varKeys, LookupEnv: s.lookup,
		RowsRecord: f.output == "capture",
		Threads:    threads, MemoryLimit: f.memoryLimit,
		LogRow: s.talk.rowError, Warn: s.talk.warn,
		Rows: func(out ingest.Output) (arrowexec.Sink, error) {
			if f.discard {
				return &render.Discard{}, nil
			}
			return render.New(render.Options{
				Form: f.output, W: s.out, Registry: registry, Terminal: s.terminal, Color: s.color, Width: s.width, Topic: cmp.Or(out.Name, topicOf(st.name)),
				Live: mode == planner.Run || f.factor > 0 || s.terminal && f.output != "table",
			}, out)
		},
	}, nil
}

// topicOf is the topic of rows of a query without a name.
func topicOf(name string) string {
	base := filepath.Base(name)
	return base[:len(base)-len(filepath.Ext(base))]
}

// compile makes an application of SQL and prints its errors or warnings.
func (s *session) compile(mode planner.Mode, f *flags, st statement) (*planner.App, error) {
	o, err := s.options(mode, f, st)
	if err != nil {
		return nil, err
	}
	app, err := planner.Compile(s.ctx, st.text, o)
	if err != nil {
		return nil, s.statementError(err, st.sources())
	}
	s.talk.diagnostics(app.Warnings, st.sources())
	return app, nil
}

// execute compiles and runs SQL, prints the closing ledger, and gives the report
// to after, if the run was done.
func (s *session) execute(mode planner.Mode, f *flags, st statement, after func(*planner.App, planner.Report) error) (err error) {
	stop, err := startProfile(f)
	if err != nil {
		return err
	}
	defer stop()
	if f.memoryLimit > 0 {
		debug.SetMemoryLimit(f.memoryLimit)
	}
	app, err := s.compile(mode, f, st)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if mode == planner.Run {
		s.graceful.Store(true)
	}
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if f.out != "" {
		if err := os.MkdirAll(f.out, 0o777); err != nil {
			return usage("--out: %v", err)
		}
	}
	report, err := app.Run(s.ctx, planner.RunOptions{
		Stop: s.stop, Progress: s.talk.startProgress(f.progress), Speed: f.factor, Analyze: after != nil, Sizer: f.sizer,
	})
	if s.out.closed.Load() {
		return nil
	}
	if f.progress == "always" {
		s.talk.progressFinal(read(report))
	}
	s.talk.progressDone()
	if err == nil && after != nil {
		err = after(app, report)
	}
	if err == nil && f.strict && report.Ledger.Late+report.Ledger.Failed > 0 {
		err = errStrict
	}
	if err != nil {
		err = shown{s.exit(s.statementError(err, st.sources()))} // before the ledger, which comes last
	}
	if report.Elapsed > 0 {
		s.ledger(f, report)
	}
	return err
}

// read sums what the sources of a run have read.
func read(r planner.Report) arrowexec.SourceStats {
	var s arrowexec.SourceStats
	for _, x := range r.Sources {
		s.Rows += x.Rows
		s.Bytes += x.Bytes
	}
	s.Total = s.Bytes
	return s
}
