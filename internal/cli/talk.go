package cli

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/velostream/velo/arrowexec"
	"github.com/velostream/velo/planner"
)

// talker is standard error: progress, warnings, row errors, log lines. Its
// methods may be called from any goroutine.
type talker struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	quiet    bool
	log      *slog.Logger // set with --log-format json: everything becomes a log line
	progress progress
}

func newTalker(w io.Writer, terminal bool) *talker { return &talker{w: w, terminal: terminal} }

// logger makes the logger that sources and sinks get.
func (t *talker) logger(format string, verbose bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelWarn}
	switch {
	case verbose:
		o.Level = slog.LevelDebug
	case t.quiet:
		o.Level = slog.LevelError
	}
	if format == "json" {
		t.log = slog.New(slog.NewJSONHandler(t, o))
		return t.log
	}
	return slog.New(slog.NewTextHandler(t, o))
}

// Write puts text on standard error, the progress line out of its way.
func (t *talker) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	return t.w.Write(p)
}

// line prints a line whatever the flags say.
func (t *talker) line(format string, args ...any) {
	fmt.Fprintln(t, strings.TrimRight(fmt.Sprintf(format, args...), "\n"))
}

// note prints what -q leaves out.
func (t *talker) note(format string, args ...any) {
	switch {
	case t.quiet:
	case t.log != nil:
		t.log.Info(fmt.Sprintf(format, args...))
	default:
		t.line(format, args...)
	}
}

func (t *talker) warn(text string) {
	switch {
	case t.quiet:
	case t.log != nil:
		t.log.Warn(text)
	default:
		t.line("warning: %s", text)
	}
}

func (t *talker) fail(err error) {
	if t.log != nil {
		t.log.Error(err.Error())
		return
	}
	t.line("error: %s", err)
}

// rowError prints one of the sampled errors of rows.
func (t *talker) rowError(query string, e *arrowexec.RowError) {
	switch {
	case t.quiet:
	case t.log != nil:
		t.log.Warn("row error", "query", query, "source", e.Source, "topic", e.Topic, "partition", e.Partition, "offset", e.Offset,
			"line", e.Line, "class", e.Class, "field", e.Field, "error", fmt.Sprint(e.Cause))
	default:
		t.line("row error: %s: %s", query, e)
	}
}

// diagnostics prints the errors and warnings of a text.
func (t *talker) diagnostics(list planner.Errors, sources map[string]string) {
	if t.quiet {
		list = list.Errors()
	}
	if t.log == nil {
		if s := list.Render(sources); s != "" {
			t.line("%s", s)
		}
		return
	}
	for _, d := range list.Sorted() {
		level := slog.LevelError
		if d.Severity.String() == "warning" {
			level = slog.LevelWarn
		}
		t.log.Log(context.Background(), level, d.Message, "source", d.Source, "line", d.Line, "column", d.Col, "hint", d.Hint)
	}
}

// clear takes the progress line off the terminal.
func (t *talker) clear() {
	t.mu.Lock()
	t.wipe()
	t.mu.Unlock()
}

func (t *talker) wipe() {
	if t.progress.drawn {
		t.progress.drawn = false
		io.WriteString(t.w, "\r\x1b[K")
	}
}

// startProgress gives the function that a run calls with what was read; nil when
// nothing shall be shown.
func (t *talker) startProgress(mode string) func(arrowexec.SourceStats) {
	if t.quiet || mode == "never" || mode == "auto" && !t.terminal {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.progress = progress{on: true, start: time.Now()}
	return func(s arrowexec.SourceStats) {
		t.mu.Lock()
		defer t.mu.Unlock()
		now := time.Now()
		t.progress.last = s
		if t.terminal {
			fmt.Fprintf(t.w, "\r%s\x1b[K", t.progress.text(now))
			t.progress.drawn = true
		} else if now.Sub(t.progress.printed) >= time.Second {
			t.progress.printed = now
			fmt.Fprintln(t.w, t.progress.text(now))
		}
	}
}

// progressDone ends the display: the line is taken off a terminal.
func (t *talker) progressDone() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	t.progress.on = false
}

// progressFinal says once more what was read, where progress is always wanted.
func (t *talker) progressFinal(s arrowexec.SourceStats) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wipe()
	if t.progress.on {
		t.progress.last = s
		fmt.Fprintln(t.w, t.progress.text(time.Now()))
	}
	t.progress.on = false
}
