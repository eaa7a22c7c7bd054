package cli

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/velostream/velo/internal/render"
)

func (s *session) completion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "print a completion script for a shell",
		Example: `  source <(velo-sql completion bash)
  velo-sql completion fish > ~/.config/fish/completions/velo-sql.fish`,
		ValidArgs: []string{"bash", "zsh", "fish"},
		Args:      exactly(1, "the name of a shell: bash, zsh or fish"),
		RunE: s.own(func(c *cobra.Command, args []string) error {
			switch root := c.Root(); args[0] {
			case "bash":
				return root.GenBashCompletionV2(s.out, true)
			case "zsh":
				return root.GenZshCompletion(s.out)
			case "fish":
				return root.GenFishCompletion(s.out, true)
			}
			return usage("completion knows bash, zsh and fish, not %q", args[0])
		}),
	}
}

// offers tells shells what may follow flags and commands.
func offers(root *cobra.Command) {
	values := map[string][]string{
		"output": render.Forms, "progress": {"auto", "always", "never"},
		"stats": {"text", "json"}, "log-format": {"text", "json"}, "batch": {"auto"}, "speed": {"max", "1x", "10x"},
	}
	for _, c := range root.Commands() {
		for flag, list := range values {
			if c.Flags().Lookup(flag) != nil {
				// It fails for a flag that is not there or has one already.
				_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp))
			}
		}
		for flag, ends := range map[string][]string{"file": {"sql"}, "config": {"yaml", "yml"}} {
			if c.Flags().Lookup(flag) != nil {
				_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(ends, cobra.ShellCompDirectiveFilterFileExt))
			}
		}
		switch c.Name() {
		case "replay", "run", "validate", "explain":
			c.ValidArgsFunction = cobra.FixedCompletions([]string{"sql"}, cobra.ShellCompDirectiveFilterFileExt)
		case "query", "version":
			c.ValidArgsFunction = cobra.NoFileCompletions
		}
	}
}

// later are commands of the contract that velo-sql does not have yet; they are
// refused by name, and help does not list them.
func (s *session) later() []*cobra.Command {
	var out []*cobra.Command
	for name, what := range map[string]string{
		"shell": "the interactive shell; use velo-sql query",
		"serve": "the job server; use velo-sql run",
		"test":  "tests of SQL files; compare what velo-sql replay writes",
	} {
		out = append(out, &cobra.Command{
			Use: name, Hidden: true, DisableFlagParsing: true,
			RunE: s.own(func(*cobra.Command, []string) error {
				return usage("velo-sql %s is not supported yet: %s", name, fmt.Sprint(what))
			}),
		})
	}
	return out
}
