package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (s *session) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "show the version of velo and of what it is built from",
		Args:  exactly(0, "no arguments"),
		RunE: s.own(func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(s.out, versionText())
			return err
		}),
	}
}

func versionText() string {
	version, revision, arrow := "(devel)", "", ""
	if b, ok := debug.ReadBuildInfo(); ok {
		if b.Main.Version != "" {
			version = b.Main.Version
		}
		for _, s := range b.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = " " + s.Value[:min(len(s.Value), 12)]
			case s.Key == "vcs.modified" && s.Value == "true":
				revision += "+changes"
			}
		}
		for _, d := range b.Deps {
			if d.Path == "github.com/apache/arrow/go/v17" {
				arrow = ", Arrow " + d.Version
			}
		}
	}
	return fmt.Sprintf("velo-sql %s%s (%s%s, %s/%s)\n", version, revision, runtime.Version(), arrow, runtime.GOOS, runtime.GOARCH)
}
