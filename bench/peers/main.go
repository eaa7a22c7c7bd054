// Peers runs velo's decoders and its filter against Go libraries: the same seeded
// records, in one process, in turns, by CPU time. It is a module of its own, so
// that velo's has none of the libraries.
//
//	go run . [-o json] [-records n] [-rounds n] [json|csv|filter …]
//
// Read [Case] first: one comparison. Every way of a case must find the same
// values before any is measured.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"github.com/velostream/velo/bench"
)

func main() {
	if err := run(os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// areas are the groups of cases that can be asked for by name.
var areas = []struct {
	name  string
	cases func(Options) ([]*Case, error)
}{
	{"json", jsonCases}, {"csv", csvCases}, {"filter", filterCases},
}

// Options size the measurement.
type Options struct {
	Records int
	Seed    uint64
	Rounds  int
}

func run(w io.Writer, args []string) error {
	o := Options{}
	set := flag.NewFlagSet("peers", flag.ContinueOnError)
	form := set.String("o", "text", "text or json")
	only := set.String("case", "", "measure only cases whose name contains this")
	set.IntVar(&o.Records, "records", 20_000, "records of each case")
	set.IntVar(&o.Rounds, "rounds", 7, "rounds, each of which runs every way of a case once")
	set.Uint64Var(&o.Seed, "seed", 1, "seed of the records")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *form != "text" && *form != "json" {
		return fmt.Errorf("-o must be text or json, not %q", *form)
	}
	if o.Records < 1 || o.Rounds < 1 {
		return fmt.Errorf("-records and -rounds must be at least 1, not %d and %d", o.Records, o.Rounds)
	}
	for _, name := range set.Args() {
		known := false
		for _, a := range areas {
			known = known || a.name == name
		}
		if !known {
			return fmt.Errorf("there is no group of cases %q; groups: json, csv, filter", name)
		}
	}
	runtime.GOMAXPROCS(1)
	var results []*bench.Comparison
	for _, a := range areas {
		if set.NArg() > 0 && !contains(set.Args(), a.name) {
			continue
		}
		cases, err := a.cases(o)
		if err != nil {
			return err
		}
		for _, c := range cases {
			if !strings.Contains(c.Name, *only) {
				continue
			}
			r, err := c.Measure(o)
			if err != nil {
				return fmt.Errorf("%s: %w", c.Name, err)
			}
			if *form == "text" {
				if err := r.Text(w); err != nil {
					return err
				}
			}
			results = append(results, r)
		}
	}
	if *form == "json" {
		return bench.NewComparisons(strings.TrimSpace("bench/peers "+strings.Join(args, " ")), results).JSON(w)
	}
	return nil
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
