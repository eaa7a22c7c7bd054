package cli

import (
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// session is one call of velo-sql.
type session struct {
	in   io.Reader
	out  *outlet
	talk *talker

	terminal bool // standard output is one
	width    int
	color    bool
	lookup   func(string) (string, bool)
	interrupts
	began bool // a command's own work has begun: errors are no longer about the command line
}

// Main runs velo-sql with the arguments after the program's name and gives the
// exit code: 0 done, 1 failed, 2 wrong usage or invalid SQL, 3 done with
// --strict but rows were late or failed, 130 interrupted.
func Main(args []string) int {
	// A closed pipe shall come back as an error of Write, not end the process.
	signal.Ignore(syscall.SIGPIPE)
	s := &session{in: os.Stdin, lookup: os.LookupEnv}
	s.talk = newTalker(os.Stderr, term.IsTerminal(int(os.Stderr.Fd())))
	s.out = &outlet{w: os.Stdout, talk: s.talk}
	if fd := int(os.Stdout.Fd()); term.IsTerminal(fd) {
		s.terminal = true
		_, no := s.lookup("NO_COLOR")
		s.color = !no
		if w, _, err := term.GetSize(fd); err == nil {
			s.width = w
		}
	}
	s.watch(s.talk)
	defer s.unwatch()
	root := s.root()
	root.SetArgs(joinStats(args))
	err := root.Execute()
	s.talk.progressDone()
	return s.exit(err)
}

func (s *session) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "velo-sql",
		Short: "SQL over streams, topics and files",
		Long: `velo-sql runs SQL over Kafka topics and files.

  velo-sql query "SELECT carrier, COUNT(*) n FROM 'flights.csv' GROUP BY carrier"
  velo-sql replay app.sql --from trades=trades.jsonl
  velo-sql run app.sql --broker localhost:9092

Rows go to standard output; progress, warnings and the closing ledger to standard
error. Exit codes: 0 done, 1 the run failed, 2 wrong usage or invalid SQL, 3 with
--strict: rows were late or failed, 130 interrupted.`,
		SilenceUsage:               true,
		SilenceErrors:              true,
		SuggestionsMinimumDistance: 3,
		Args:                       unknownCommand,
		RunE:                       func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetOut(s.out)
	root.SetErr(s.talk)
	root.AddCommand(s.query(), s.replay(), s.run(), s.validate(), s.explain(), s.capture(), s.functions(), s.version(), s.completion())
	offers(root)
	root.AddCommand(s.later()...)
	return root
}

// own wraps the body of a command: from here on errors are not about the
// command line.
func (s *session) own(f func(c *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		s.began = true
		return f(c, args)
	}
}
