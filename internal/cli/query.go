package cli

import (
	"github.com/spf13/cobra"
	"github.com/velostream/velo/planner"
)

func (s *session) query() *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   `query "SELECT …" | -f FILE`,
		Short: "run one bounded query and print its rows",
		Example: `  velo-sql query "SELECT carrier, COUNT(*) n FROM 'flights.csv' GROUP BY carrier ORDER BY n DESC LIMIT 5"
  velo-sql query "SELECT HEADER('source') s, COUNT(*) n FROM t GROUP BY HEADER('source')" --from t=orders.jsonl
  cat trades.jsonl | velo-sql query "SELECT * FROM t WHERE price > 10" --from t=- -o csv`,
		RunE: s.own(func(c *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("%s takes one query; quote the SQL for the shell", c.CommandPath())
			}
			if err := s.check(c, f); err != nil {
				return err
			}
			st, err := s.oneOf(c, f, args, false)
			if err != nil {
				return err
			}
			return s.execute(planner.Query, f, st, nil)
		}),
	}
	f.sourceFlags(c.Flags())
	f.runFlags(c.Flags())
	f.outputFlags(c.Flags())
	f.talkFlags(c.Flags())
	return c
}
