package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/ingest"
	"github.com/velostream/velo/planner"
)

// The exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitStrict      = 3
	exitInterrupted = 130
)

// errStrict ends a run with --strict that was done but lost rows.
var errStrict = errors.New("rows were late or failed, and --strict was given")

// usage makes an error of the class that ends with exit code 2.
func usage(format string, args ...any) error { return ingest.Usage(fmt.Errorf(format, args...)) }

// shown is an error that has been told already; only its code is left to give.
type shown struct{ code int }

func (shown) Error() string { return "told already" }

// exit prints what is left to say of an error and gives the exit code.
func (s *session) exit(err error) int {
	var told shown
	switch {
	case s.out.closed.Load():
		return exitDone // nobody reads what would follow
	case err == nil:
		return exitDone
	case errors.As(err, &told):
		return told.code
	case s.hit.Load() && (errors.Is(err, context.Canceled) || !s.began):
		s.talk.line("interrupted")
		return exitInterrupted
	}
	code := exitFailed
	var list planner.Errors
	switch {
	case errors.Is(err, errStrict):
		code = exitStrict
	case !s.began, errors.Is(err, ingest.ErrUsage), errors.As(err, &list):
		code = exitUsage
	}
	s.talk.fail(err)
	if !s.began {
		s.talk.line("see velo-sql --help")
	}
	return code
}

// statementError prints the errors of a text with the lines they are about.
func (s *session) statementError(err error, sources map[string]string) error {
	var list planner.Errors
	if !errors.As(err, &list) {
		return err
	}
	s.talk.diagnostics(list, sources)
	return shown{exitUsage}
}

// exactly is cobra.ExactArgs with a message that says what is missing.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < n:
			return fmt.Errorf("%s needs %s", c.CommandPath(), what)
		case len(args) > n:
			return fmt.Errorf("%s takes only %s; %q is too much (quote SQL for the shell)", c.CommandPath(), what, strings.Join(args[n:], " "))
		}
		return nil
	}
}

func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := ""
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		hint = fmt.Sprintf("; did you mean %q?", near[0])
	}
	return fmt.Errorf("unknown command %q%s", args[0], hint)
}
