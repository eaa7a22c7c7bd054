package cli

import (
	"github.com/spf13/cobra"
	"github.com/velostream/velo/planner"
)

func (s *session) run() *cobra.Command {
	f := &flags{}
	c := &cobra.Command{
		Use:   "run APP.sql",
		Short: "run an application against its real sources and sinks",
		Long: `run executes an application until its sources end, a LIMIT is met, or SIGINT or
SIGTERM asks for a graceful stop: sinks are flushed and offsets committed. A
second signal ends the process at once.`,
		Example: `  velo-sql run app.sql --broker localhost:9092
  velo-sql run app.sql -X security.protocol=sasl_ssl -X sasl.mechanism=SCRAM-SHA-256 -X sasl.username=u -X sasl.password=…`,
		RunE: s.own(func(c *cobra.Command, args []string) error {
			return s.application(c, f, args, planner.Run)
		}),
	}
	f.sourceFlags(c.Flags())
	f.runFlags(c.Flags())
	f.outputFlags(c.Flags())
	f.talkFlags(c.Flags())
	return c
}
