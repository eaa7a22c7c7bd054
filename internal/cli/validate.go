package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/arrowexec/expr"
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
	Code     string `json:"code"`
	Source   string `json:"source"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

func findings(list planner.Errors) []finding {
	out := []finding{}
	for _, d := range list.Sorted() {
		out = append(out, finding{Severity: d.Severity.String(), Code: string(d.Kind), Source: d.Source, Line: d.Line, Column: d.Col, Message: d.Message, Hint: d.Hint})
	}
	return out
}

// validation is the object of validate --json.
type validation struct {
	Valid       bool         `json:"valid"`
	Errors      []finding    `json:"errors"`
	Warnings    []finding    `json:"warnings"`
	Unchecked   []string     `json:"columns_not_checked"`
	Annotations []annotation `json:"annotations,omitempty"`
	Statements  []query      `json:"statements"`
}

type annotation struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Line   int    `json:"line"`
	Effect string `json:"effect,omitempty"`
	Why    string `json:"no_effect,omitempty"`
}

type query struct {
	Name        string       `json:"name"`
	Line        int          `json:"line"`
	Columns     []column     `json:"columns"`
	System      []string     `json:"system_columns,omitempty"`
	Annotations []annotation `json:"annotations,omitempty"`
}

type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func annotations(list []planner.AnnotationInfo) []annotation {
	var out []annotation
	for _, a := range list {
		out = append(out, annotation{a.Key, a.Value, a.Line, a.Effect, a.Why})
	}
	return out
}

func (s *session) validated(f *flags, st statement, asJSON, system bool) error {
	o, err := s.options(planner.Validate, f, st)
	if err != nil {
		return err
	}
	var free []finding
	add := func(code, w string) {
		free = append(free, finding{Severity: "warning", Code: code, Source: st.name, Message: w})
	}
	o.Warn = func(w string) { add("no_effect", w) }
	for _, b := range f.fromB {
		if missing(b.Path, st.dir) {
			add("missing_file", fmt.Sprintf("--from %s: there is no file %q", b.Name, b.Path))
		}
	}
	v, err := planner.Check(s.ctx, st.text, o)
	if err != nil {
		return err
	}
	if asJSON {
		return s.asJSON(st, v, free, system)
	}
	s.talk.diagnostics(v.Findings, st.sources())
	for _, w := range free {
		s.talk.warn(w.Message)
	}
	for _, name := range v.Unchecked {
		fmt.Fprintf(s.out, "columns not checked: %s\n", name)
	}
	s.shownAnnotations("annotations of the file", v.Annotations)
	for _, q := range v.Statements {
		s.shownAnnotations("annotations of "+q.Name, q.Annotations)
	}
	if system {
		fmt.Fprint(s.out, planner.SystemColumns())
		for _, q := range v.Statements {
			if len(q.System) > 0 {
				fmt.Fprintf(s.out, "%s can use: %s\n", q.Name, strings.Join(q.System, ", "))
			}
		}
	}
	warnings := count(len(v.Findings.Warnings())+len(free), "warning")
	if v.Findings.HasErrors() {
		s.talk.note("%s: %s, %s", st.name, count(len(v.Findings.Errors()), "error"), warnings)
		return shown{exitUsage}
	}
	s.talk.note("%s: valid, %s, %s", st.name, count(len(v.Statements), "query"), warnings)
	return nil
}

func (s *session) shownAnnotations(title string, list []planner.AnnotationInfo) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(s.out, "%s:\n", title)
	for _, a := range list {
		effect := a.Effect
		if effect == "" {
			effect = "no effect here: " + a.Why
		}
		fmt.Fprintf(s.out, "  @%s: %s (%s)\n", a.Key, a.Value, effect)
	}
}

func (s *session) asJSON(st statement, v *planner.Validation, free []finding, system bool) error {
	out := validation{Valid: !v.Findings.HasErrors(), Errors: findings(v.Findings.Errors()), Warnings: findings(v.Findings.Warnings()),
		Unchecked: append([]string{}, v.Unchecked...), Annotations: annotations(v.Annotations), Statements: []query{}}
	out.Warnings = append(out.Warnings, free...)
	for _, q := range v.Statements {
		info := query{Name: q.Name, Line: q.Line, Columns: []column{}, Annotations: annotations(q.Annotations)}
		for _, c := range q.Columns {
			info.Columns = append(info.Columns, column{c.Name, expr.TypeName(c.Type)})
		}
		if system {
			info.System = q.System
		}
		out.Statements = append(out.Statements, info)
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s\n", data)
	if !out.Valid {
		return shown{exitUsage}
	}
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
