package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/planner"
)

func (s *session) validate() *cobra.Command {
	f := &flags{}
	var asJSON, noSystem bool
	c := &cobra.Command{
		Use:   `validate APP.sql | "SQL" | -f FILE`,
		Short: "report every error and warning of a text at once, without reading data",
		Long: `validate reads the SQL, its config_file and schema.file, and nothing else: no
broker is asked and no data is read. Sources whose columns are not declared are
listed as "columns not checked".`,
		RunE: s.own(func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%s takes one file or text; quote the SQL for the shell", c.CommandPath())
			}
			if err := s.check(c, f); err != nil {
				return err
			}
			st, err := s.oneOf(c, f, args, true)
			if err != nil {
				return err
			}
			return s.validated(f, st, asJSON, !noSystem)
		}),
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print the findings as one JSON object")
	c.Flags().BoolVar(&noSystem, "no-system-columns", false, "leave out the reference of system columns")
	f.sourceFlags(c.Flags())
	f.talkFlags(c.Flags())
	return c
}

// finding is an error or a warning as --json shows it.
type finding struct {
	Severity string `json:"severity"`
	Kind     string `json:"kind"`
	Source   string `json:"source"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

func findings(list planner.Errors) []finding {
	out := []finding{}
	for _, d := range list.Sorted() {
		out = append(out, finding{Severity: d.Severity.String(), Kind: string(d.Kind), Source: d.Source, Line: d.Line, Column: d.Col, Message: d.Message, Hint: d.Hint})
	}
	return out
}

// validation is the object of validate --json.
type validation struct {
	Valid      bool      `json:"valid"`
	Statements int       `json:"statements"`
	Errors     []finding `json:"errors"`
	Warnings   []finding `json:"warnings"`
	Unchecked  []string  `json:"columns_not_checked"`
	System     string    `json:"system_columns,omitempty"`
}

func (s *session) validated(f *flags, st statement, asJSON, system bool) error {
	o, err := s.options(planner.Validate, f, st)
	if err != nil {
		return err
	}
	v := validation{Unchecked: []string{}}
	var free []string
	o.Warn = func(w string) { free = append(free, w) }
	for _, b := range f.fromB {
		if missing(b.Path, st.dir) {
			free = append(free, fmt.Sprintf("--from %s: there is no file %q", b.Name, b.Path))
		}
	}
	app, err := planner.Compile(s.ctx, st.text, o)
	var list planner.Errors
	switch {
	case err == nil:
		defer app.Close()
		list, v.Valid, v.Statements = app.Warnings, true, len(app.Statements)
		v.Unchecked = append(v.Unchecked, app.Unchecked...)
		if system {
			v.System = app.SystemColumns()
		}
	case !errors.As(err, &list):
		return err
	}
	if !asJSON {
		s.talk.diagnostics(list, st.sources())
		for _, w := range free {
			s.talk.warn(w)
		}
		return s.verdict(st, v, list)
	}
	v.Errors, v.Warnings = findings(list.Errors()), findings(list.Warnings())
	for _, w := range free {
		v.Warnings = append(v.Warnings, finding{Severity: "warning", Source: st.name, Message: w})
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s\n", data)
	if !v.Valid {
		return shown{exitUsage}
	}
	return nil
}

// verdict prints what validate found besides the errors.
func (s *session) verdict(st statement, v validation, list planner.Errors) error {
	for _, name := range v.Unchecked {
		fmt.Fprintf(s.out, "columns not checked: %s\n", name)
	}
	if v.System != "" {
		fmt.Fprintf(s.out, "%s\n", v.System)
	}
	if !v.Valid {
		s.talk.note("%s: %s, %s", st.name, count(len(list.Errors()), "error"), count(len(list.Warnings()), "warning"))
		return shown{exitUsage}
	}
	s.talk.note("%s: valid, %s, %s", st.name, count(v.Statements, "query"), count(len(list.Warnings()), "warning"))
	return nil
}

func count(n int, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case what == "query":
		what = "querie"
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// missing tells whether a plain path names no file or folder; globs are not
// looked at.
func missing(path, dir string) bool {
	if path == "-" || strings.ContainsAny(path, "*?[{") || strings.Contains(path, "://") {
		return false
	}
	_, here := os.Stat(path)
	_, there := os.Stat(filepath.Join(dir, path))
	return here != nil && there != nil
}
