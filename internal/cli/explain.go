package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/planner"
)

func (s *session) explain() *cobra.Command {
	f := &flags{}
	var analyze, whyEmpty bool
	c := &cobra.Command{
		Use:   `explain [--analyze|--why-empty] "SELECT …" | APP.sql | -f FILE`,
		Short: "show how SQL would run, or with --analyze how it did",
		Long: `explain shows the logical plan, the physical operators, pushed-down columns and
seeks, partitioning and state. With --analyze the SQL is run, its rows are
dropped, and every operator shows its rows, batches and time. With --why-empty
it is run too, and each query shows which predicates removed how many rows, which
errors failed them, what is late, what state is left and which partition holds
the watermark. A file is taken as an application, whose sinks are written: as
replay does with --from, else as run does.`,
		RunE: s.own(func(c *cobra.Command, args []string) error {
			if whyEmpty {
				f.threads = 1 // so that every operator belongs to the one pipeline that is shown
			}
			if len(args) > 1 {
				return usage("%s takes one query or file; quote the SQL for the shell", c.CommandPath())
			}
			if err := s.check(c, f); err != nil {
				return err
			}
			st, err := s.oneOf(c, f, args, true)
			if err != nil {
				return err
			}
			mode := planner.Query
			switch {
			case st.name == "query":
			case len(f.fromB) > 0 || f.out != "":
				mode = planner.Replay
			default:
				mode = planner.Run
			}
			if whyEmpty {
				return s.whyEmpty(mode, f, st)
			}
			if analyze {
				return s.analyzed(mode, f, st)
			}
			return s.explained(mode, f, st)
		}),
	}
	c.Flags().BoolVar(&analyze, "analyze", false, "run the SQL and show what every operator did")
	c.Flags().BoolVar(&whyEmpty, "why-empty", false, "run the SQL and say where its input rows went and who holds the watermark")
	c.Flags().StringVar(&f.out, "out", "", "folder of the sinks of an application with several, as for replay")
	f.sourceFlags(c.Flags())
	f.runFlags(c.Flags())
	f.talkFlags(c.Flags())
	return c
}

// explained compiles and shows the plan.
func (s *session) explained(mode planner.Mode, f *flags, st statement) error {
	if mode == planner.Replay && f.out == "" {
		f.out = "." // nothing is written
	}
	app, err := s.compile(mode, f, st)
	if err != nil {
		return err
	}
	defer app.Close()
	_, err = fmt.Fprintln(s.out, strings.TrimRight(app.Explain(), "\n"))
	return err
}

// whyEmpty runs the SQL, drops the rows of a query, and says where the input rows went.
func (s *session) whyEmpty(mode planner.Mode, f *flags, st statement) error {
	f.discard = true
	return s.execute(mode, f, st, func(app *planner.App, r planner.Report) error {
		_, err := fmt.Fprintln(s.out, strings.TrimRight(app.WhyEmpty(r), "\n"))
		return err
	})
}

// analyzed runs the SQL, drops its rows, and shows the plan with its figures.
func (s *session) analyzed(mode planner.Mode, f *flags, st statement) error {
	f.discard = true
	return s.execute(mode, f, st, func(app *planner.App, r planner.Report) error {
		_, err := fmt.Fprintln(s.out, strings.TrimRight(app.ExplainAnalyzed(r), "\n"))
		return err
	})
}
