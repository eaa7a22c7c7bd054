package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	gotable "github.com/jedib0t/go-pretty/v6/table"
	gotext "github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"
	"github.com/velostream/velo/arrowexec/funcs"
	"github.com/velostream/velo/operators/agg"
)

// function is a scalar function or an aggregate as the documentation shows it.
type function struct {
	Name      string   `json:"name"`
	Aliases   []string `json:"aliases,omitempty"`
	Family    string   `json:"family"`
	Signature string   `json:"signature"`
	Doc       string   `json:"doc"`
	Example   string   `json:"example,omitempty"`
	Result    string   `json:"result,omitempty"`
}

func allFunctions() []function {
	var out []function
	for _, f := range funcs.All() {
		out = append(out, function{f.Name, f.Aliases, f.Family, f.Signature, f.Doc, f.Example, f.Result})
	}
	for _, f := range agg.All() {
		out = append(out, function{f.Name, f.Aliases, "Aggregate", f.Signature, f.Doc, f.Example, f.Result})
	}
	slices.SortStableFunc(out, func(a, b function) int {
		if n := strings.Compare(a.Family, b.Family); n != 0 {
			return n
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

func (s *session) functions() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "functions [NAME]",
		Short: "list the functions of SQL, or show one",
		Args:  cobra.MaximumNArgs(1),
		RunE: s.own(func(_ *cobra.Command, args []string) error {
			list := allFunctions()
			if len(args) == 1 {
				list = named(list, args[0])
				if len(list) == 0 {
					return usage("unknown function %q%s", args[0], containing(allFunctions(), args[0]))
				}
			}
			if asJSON {
				data, err := json.MarshalIndent(list, "", "  ")
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(s.out, "%s\n", data)
				return err
			}
			if len(args) == 1 {
				for _, f := range list {
					fmt.Fprint(s.out, f.page())
				}
				return nil
			}
			_, err := fmt.Fprintln(s.out, listing(list))
			return err
		}),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, f := range allFunctions() {
				names = append(names, f.Name)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print a JSON array")
	return c
}

func named(list []function, name string) []function {
	return slices.DeleteFunc(list, func(f function) bool {
		return !strings.EqualFold(f.Name, name) && !slices.ContainsFunc(f.Aliases, func(a string) bool { return strings.EqualFold(a, name) })
	})
}

// containing suggests functions whose name has a part of what was asked for.
func containing(list []function, name string) string {
	var near []string
	up := strings.ToUpper(name)
	for _, f := range list {
		if len(up) >= 2 && (strings.Contains(f.Name, up) || strings.Contains(up, f.Name) && len(f.Name) > 2 || strings.HasPrefix(f.Name, up[:2])) {
			near = append(near, f.Name)
		}
	}
	if len(near) == 0 {
		return "; velo-sql functions lists all"
	}
	slices.Sort(near)
	return "; did you mean " + strings.Join(near[:min(len(near), 6)], ", ") + "?"
}

func (f function) page() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  (%s)\n  %s\n", f.Signature, f.Family, f.Doc)
	if len(f.Aliases) > 0 {
		fmt.Fprintf(&b, "  also: %s\n", strings.Join(f.Aliases, ", "))
	}
	if f.Example != "" {
		fmt.Fprintf(&b, "  %s  →  %s\n", f.Example, f.Result)
	}
	return b.String()
}

func listing(list []function) string {
	w := gotable.NewWriter()
	w.SetStyle(gotable.Style{Box: gotable.BoxStyle{PaddingRight: "  "}, Format: gotable.FormatOptions{Header: gotext.FormatDefault}})
	w.SuppressTrailingSpaces()
	w.AppendHeader(gotable.Row{"family", "function", "meaning"})
	for _, f := range list {
		w.AppendRow(gotable.Row{f.Family, f.Signature, f.Doc})
	}
	return w.Render()
}
