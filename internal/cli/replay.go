package cli

import (
	"github.com/spf13/cobra"
	"github.com/velostream/velo/planner"
)

func (s *session) replay() *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "replay APP.sql --from NAME=PATH …",
		Short: "run an application with its sources read from files; no broker is contacted",
		Long: `replay runs an application file with the named sources read from files instead of
Kafka. Sinks without --to are written to the folder of --out as NAME.jsonl, or,
when there is one sink, to standard output. The run's clock follows the records.`,
		Example: `  velo-sql replay app.sql --from trades=trades.capture.jsonl --out results
  velo-sql replay app.sql --from trades=trades.jsonl --to alerts=alerts.csv --speed 10x`,
		RunE: s.own(func(c *cobra.Command, args []string) error {
			return s.application(c, f, args, planner.Replay)
		}),
	}
	f.sourceFlags(c.Flags())
	c.Flags().StringVar(&f.out, "out", "", "write sinks without --to into this `DIR`, as NAME.jsonl")
	c.Flags().StringVar(&f.speed, "speed", "max", "pace by recorded times: max, 1x, 10x …")
	f.runFlags(c.Flags())
	f.outputFlags(c.Flags())
	f.talkFlags(c.Flags())
	return c
}

// application runs an application file.
func (s *session) application(c *cobra.Command, f *flags, args []string, mode planner.Mode) error {
	switch {
	case len(args)+min(len(f.file), 1) == 0:
		return usage("%s needs an application file", c.CommandPath())
	case len(args)+min(len(f.file), 1) > 1:
		return usage("%s takes one application file", c.CommandPath())
	}
	if err := s.check(c, f); err != nil {
		return err
	}
	path := f.file
	if path == "" {
		path = args[0]
	}
	st, err := s.fromFile(path)
	if err != nil {
		return err
	}
	return s.execute(mode, f, st, nil)
}
